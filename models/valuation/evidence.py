"""The rows of a record kind that were known on a day: the evidence tables that the valuations read, sorted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import RecordKind
from models.tables import BANK_ZONE, Tables, moments, visible_rows_sql
from models.tables.engine import session


def visible_rows(
    tables: Tables, kind: RecordKind, as_of: date, enterprises: Sequence[str] | None = None
) -> pa.Table | None:
    """The rows of one kind that count at `as_of`, sorted by their natural key, with the day each was learned.

    None where no feed delivers the kind.
    """
    if kind.name not in tables.by_kind:
        return None
    with session() as connection:
        Tables({kind.name: tables.by_kind[kind.name]}).attach(connection)
        connection.register("moment", moments([as_of]))
        chosen = ""
        if enterprises is not None:
            connection.register("chosen", pa.table({"enterprise_id": pa.array(sorted(set(enterprises)), pa.string())}))
            chosen = " AND r.enterprise_id IN (SELECT enterprise_id FROM chosen)"
        key = ", ".join(f"r.{name}" for name in kind.natural_key)
        query = (
            f"SELECT r.* FROM {kind.name} r, moment m WHERE {visible_rows_sql(kind)}{chosen} "  # noqa: S608
            f"ORDER BY {key}, r.known_at"
        )
        return with_learned_day(connection.sql(query).to_arrow_table())


def with_learned_day(rows: pa.Table) -> pa.Table:
    """The rows with `learned_on`, the bank's calendar day of `known_at`."""
    there = rows.column("known_at").cast(pa.timestamp("us", tz=BANK_ZONE.key))
    return rows.append_column("learned_on", pc.floor_temporal(pc.local_timestamp(there), unit="day").cast(pa.date32()))
