"""What entries told of rows before they told of whole rows: enough to see whether an upgrade found them otherwise.

Up to step 0007 an entry had of an application its outline (state, version, amounts, grade, assessment), of a record
about a model its digest. The upgrade to step 0008 told of every row as it was found then, in entries of kind
`adopted_rows`; a row that had been edited before that differs from the last outline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import AssetlightError
from models.money import fen_from_yuan
from service.ledger.entry import Kind
from service.ledger.findings import Finding
from service.ledger.rows_told import RowTold

PLAIN = ("enterprise_id", "product", "tenor_months", "branch", "park", "assessment_id", "outcome", "grade", "version")
BEFORE_UPGRADE = "changed before the upgrade"
AMOUNTS = {"amount_yuan": "amount_fen", "limit_yuan": "limit_fen"}
STATES = ("after", "state")  # of a transition; of a new application


class ToldBefore:
    """The outline of every application, and the digest of every record, as entries without rows told them last."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str], dict[str, str | None]] = {}

    def hear(self, entry: Any, content: Mapping[str, Any]) -> None:  # noqa: ANN401
        """An entry that tells of no whole row."""
        if entry.kind in (Kind.TRANSITION, Kind.OVERRIDE) and "version" in content:
            self._columns.setdefault(("applications", entry.subject), {}).update(outlined(content))
        elif "record" in content and "number" in content:
            self._columns[("model_records", str(content["number"]))] = {"digest": str(content["record"])}

    def compare(self, entry: Any, told: RowTold) -> Iterator[Finding]:  # noqa: ANN401
        """What of a row was otherwise when the upgrade found it."""
        key = " ".join(told.key)
        for column, expected in self._columns.get((told.table, key), {}).items():
            found = told.columns.get(column)
            if found != expected:
                what = f"{BEFORE_UPGRADE}: {column} of {told.table}"
                yield Finding(int(entry.sequence), what, expected, found, key, told.table, key, column)


def outlined(content: Mapping[str, Any]) -> dict[str, str | None]:
    """The columns of `applications` that an entry of before says."""
    columns = {name: None if content[name] is None else str(content[name]) for name in PLAIN if name in content}
    for name, column in AMOUNTS.items():
        try:
            columns |= {column: str(fen_from_yuan(content[name]))} if name in content else {}
        except AssetlightError:
            continue
    if "action" in content:
        found = next((content[name] for name in STATES if isinstance(content.get(name), str)), None)
        columns |= {} if found is None else {"state": found}
    return columns
