"""The canonical text of a record: what its digest is taken of. Defined here and nowhere else.

A row is written as its kind, then every own column of the kind in order, then `known_at` and `origin`, each as
`name=value`, joined by U+001F. A column that a later version of the kind brought (`Field.since`) is written only where
it has a value, so that a row of an earlier release keeps its text. A value is written as

- nothing where it is null;
- text and choices: the number of characters, `:`, the characters, so that no value can pretend to be its neighbour;
- dates: ISO; instants: microseconds since 1970 UTC; whole numbers and money: decimal; flags: true or false;
- numbers: the shortest decimal that reads back to the same double (`0.1`, `1e+16`, `-0.0`), as Python's repr has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import FieldType, RecordKind

FEW_ROWS = 64
UNIT_SEPARATOR = "\x1f"
_TEXT = pa.string()
_INSTANT = pa.timestamp("us", tz="UTC")


def row_texts(kind: RecordKind, rows: pa.Table) -> list[bytes]:
    """The canonical text of each row, UTF-8."""
    return _by_row(kind, rows) if len(rows) <= FEW_ROWS else _by_column(kind, rows)


@dataclass(frozen=True)
class _Piece:
    """A column that is not all null, and the text before it; `later`: that text is written only beside a value."""

    said: str
    column: pa.Array | None = None  # None: the text after the last one
    type: FieldType | None = None
    later: bool = False


def _pieces(kind: RecordKind, rows: pa.Table) -> Iterator[_Piece]:
    said = kind.name
    columns: list[tuple[str, FieldType | None, bool]] = [
        (declared.name, declared.type, declared.since > 1) for declared in kind.fields
    ]
    for name, type_, later in (*columns, ("known_at", "timestamp", False), ("origin", None, False)):
        column = rows.column(name)
        empty = column.null_count == len(column)
        if later and empty:
            continue
        if later:
            yield _Piece(said)
            said = ""
        said += f"{UNIT_SEPARATOR}{name}="
        if not empty:
            yield _Piece(said, _whole(column), type_, later)
            said = ""
    yield _Piece(said)


def _by_column(kind: RecordKind, rows: pa.Table) -> list[bytes]:
    """Arrow writes each column as a whole."""
    pieces: list[pa.Array | pa.Scalar] = []
    for piece in _pieces(kind, rows):
        if piece.column is None:
            pieces.append(pa.scalar(piece.said))
        elif piece.later:
            written = _written(piece.column, piece.type)
            pieces.append(pc.binary_join_element_wise(pa.scalar(piece.said), written, "", null_handling="emit_null"))
        else:
            pieces += [pa.scalar(piece.said), _written(piece.column, piece.type)]
    texts = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")
    return list(texts.view(pa.binary()).to_pylist())


def _by_row(kind: RecordKind, rows: pa.Table) -> list[bytes]:
    """The same for so few rows that calling Arrow for each column takes longer than writing them."""
    columns: list[Iterable[str]] = []
    for piece in _pieces(kind, rows):
        if piece.column is None:
            columns.append(repeat(piece.said, len(rows)))
        elif piece.later:
            known = piece.column.is_valid().to_pylist()
            texts = zip(known, _listed(piece.column, piece.type), strict=True)
            columns.append([piece.said + text if there else "" for there, text in texts])
        else:
            columns += [repeat(piece.said, len(rows)), _listed(piece.column, piece.type)]
    return ["".join(texts).encode() for texts in zip(*columns, strict=True)]


def _listed(column: pa.Array, type_: FieldType | None) -> list[str]:
    """Each value of a column as text, one by one."""
    values = (_as(_INSTANT, column).view(pa.int64()) if type_ == "timestamp" else column).to_pylist()
    write = _WRITERS[type_]
    return ["" if value is None else write(value) for value in values]


_WRITERS: Mapping[FieldType | None, Callable[[Any], str]] = {
    None: str,
    "text": lambda value: f"{len(value)}:{value}",
    "choice": lambda value: f"{len(value)}:{value}",
    "date": date.isoformat,
    "timestamp": str,
    "money": str,
    "integer": str,
    "number": lambda value: repr(float(value)),
    "flag": lambda value: "true" if value else "false",
}


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array; a table of one chunk gives it away as it is."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _written(column: pa.Array, type_: FieldType | None) -> pa.Array:
    """The column as text; None writes a text as it stands."""
    match type_:
        case "text" | "choice":
            text = _as(_TEXT, column)
            return pc.binary_join_element_wise(_as(_TEXT, pc.utf8_length(text)), text, ":")
        case "timestamp":
            return _as(_TEXT, _as(_INSTANT, column).view(pa.int64()))
        case "number":
            values = _as(pa.float64(), column).to_pylist()
            return pa.array([None if value is None else repr(value) for value in values], _TEXT)
        case _:
            return _as(_TEXT, column)


def _as(target: pa.DataType, column: pa.Array) -> pa.Array:
    """The column in that type; most are, and a cast to the same type is not free."""
    return column if column.type == target else column.cast(target)
