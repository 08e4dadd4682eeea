"""Where each enterprise's own records come from: a figure about it must be able to say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from models.records import KINDS
from models.tables.point_in_time import Tables
from models.tables.visible import visible_batches

ORIGINS_SCHEMA = pa.schema([("enterprise_id", pa.string()), ("origins", pa.list_(pa.string()))])
_COLUMNS = ("enterprise_id", "origin")


def record_origins(tables: Tables, as_of: date, enterprises: Sequence[str] | None = None) -> pa.Table:
    """`enterprise_id`, `origins` (sorted, each once) over the rows visible on a day; those without are left out."""
    pairs: dict[tuple[str, str], None] = {}
    for name in sorted(set(tables.by_kind) & set(KINDS)):
        for rows in visible_batches(tables, KINDS[name], as_of, enterprises, _COLUMNS):
            pairs |= dict.fromkeys(_pairs(rows))
    origins: dict[str, list[str]] = {}
    for enterprise, origin in sorted(pairs):
        origins.setdefault(enterprise, []).append(origin)
    return pa.table([list(origins), list(origins.values())], schema=ORIGINS_SCHEMA)


def _pairs(rows: pa.Table) -> list[tuple[str, str]]:
    """The distinct (enterprise, origin) of some rows; rows without an origin name none."""
    origins = pc.unique(rows.column("origin")).to_pylist()
    pairs = []
    for origin in origins:
        if origin is not None:
            of_it = rows if len(origins) == 1 else rows.filter(pc.equal(rows.column("origin"), origin))
            pairs += [(one, origin) for one in pc.unique(of_it.column("enterprise_id")).to_pylist()]
    return pairs
