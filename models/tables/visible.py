"""The visible rows themselves, without a query: one enterprise is too small to plan one for every kind.

The rule is `visible_rows_sql`; `visible_mask` says the same of rows in memory, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import RecordKind
from models.tables.engine import session
from models.tables.point_in_time import ParquetFiles, Tables, end_of_day, moments, visible_rows_sql

BATCH_ROWS = 65_536
_INSTANT = pa.timestamp("us", tz="UTC")


def visible_mask(kind: RecordKind, rows: pa.Table, as_of: date) -> pa.ChunkedArray:
    """Whether each row counts on a day; null counts as no."""
    known_before = pa.scalar(end_of_day(as_of), _INSTANT)
    happened = pc.less_equal(rows.column(kind.occurred), pa.scalar(as_of, pa.date32()))
    learned = pc.less(rows.column("known_at"), known_before)
    mask = pc.and_kleene(happened, learned)
    superseded = rows.column("superseded_at")
    if superseded.null_count == len(superseded):
        return mask
    return pc.and_kleene(mask, pc.fill_null(pc.greater_equal(superseded, known_before), True))


def visible_batches(
    tables: Tables,
    kind: RecordKind,
    as_of: date,
    enterprises: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Iterator[pa.Table]:
    """The rows of a kind that count on a day (of some enterprises), in pieces that are not empty and fit in memory."""
    source = tables.by_kind[kind.name]
    if isinstance(source, ParquetFiles):
        yield from _of_files(tables, kind, as_of, enterprises, columns)
        return
    wanted = None if enterprises is None else pa.array(sorted(set(enterprises)), pa.string())
    for start in range(0, len(source), BATCH_ROWS):
        rows = source.slice(start, BATCH_ROWS)
        mask = visible_mask(kind, rows, as_of)
        if wanted is not None:
            mask = pc.and_kleene(mask, pc.is_in(rows.column("enterprise_id"), value_set=wanted))
        seen = (rows if columns is None else rows.select(columns)).filter(mask)
        if len(seen):
            yield seen


def _of_files(
    tables: Tables, kind: RecordKind, as_of: date, enterprises: Sequence[str] | None, columns: Sequence[str] | None
) -> Iterator[pa.Table]:
    """DuckDB reads no more of the files than it must."""
    listed = ", ".join(f'r."{name}"' for name in columns) if columns else "r.*"
    text = f'SELECT {listed} FROM "{kind.name}" r, moments m WHERE {visible_rows_sql(kind)}'  # noqa: S608
    with session() as connection:
        Tables({kind.name: tables.by_kind[kind.name]}).attach(connection)
        connection.register("moments", moments([as_of]))
        if enterprises is not None:
            connection.register("wanted", pa.table({"enterprise_id": pa.array(sorted(set(enterprises)), pa.string())}))
            text += " AND r.enterprise_id IN (SELECT enterprise_id FROM wanted)"
        for batch in connection.sql(text).to_arrow_reader(BATCH_ROWS):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])
