"""Names of content: one SHA-256 for everything the bank could see of an enterprise on a day.

Each visible row becomes one text: the kind, then every own column as `name=value`, in the kind's order, null as
nothing, separated by characters that no stored text contains unescaped. The texts of an enterprise are hashed, the
hashes sorted and hashed again, so that neither the order of rows nor the cut into files matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from models.records import KINDS
from models.records.kind import RecordKind
from models.tables.engine import session
from models.tables.point_in_time import Tables, moments, visible_rows_sql

DIGEST_SCHEMA = pa.schema([("enterprise_id", pa.string()), ("input_sha256", pa.string())])


def input_digests(tables: Tables, as_of: date, enterprises: Sequence[str] | None = None) -> pa.Table:
    """`enterprise_id`, `input_sha256` (hex), sorted; an enterprise without visible rows has the digest of nothing only
    if it is named in `enterprises`."""
    kinds = [kind for kind in sorted(tables.by_kind) if kind in KINDS]
    with session() as connection:
        tables.attach(connection)
        connection.register("moments", moments([as_of]))
        wanted = ""
        if enterprises is not None:
            connection.register("wanted", pa.table({"enterprise_id": pa.array(sorted(set(enterprises)), pa.string())}))
            wanted = " AND r.enterprise_id IN (SELECT enterprise_id FROM wanted)"
        each = [row_digests_sql(KINDS[kind], wanted) for kind in kinds]
        rows = " UNION ALL ".join(each) if each else "SELECT NULL::VARCHAR AS enterprise_id, '' AS said WHERE false"
        outer = "wanted LEFT JOIN known USING (enterprise_id)" if enterprises is not None else "known"
        return (
            connection.sql(
                f"WITH said AS ({rows}), known AS (SELECT enterprise_id, "  # noqa: S608
                "sha256(string_agg(said, chr(10) ORDER BY said)) AS digest FROM said GROUP BY enterprise_id) "
                "SELECT enterprise_id, coalesce(digest, sha256('')) AS input_sha256 "
                f"FROM {outer} ORDER BY enterprise_id"
            )
            .to_arrow_table()
            .cast(DIGEST_SCHEMA)
        )


def row_digests_sql(kind: RecordKind, wanted: str) -> str:
    """SQL: `enterprise_id` and the digest of each visible row of the kind."""
    pieces = [f"'{kind.name}'"]
    for declared in kind.fields:
        column = f'r."{declared.name}"'
        if declared.type in ("text", "choice"):
            # length first: no value can pretend to be the end of itself
            text = f"length({column})::VARCHAR || ':' || {column}"
        elif declared.type == "timestamp":
            text = f"epoch_us({column})::VARCHAR"
        else:
            text = f"{column}::VARCHAR"
        pieces.append(f"'{declared.name}=' || coalesce({text}, '')")
    for name, text in (("known_at", "epoch_us(r.known_at)::VARCHAR"), ("origin", "r.origin")):
        pieces.append(f"'{name}=' || coalesce({text}, '')")
    said = " || chr(31) || ".join(pieces)
    return (
        f'SELECT r.enterprise_id, sha256({said}) AS said FROM "{kind.name}" r, moments m '  # noqa: S608
        f"WHERE {visible_rows_sql(kind)}{wanted}"
    )
