"""Records that came with a request, made into tables by the same checks as an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from models.errors import AssetlightError
from models.records import KINDS
from models.records.kind import RecordKind
from models.tables import Tables, accept_rows

ENTERPRISE = "enterprise_id"  # named once, by the request
MOST_NAMED = 20  # refused rows that one answer names


class RecordsRefused(AssetlightError):
    """Rows of a request break a rule of their kind. `errors` names field, value and expectation of each."""

    def __init__(self, errors: Sequence[Mapping[str, Any]], total: int) -> None:
        first = errors[0]
        self.errors = list(errors)
        super().__init__(
            f"{total} of the records cannot be accepted",
            field=first["field"],
            found=first.get("value"),
            expected=first["expected"],
            advice="correct or leave out these rows; nothing was assessed",
        )


def tables_of(records: BaseModel, enterprise_id: str, *, received_on: date, origin: str) -> Tables:
    """The records as tables of one enterprise. Raises RecordsRefused when any row breaks a rule.

    A kind that the request does not name is a feed that is not connected; an empty list is a feed without rows.
    """
    tables: dict[str, pa.Table] = {}
    refused: list[dict[str, Any]] = []
    for name in type(records).model_fields:
        rows = getattr(records, name)
        if rows is None:
            continue
        kind = KINDS[name]
        if not rows:
            tables[name] = kind.schema.empty_table()
            continue
        accepted = accept_rows(
            [cells_of(row, kind) for row in rows],
            kind,
            received_on=received_on,
            origin=origin,
            constants={ENTERPRISE: enterprise_id},
        )
        refused += [refusal(kind, line) for line in accepted.quarantined.to_pylist()]
        tables[name] = accepted.rows
    if refused:
        raise RecordsRefused(refused[:MOST_NAMED], len(refused))
    return Tables(tables)


def cells_of(row: BaseModel, kind: RecordKind) -> dict[str, Any]:
    """A row under the headers that the import knows."""
    said = row.model_dump(mode="json", exclude_none=True)
    return {name: said.get(name) for name in (*(field.key for field in kind.fields), "known_at") if name != ENTERPRISE}


def refusal(kind: RecordKind, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the quarantine as field, value and expectation."""
    where = f"records.{kind.name}[{line['row'] - 1}]"
    if line["field"]:
        where += "." + next((field.key for field in kind.fields if field.name == line["field"]), line["field"])
    expected = f"{line['expected']} ({line['reason_en']})" if line["expected"] else line["reason_en"]
    return {"field": where, "value": line["value"], "expected": expected, "code": line["code"]}
