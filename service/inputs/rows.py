"""The rows that a decision was made from: those of the enterprise, and of those around it, that were visible that day.

Rows that were not visible decide nothing (a property of `models.tables`, tested there), so they are not kept. A
manifest says which contents make up the tables; several decisions of one batch share it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from models.records import KINDS
from models.records.kind import RecordKind
from models.tables import NETWORK_KINDS, Tables
from models.tables.members import GROUP_KINDS
from models.tables.visible import visible_batches
from service.ledger import Content
from service.ledger.contents import ROWS

SCHEMA = 1
NEIGHBOUR_KINDS = tuple(dict.fromkeys((*NETWORK_KINDS, *GROUP_KINDS)))  # what is read of others than the enterprise


Named = dict[str, list[str]]  # by kind the contents that hold its rows; none: the feed is connected and silent


@dataclass(frozen=True)
class KeptRows:
    """The manifest of some rows, and the contents that it names as far as they are not stored already."""

    manifest: Content
    contents: tuple[Content, ...] = field(repr=False)


def rows_content(tables: Tables, as_of: date, *, shared: Named | None = None, around: Named | None = None) -> KeptRows:
    """The visible rows of the tables, and of their neighbours, as contents.

    `shared`, `around`: where a batch has stored the rows of some kinds of the tables, and those of the neighbours,
    already.
    """
    own = {name: source for name, source in tables.by_kind.items() if name not in (shared or {})}
    rows, contents = visible_content(Tables(own), as_of)
    rows |= shared or {}
    neighbours = around
    if around is None and tables.neighbours is not None:
        neighbours, more = visible_content(Tables(tables.neighbours), as_of)
        contents += more
    facts: dict[str, object] = {
        "inputs": SCHEMA,
        "as_of": as_of.isoformat(),
        "rows": rows,
        "neighbours": neighbours,
    }
    return KeptRows(Content.manifest(facts, _listed(rows, neighbours)), tuple(contents))


def visible_content(tables: Tables, as_of: date) -> tuple[Named, list[Content]]:
    """The visible rows of each kind as one content."""
    named: Named = {}
    contents: list[Content] = []
    for name in sorted(set(tables.by_kind) & set(KINDS)):
        kind = KINDS[name]
        batches = [rows.select(kind.schema.names).cast(kind.schema) for rows in visible_batches(tables, kind, as_of)]
        found = [Content.of(ROWS, _stream(pa.concat_tables(batches).combine_chunks()))] if batches else []
        named[name] = [one.sha256 for one in found]
        contents += found
    return named, contents


def kept_tables(manifest: bytes, read: Callable[[Sequence[str]], Mapping[str, bytes]], enterprise: str) -> Tables:
    """The tables of one enterprise again. `read` gives contents by their SHA-256.

    Rows of an earlier release get the columns that were added since, empty; columns and kinds that are gone are left
    out. Rows that a batch had beside those of the enterprise become its neighbours.
    """
    facts = json.loads(manifest)
    own, around = facts["rows"], facts["neighbours"]
    contents = read(_listed(own, around))
    by_kind = {name: _table(KINDS[name], some, contents) for name, some in own.items() if name in KINDS}
    mine = {name: rows.filter(pc.equal(rows.column("enterprise_id"), enterprise)) for name, rows in by_kind.items()}
    if around is None:
        return Tables(mine)
    others = {name: _table(KINDS[name], some, contents) for name, some in around.items() if name in KINDS}
    return Tables(mine, _neighbours(enterprise, by_kind, others))


def _neighbours(enterprise: str, own: Mapping[str, pa.Table], around: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The rows around the enterprise, and of what is read of others those that a batch had beside it.

    A neighbourhood may be too large, never too small: who is a partner or a member is decided on the rows.
    """
    near = dict(around)
    for name in NEIGHBOUR_KINDS:
        if name in own:
            others = own[name].filter(pc.not_equal(own[name].column("enterprise_id"), enterprise))
            if len(others):
                near[name] = pa.concat_tables([others, *([near[name]] if name in near else [])])
    return near


def _stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return bytes(sink.getvalue())


def _table(kind: RecordKind, names: Sequence[str], contents: Mapping[str, bytes]) -> pa.Table:
    parts = [_adapted(kind, pa.ipc.open_stream(contents[name]).read_all()) for name in names]
    return pa.concat_tables([kind.schema.empty_table(), *parts])


def _adapted(kind: RecordKind, rows: pa.Table) -> pa.Table:
    columns = [
        rows.column(column.name).cast(column.type)
        if column.name in rows.schema.names
        else pa.nulls(len(rows), column.type)
        for column in kind.schema
    ]
    return pa.table(columns, schema=kind.schema)


def _listed(own: Named, around: Named | None) -> list[str]:
    return [one for named in (own, around or {}) for some in named.values() for one in some]
