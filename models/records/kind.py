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
    Money is named `*_fen` and stored as integer fen; its source text is decimal yuan. All money is CNY.
    `filled_from` names where the value comes from if a file has no such column at all: another field of the kind, or
    `known_at` (then the bank's calendar day of it).
    `planned`: a date or instant that may lie after the day on which the bank learned the row (due, expiry). No other
    may: what has not happened cannot have been reported.
    `since`: the version of the kind that brought the column; 1 is the first. Rows from before do not have it, and their
    canonical text does not speak of it.
    `note` says unit, range or meaning where the words do not; `example` is a valid text, as a file would hold it.
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
    filled_from: str | None = None
    planned: bool = False
    since: int = 1
    note: str = ""
    example: str = ""

    @property
    def key(self) -> str:
        """The name in files and requests: money is written in yuan there, so it has no `_fen`."""
        return self.name.removesuffix("_fen") if self.type == "money" else self.name

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of the stored column."""
        return _ARROW[self.type]


def spellings(**stored: str) -> dict[str, str]:
    """Choices of a field: each stored value with the other spellings of it, separated by `|`, case-folded.

    >>> spellings(sales="销项|Output")
    {'sales': 'sales', '销项': 'sales', 'output': 'sales'}
    """
    choices: dict[str, str] = {}
    for value, words in stored.items():
        for word in (value, *filter(None, words.split("|"))):
            if choices.setdefault(word.strip().casefold(), value) != value:
                raise ValueError(f"spelling {word!r} stands for {choices[word.strip().casefold()]!r} and {value!r}")
    return choices


@dataclass(frozen=True)
class Check:
    """A rule over the stored columns of one row, besides the types and ranges of its fields.

    `sql` is a DuckDB predicate over the kind's own columns and nothing else. A row where it is FALSE is quarantined
    with the code and the sentence; TRUE and NULL (a part is unknown) pass. `fields`: the columns it speaks about.
    """

    code: str
    sql: str
    zh: str
    en: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """A kind that one party's books show from one side: the header that names the other party tells the direction.

    A sheet with only `seller` headers lists purchases (the counterparty sells), one with only `buyer` headers sales.
    With both, each row's direction is the side on which the enterprise itself stands. `when_seller`: the direction if
    the counterparty is the seller.
    """

    direction: str
    counterparty: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    when_seller: str
    when_buyer: str


# What exports write where they know nothing. None is a name, a code or a choice; 无 is not here: it may mean no.
UNKNOWN_WORDS = (
    *("-", "--", "---", "—", "——", "－", "/", "／", "\\N", "null", "NULL", "Null", "(null)", "(NULL)", "<null>"),
    *("n/a", "N/A", "#N/A", "NA", "暂无", "不详", "未知", "未披露"),
)

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
    """The contract of one kind of record.

    `prudence`: DuckDB ORDER BY terms over the kind's columns. Of two versions of a natural key that the bank learned at
    the same instant, the one that sorts last stands; ties are broken by the remaining columns, in order.
    """

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    natural_key: tuple[str, ...]
    occurred: str
    checks: tuple[Check, ...] = ()
    meaning: str = ""
    prudence: str = ""
    sides: Sides | None = None

    @property
    def example(self) -> Mapping[str, str]:
        """One valid row as a file or request has it: texts by key, money in yuan; some optional fields are absent."""
        return {f.key: f.example for f in self.fields if f.example}

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

    def conformed(self, table: pa.Table) -> pa.Table:
        """The table with exactly the kind's columns, in order and type; an optional column it lacks is null.

        KeyError names the first required column that is missing or the first column that the kind does not have.
        """
        schema = self.schema
        for name in table.column_names:
            if name not in schema.names:
                raise KeyError(f"{self.name} has no column {name}")
        columns = []
        for column in schema:
            if column.name in table.column_names:
                columns.append(table.column(column.name).cast(column.type))
            elif column.nullable:
                columns.append(pa.nulls(table.num_rows, column.type))
            else:
                raise KeyError(f"{self.name} needs the column {column.name}")
        return pa.table(columns, schema=schema)
