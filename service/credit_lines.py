"""The bank's register of credit lines as records beside those of the lake: what was committed to whom, and when.

Lines that were approved here are rows of the store, and become records of the kind `credit_line` when an assessment
needs them; a bank's own line system delivers others of that kind like any record. A line of both is the store's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.records.credit_line import CREDIT_LINE
from models.tables import Tables
from models.tables.point_in_time import ParquetFiles, Source, concatenated, end_of_day
from models.tables.visible import visible_batches

NAME = CREDIT_LINE.name
# Every version of every line of some enterprises (None: of all); the application that is left out comes second.
Register: TypeAlias = "Callable[[Collection[str] | None, str | None], pa.Table]"


def no_lines(_enterprises: Collection[str] | None, _without: str | None = None) -> pa.Table:
    """The register of a bank that approves elsewhere."""
    return CREDIT_LINE.schema.empty_table()


def with_lines(tables: Tables, enterprises: Collection[str], lines: pa.Table) -> Tables:
    """The tables of some enterprises with lines in them, their own and those of whoever may be in their groups."""
    if not len(lines):
        return tables
    mine = pc.is_in(lines.column("enterprise_id"), value_set=pa.array(sorted(enterprises), pa.string()))
    own = {**tables.by_kind, NAME: _merged(tables.by_kind.get(NAME), lines.filter(mine))}
    if tables.neighbours is None:
        return Tables(own)
    others = lines.filter(pc.invert(mine))
    near = tables.neighbours
    if len(others):
        near = {**near, NAME: _merged(near.get(NAME), others)}
    return Tables(own, near)


def lines_seen(tables: Tables, as_of: date) -> dict[str, int]:
    """The lines that count on a day, in fen by their number: of the enterprise and of everybody around it."""
    found: dict[str, int] = {}
    for part in (tables.by_kind, tables.neighbours or {}):
        if NAME not in part:
            continue
        for rows in visible_batches(Tables({NAME: part[NAME]}), CREDIT_LINE, as_of):
            found |= {row["line_no"]: row["amount_fen"] for row in rows.to_pylist() if _counts(row, as_of)}
    return found


def _counts(line: dict[str, object], as_of: date) -> bool:
    """The rule of `models.positions.lines` for one line."""
    closed, ends = line["closed_on"], line["ends_on"]
    if isinstance(closed, date) and closed <= as_of:
        return False
    return bool(line["frozen"]) or not isinstance(ends, date) or ends >= as_of


def known_by(lines: pa.Table, as_of: date) -> pa.Table:
    """The versions that were known by the end of a day: what is learned later is no part of a question about it."""
    before = pa.scalar(end_of_day(as_of), lines.schema.field("known_at").type)
    return lines.filter(pc.less(lines.column("known_at"), before))


def _merged(stored: Source | None, lines: pa.Table) -> pa.Table:
    """Stored rows and lines, in memory: there are few; of a line of both, those given."""
    if stored is None:
        return lines
    held = stored
    if isinstance(held, ParquetFiles):
        held = concatenated(CREDIT_LINE, [pq.read_table(path) for path in held.paths])
    known = pc.is_in(held.column("line_no"), value_set=lines.column("line_no").combine_chunks())
    return pa.concat_tables([held.filter(pc.invert(known)), lines])
