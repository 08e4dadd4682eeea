"""Where each enterprise's own records come from: a figure about it must be able to say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from models.records import KINDS
from models.tables.engine import session
from models.tables.point_in_time import Tables, moments, visible_rows_sql

ORIGINS_SCHEMA = pa.schema([("enterprise_id", pa.string()), ("origins", pa.list_(pa.string()))])


def record_origins(tables: Tables, as_of: date, enterprises: Sequence[str] | None = None) -> pa.Table:
    """`enterprise_id`, `origins` (sorted, each once) over the rows visible on a day; those without are left out."""
    kinds = [KINDS[kind] for kind in sorted(tables.by_kind) if kind in KINDS]
    if not kinds:
        return ORIGINS_SCHEMA.empty_table()
    with session() as connection:
        tables.attach(connection)
        connection.register("moments", moments([as_of]))
        wanted = ""
        if enterprises is not None:
            connection.register("wanted", pa.table({"enterprise_id": pa.array(sorted(set(enterprises)), pa.string())}))
            wanted = " AND r.enterprise_id IN (SELECT enterprise_id FROM wanted)"
        each = " UNION ".join(
            f'SELECT DISTINCT r.enterprise_id, r.origin FROM "{kind.name}" r, moments m '  # noqa: S608
            f"WHERE {visible_rows_sql(kind)} AND r.origin IS NOT NULL{wanted}"
            for kind in kinds
        )
        return (
            connection.sql(
                f"SELECT enterprise_id, list(origin ORDER BY origin) AS origins FROM ({each}) "  # noqa: S608
                "GROUP BY enterprise_id ORDER BY enterprise_id"
            )
            .to_arrow_table()
            .cast(ORIGINS_SCHEMA)
        )
