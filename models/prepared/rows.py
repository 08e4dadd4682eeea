"""A prepared table read by its schema: every value checked, numbers as float64, what is missing as NaN."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.canonical import sha256_hex
from models.prepared.errors import (
    ColumnNotInFile,
    MissingCodeNotDeclared,
    OutcomeNotUnderstood,
    RowWithoutKey,
    ValueNotOfItsType,
)
from models.prepared.repeats import ONCE, check_repeats, check_whole, repeats_of
from models.prepared.schema import CATEGORY, FLAG, NUMBER, OTHER, OwnColumn, Schema
from models.records.identifier import normal_identifier
from models.sheets import Sheet, read_sheets

Matrix = NDArray[np.float64]
Texts = NDArray[np.str_]

YES = frozenset({"是", "1", "1.0", "true", "t", "yes", "y"})
NO = frozenset({"否", "0", "0.0", "false", "f", "no", "n"})
BAD = frozenset({"违约", "default", "defaulted", "bad"})
GOOD = frozenset({"未违约", "正常", "good"})
RAREST_LEVEL = 10  # rows that a level needs to be one of its own
MOST_LEVELS = 200
_CODES = tuple(float(f"{sign}{digit * length}") for sign in ("", "-") for digit in "98" for length in (2, 3, 4, 5, 6))
_CODE_ROWS, _CODE_SHARE = 3, 0.005  # from which on a suspected code is no accident


@dataclass(frozen=True)
class PreparedRows:
    """N rows. `numbers` has NaN where missing; `categories` is "" where missing."""

    schema: Schema
    entity: Texts
    numbers: Mapping[str, Matrix]
    categories: Mapping[str, Texts]
    day: NDArray[np.datetime64] | None
    known_at: NDArray[np.datetime64] | None
    outcome: Matrix | None  # NaN where the label is empty
    weight: Matrix | None
    segments: Mapping[str, Texts]
    ignored: tuple[str, ...]  # headers that the schema does not name
    origin: str
    sha256: str
    lines: NDArray[np.int64]  # number of each row in the file, as a spreadsheet program shows it
    repeated: NDArray[np.bool_]  # whether an earlier row has the same cells in every column of the file

    def __len__(self) -> int:
        return len(self.entity)

    def levels(self) -> dict[str, tuple[str, ...]]:
        """Of each category its frequent levels, the most frequent first, and OTHER for the rest. No outcome is read."""
        return {name: _frequent(values) for name, values in self.categories.items()}

    def once(self) -> PreparedRows:
        """The rows without those that repeat an earlier one."""
        return self if not self.repeated.any() else self.rows(~self.repeated)

    def rows(self, chosen: NDArray[np.bool_]) -> PreparedRows:
        """Some of the rows, in their order."""

        def of(values: Any) -> Any:  # noqa: ANN401
            return None if values is None else values[chosen]

        columns = ("entity", "day", "known_at", "outcome", "weight", "lines", "repeated")
        chosen_of: dict[str, Any] = {name: of(getattr(self, name)) for name in columns}
        for name in ("numbers", "categories", "segments"):
            chosen_of[name] = {each: of(values) for each, values in getattr(self, name).items()}
        return replace(self, **chosen_of)

    def matrix(self, names: Sequence[str], schema: Schema) -> Matrix:
        """Columns as float64 [N, F]; a category as the number of its level in the schema, unseen ones as OTHER."""
        columns = [
            _numbered(self.categories[name], schema.column(name).levels)
            if name in self.categories
            else self.numbers[name]
            for name in names
        ]
        return np.column_stack(columns) if columns else np.empty((len(self), 0))


def read_prepared(path: Path, schema: Schema) -> PreparedRows:
    """Read a workbook, CSV, NDJSON or Parquet file by a schema.

    Where the schema says `repeats: once`, rows that repeat an earlier one are left out. Raises ColumnNotInFile,
    HeaderRepeated, RowNotWhole, RowsRepeated, ValueNotOfItsType, MissingCodeNotDeclared, RowWithoutKey,
    OutcomeNotUnderstood.
    """
    pieces = list(read_sheets(path))
    pieces = [piece for piece in pieces if piece.name == pieces[0].name]
    _check_headers(pieces[0], schema)
    used = {column.where for column in schema.columns} | {schema.entity, schema.day, schema.known_at, schema.weight}
    used |= set(schema.segments) | ({schema.label.column} if schema.label else set())
    check_whole(pieces, [header for header in pieces[0].headers if header in used])
    file = path.name
    rows = np.concatenate([piece.rows for piece in pieces])
    repeated = repeats_of(pieces)
    check_repeats(repeated, rows, schema.repeats, file)
    numbers: dict[str, Matrix] = {}
    categories: dict[str, Texts] = {}
    for column in schema.columns:
        cells = _cells(pieces, column.where)
        if column.type == CATEGORY:
            categories[column.name] = _levels_of(cells, column)
        else:
            numbers[column.name] = _numbers_of(cells, column, rows, file)
    stated = {piece.origin for piece in pieces if piece.origin}
    found = PreparedRows(
        schema=schema,
        entity=_entities(_cells(pieces, schema.entity), rows, file),
        numbers=numbers,
        categories=categories,
        day=_days(pieces, schema.day, rows, file),
        known_at=_days(pieces, schema.known_at, rows, file),
        outcome=_outcomes(pieces, schema, rows, file),
        weight=_weights(pieces, schema, rows, file),
        segments={name: np.array(_texts(_cells(pieces, name)), dtype=np.str_) for name in schema.segments},
        ignored=tuple(header for header in pieces[0].headers if header and header not in used),
        origin=", ".join(sorted(stated)) or schema.origin,
        sha256=sha256_hex(path.read_bytes()),
        lines=rows,
        repeated=repeated,
    )
    return found.once() if schema.repeats == ONCE else found


def _check_headers(sheet: Sheet, schema: Schema) -> None:
    wanted = [(column.where, column.name) for column in schema.columns]
    wanted += [(each, each) for each in (schema.entity, schema.day, schema.known_at, schema.weight) if each]
    wanted += [(each, each) for each in schema.segments]
    wanted += [(schema.label.column, schema.label.column)] if schema.label else []
    for header, name in wanted:
        if header not in sheet.headers:
            near = get_close_matches(header, sheet.headers, n=3)
            raise ColumnNotInFile(
                f"the file has no column {header}, which the schema names",
                where=sheet.where, field=name, found=header,
                expected=f"perhaps {', '.join(near)}" if near else ", ".join(sheet.headers),
                advice="Mend the schema, or say under `header:` what the file calls it",
            )  # fmt: skip


def _cells(pieces: Sequence[Sheet], header: str) -> list[object]:
    return [cell for piece in pieces for cell in piece.column(header).to_pylist()]


def _texts(cells: Sequence[object]) -> list[str]:
    return [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return "" if cell is None or (isinstance(cell, float) and np.isnan(cell)) else str(cell).strip()


def _entities(cells: Sequence[object], rows: NDArray[np.int64], file: str) -> Texts:
    names = [normal_identifier(text) or "" for text in _texts(cells)]
    if "" in names:
        raise RowWithoutKey("a row has no entity", where=f"{file}, row {rows[names.index('')]}", expected="an id")
    return np.array(names, dtype=np.str_)


def _levels_of(cells: Sequence[object], column: OwnColumn) -> Texts:
    codes = set(column.missing)
    return np.array(["" if text in codes else text for text in _texts(cells)], dtype=np.str_)


def _numbers_of(cells: Sequence[object], column: OwnColumn, rows: NDArray[np.int64], file: str) -> Matrix:
    codes = set(column.missing)
    values = np.full(len(cells), np.nan)
    for place, text in enumerate(_texts(cells)):
        if not text or text in codes:
            continue
        found = _flag(text) if column.type == FLAG else _number(text)
        if found is None or not np.isfinite(found):
            raise ValueNotOfItsType(
                f"a value of {column.name} is not a {column.type}",
                where=f"{file}, row {rows[place]}", field=column.name, found=text,
                expected="a finite number" if column.type == NUMBER else "1/0, yes/no, true/false, 是/否",
                advice="If it stands for a missing value, list it under `missing:`; else mend the type",
            )  # fmt: skip
        values[place] = found
    numeric = {code for code in (_number(text) for text in codes) if code is not None}
    if numeric:
        values[np.isin(values, sorted(numeric))] = np.nan
    if column.type == NUMBER:
        _check_codes(values, column, file)
    return values


def _check_codes(values: Matrix, column: OwnColumn, file: str) -> None:
    """Refuse a number such as -999 that repeats apart from all others, unless the schema calls it genuine."""
    known = values[~np.isnan(values)]
    genuine = {_number(text) for text in column.genuine}
    for code in (*_CODES, -1.0):
        here = int((known == code).sum())
        if code in genuine or here < max(_CODE_ROWS, _CODE_SHARE * len(known)) or here == len(known):
            continue
        others = known[known != code]
        apart = others.min() >= 0 if code < 0 else 2 * others.max() < code
        if apart:
            raise MissingCodeNotDeclared(
                f"{column.name} is {code:g} in {here} rows, apart from all its other values: a code for missing?",
                where=file, field=column.name, found=f"{code:g}",
                expected=f"values such as the others, {others.min():g} to {others.max():g}",
                advice=f'List it under `missing: ["{code:g}"]`, or under `genuine: ["{code:g}"]` if it is a true value',
            )  # fmt: skip


def _outcomes(pieces: Sequence[Sheet], schema: Schema, rows: NDArray[np.int64], file: str) -> Matrix | None:
    if schema.label is None:
        return None
    yes = {text.casefold() for text in schema.label.yes} or YES | BAD
    no = {text.casefold() for text in schema.label.no} or NO | GOOD
    outcome = np.full(len(rows), np.nan)
    for place, text in enumerate(_texts(_cells(pieces, schema.label.column))):
        plain = text.casefold()
        if plain in yes or plain in no:
            outcome[place] = float(plain in yes)
        elif plain:
            raise OutcomeNotUnderstood(
                "a value of the label is neither default nor no default",
                where=f"{file}, row {rows[place]}", field=schema.label.column, found=text,
                expected=f"{', '.join(sorted(yes))} or {', '.join(sorted(no))}",
                advice="Say which values mean what: label: {column: ..., yes: [...], no: [...]}",
            )  # fmt: skip
    return outcome


def _weights(pieces: Sequence[Sheet], schema: Schema, rows: NDArray[np.int64], file: str) -> Matrix | None:
    if schema.weight is None:
        return None
    values = _numbers_of(_cells(pieces, schema.weight), OwnColumn(schema.weight, NUMBER), rows, file)
    wrong = np.isnan(values) | (values <= 0)
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueNotOfItsType(
            "a weight is not above zero", where=f"{file}, row {rows[place]}", field=schema.weight,
            expected="a number above 0", found=float(values[place]),
        )  # fmt: skip
    return values


def _days(
    pieces: Sequence[Sheet], header: str | None, rows: NDArray[np.int64], file: str
) -> NDArray[np.datetime64] | None:
    if header is None:
        return None
    found = []
    for place, cell in enumerate(_cells(pieces, header)):
        day = _day(cell)
        if day is None:
            raise RowWithoutKey(
                "a row has no day, or one that is not understood", where=f"{file}, row {rows[place]}", field=header,
                expected="2023-07-31", found=cell,
            )  # fmt: skip
        found.append(day)
    return np.array(found, dtype="datetime64[D]")


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(_text(cell).replace("/", "-")[:10])
    except ValueError:
        return None


def _flag(text: str) -> float | None:
    plain = text.casefold()
    return 1.0 if plain in YES else 0.0 if plain in NO else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _frequent(values: Texts) -> tuple[str, ...]:
    counts = Counter(values[values != ""].tolist())
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return (*(level for level, rows in ranked[:MOST_LEVELS] if rows >= RAREST_LEVEL), OTHER)


def _numbered(values: Texts, levels: Sequence[str]) -> Matrix:
    place = {level: float(number) for number, level in enumerate(levels)}
    other = place.get(OTHER, np.nan)
    return np.array([np.nan if not value else place.get(value, other) for value in values.tolist()])


def table_of(rows: PreparedRows, schema: Schema) -> pa.Table:
    """The rows as features: enterprise_id and every column of the schema as float64, null where missing."""
    names = [column.name for column in schema.columns]
    matrix = rows.matrix(names, schema)
    columns = {name: pa.array(matrix[:, place], from_pandas=True) for place, name in enumerate(names)}
    return pa.table({"enterprise_id": pa.array(rows.entity.tolist(), pa.string()), **columns})
