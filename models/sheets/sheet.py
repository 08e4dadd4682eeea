"""A sheet: a rectangular piece of a file with a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.sheets.header import trimmed_headers

ORIGIN_KEY = b"assetlight.origin"  # Parquet schema metadata that says where the rows come from


AGREEING: tuple[tuple[set[type], pa.DataType], ...] = (
    ({int}, pa.int64()),
    ({float, int}, pa.float64()),
    ({date}, pa.date32()),
    ({datetime}, pa.timestamp("us")),
    ({bool}, pa.bool_()),
)


@dataclass(frozen=True)
class RaggedRow:
    """A row that cannot be laid under the columns: more or fewer cells than the header, or what `defect` says.

    `defect`: code, Chinese, English, and what was expected. `field`, `value`: the one cell at fault, where it is one.
    """

    row: int
    expected: int
    found: int
    text: str
    defect: tuple[str, str, str, str] | None = None
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Sheet:
    """Columns under headers. A long sheet comes in several pieces with the same `file` and `name`.

    `columns` are text, or typed where the file knows the type (Excel dates and numbers, Parquet).
    `rows`: 1-based row number of each row as a spreadsheet program shows it.
    """

    file: str
    name: str | None
    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    rows: npt.NDArray[np.int64]
    ragged: tuple[RaggedRow, ...] = ()
    metadata: Mapping[bytes, bytes] = field(default_factory=dict)
    header_row: int = 1  # where the headers stand; rows above it are a title and no records

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def origin(self) -> str | None:
        """Where the file says its rows come from, if it does."""
        found = self.metadata.get(ORIGIN_KEY)
        return found.decode("utf-8") if found else None

    @property
    def where(self) -> str:
        """File and sheet in words."""
        return self.file + (f", sheet {self.name}" if self.name else "")

    def column(self, header: str) -> pa.Array:
        """The column under a header; KeyError if there is none."""
        try:
            return self.columns[self.headers.index(header)]
        except ValueError:
            raise KeyError(header) from None


def without_blank_rows(columns: Sequence[pa.Array], rows: npt.NDArray[np.int64]) -> tuple[list[pa.Array], Any]:
    """Leave out rows in which every cell is empty: they are spacing, not records."""
    blank: Any = None
    for column in columns:
        if not (pa.types.is_string(column.type) or pa.types.is_null(column.type)):
            here = pc.is_null(column)
        elif pa.types.is_null(column.type):
            continue
        else:
            here = pc.or_kleene(pc.is_null(column), pc.equal(pc.utf8_trim_whitespace(column.fill_null("")), ""))
        blank = here if blank is None else pc.and_(blank, here)
        if not pc.any(blank).as_py():
            return list(columns), rows
    if blank is None:
        return [column.slice(0, 0) for column in columns], rows[:0]
    keep = pc.invert(blank)
    return [column.filter(keep) for column in columns], rows[keep.to_numpy(zero_copy_only=False)]


def typed_column(cells: Sequence[object]) -> pa.Array:
    """Cells of one spreadsheet column as an Arrow array: typed if they agree, text if they do not."""
    kinds = set(map(type, cells)) - {type(None)}
    if not kinds or (str in kinds and kinds != {str}):
        kinds = {type(cell) for cell in cells if cell is not None and cell != ""}
    if kinds == {str}:
        return pa.array(cells, pa.string()) if any(cells) else pa.nulls(len(cells), pa.string())
    if not kinds:
        return pa.nulls(len(cells), pa.string())
    wanted = next((arrow for agreeing, arrow in AGREEING if kinds <= agreeing), None)
    values = [None if cell == "" else cell for cell in cells]
    if wanted is not None:
        try:
            return pa.array(values, wanted)
        except (pa.ArrowInvalid, OverflowError):
            pass
    return pa.array([cell_text(value) for value in values], pa.string())


def cell_text(cell: object) -> str | None:
    """One cell as a person reads it: whole numbers without `.0`, dates as ISO."""
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def sheet_of_rows(rows: Sequence[Mapping[str, Any]], file: str = "request") -> Sheet:
    """Rows that came as objects (an API request, NDJSON) as a sheet; the first row is number 1.

    A nested value becomes its text, which no field accepts: it is quarantined with what came.
    """
    headers = tuple(dict.fromkeys(str(key) for row in rows for key in row))
    return Sheet(
        file,
        None,
        trimmed_headers(headers),
        tuple(typed_column([row.get(header) for row in rows]) for header in headers),
        np.arange(1, len(rows) + 1, dtype=np.int64),
    )
