"""Typed rows of any record kind for tests, made from the kind's own example: an oracle of what an import must store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from models.money import fen_from_yuan
from models.records.kind import Field, RecordKind

LEARNED = datetime(2024, 5, 1, 1, 0, tzinfo=UTC)


def typed(field: Field, text: str) -> object:
    """The stored value of an example text, by the plainest reading of its type."""
    readings: dict[str, Callable[[str], object]] = {
        "money": fen_from_yuan,
        "number": float,
        "integer": int,
        "flag": lambda word: {"是": True, "否": False}[word],
        "date": date.fromisoformat,
        "choice": lambda word: (field.choices or {})[word.casefold()],
    }
    return readings.get(field.type, str)(text)


def record_row(kind: RecordKind, **changes: object) -> dict[str, Any]:
    """The kind's example as one stored row, with some columns changed. Learned on 2024-05-01, origin `test`."""
    row = {field.name: typed(field, kind.example[field.key]) for field in kind.fields if field.example}
    return {**row, "known_at": LEARNED, "origin": "test", **changes}


def record_table(kind: RecordKind, rows: Sequence[Mapping[str, Any]] = ()) -> pa.Table:
    """Rows as a table of the kind; without rows, the one example row."""
    return pa.Table.from_pylist([dict(row) for row in rows] or [record_row(kind)], schema=kind.schema)
