"""The rows of one subject in columns, and the statement that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records import KINDS
from models.tables import visible_rows_sql

TEXTS = frozenset({"debtor_id", "receivable_no", "counterparty_id", "order_no", "anchor_id"})  # all others are numbers
FloatColumn = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Rows of many enterprises, sorted by enterprise: `row` is the place of the enterprise among those asked about.

    Numbers are float64 with NaN where not known (fen are exact whole numbers); texts stay Arrow columns.
    """

    row: npt.NDArray[np.int64]
    numbers: Mapping[str, FloatColumn]
    texts: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.row)

    def dense(self, name: str, size: int) -> FloatColumn:
        """A column of rows that are one per enterprise, at the places of all `size` enterprises; NaN elsewhere."""
        column = np.full(size, np.nan)
        column[self.row] = self.numbers[name]
        return column


@dataclass(frozen=True)
class Subject:
    """A statement: the kinds without which it says nothing, and those that it reads if they are there."""

    needs: tuple[str, ...]
    sql: str
    reads: tuple[str, ...] = ()

    def text(self, kinds: Sequence[str], as_of: date) -> str:
        """The statement over the relations of `kinds`, `moments` and `wanted`."""
        views = [_view_sql(kind) if kind in kinds else _nothing_sql(kind) for kind in (*self.needs, *self.reads)]
        return f"WITH {', '.join(views)} {self.sql}".replace("{as_of}", f"DATE '{as_of.isoformat()}'")


def rows_of_tuples(names: Sequence[str], tuples: Sequence[tuple[object, ...]]) -> Rows:
    """The rows of a statement that a desk ran."""
    columns = list(zip(*tuples, strict=True)) if tuples else [()] * len(names)
    kinds = [pa.int64() if name == "row" else pa.string() if name in TEXTS else pa.float64() for name in names]
    return rows_of(pa.table([pa.array(c, k) for c, k in zip(columns, kinds, strict=True)], names=list(names)))


def rows_of(table: pa.Table) -> Rows:
    """An Arrow table with a `row` column as rows."""
    numbers: dict[str, FloatColumn] = {}
    texts: dict[str, pa.Array] = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if name == "row":
            continue
        if pa.types.is_string(column.type):
            texts[name] = column
        else:
            numbers[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Rows(table.column("row").to_numpy().astype(np.int64), numbers, texts)


def _view_sql(kind: str) -> str:
    """The visible rows of a kind with the place of their enterprise, under the name `kind_now`."""
    visible = visible_rows_sql(KINDS[kind])
    return (
        f"{kind}_now AS (SELECT w.row, r.* FROM {kind} r JOIN wanted w USING (enterprise_id), moments m "  # noqa: S608
        f"WHERE {visible})"
    )


def _nothing_sql(kind: str) -> str:
    columns = ", ".join(f"NULL::{_sql_type(field.type)} AS {field.name}" for field in KINDS[kind].schema)
    return f"{kind}_now AS (SELECT 0::BIGINT AS row, {columns} WHERE false)"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ"
    names = {pa.string(): "VARCHAR", pa.date32(): "DATE", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN"}
    return names.get(kind, "BIGINT")
