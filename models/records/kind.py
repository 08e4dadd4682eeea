"""What a record kind is: its fields with types, words and header aliases, its natural key and its two times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

FieldType = Literal["text", "date", "timestamp", "money", "number", "integer", "flag", "choice"]

_ARROW: Mapping[FieldType, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "money": pa.int64(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True)
class Field:
    """One column of a record kind.

    `aliases` are the headers under which banks, tax exports and people write it, besides `name`, `zh` and `en`.
    `choices` maps each accepted spelling (stripped, case-folded) to the stored value.
    Money is named `*_fen` and stored as integer fen; its source text is decimal yuan.
    """

    name: str
    type: FieldType
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    choices: Mapping[str, str] | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of the stored column."""
        return _ARROW[self.type]


# Every kind carries these after its own fields. `known_at`: when the bank learned the row. `superseded_at`: when the
# bank learned a newer version of the same natural key (null while this one stands). `origin`: where the data comes
# from ("bank", "contest", "simulated", ...): every figure made from a row must be able to name it.
VERSION_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("known_at", pa.timestamp("us", tz="UTC")),
    ("superseded_at", pa.timestamp("us", tz="UTC")),
    ("origin", pa.string()),
)


@dataclass(frozen=True)
class RecordKind:
    """The contract of one kind of record."""

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    natural_key: tuple[str, ...]
    occurred: str

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the stored table: own fields in order, then the version columns."""
        own = [pa.field(f.name, f.arrow, nullable=not f.required) for f in self.fields]
        return pa.schema([*own, *(pa.field(name, kind) for name, kind in VERSION_COLUMNS)])

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if the kind has none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
