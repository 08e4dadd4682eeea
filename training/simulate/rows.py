"""Tables in exactly the schema of a record kind, from columns of numbers, days and texts."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import RecordKind

ORIGIN = "simulated"
ORIGIN_KEY = b"assetlight.origin"
KIND_KEY = b"assetlight.kind"
NEVER_DAY = -(10**15)  # stands for a missing day or number in a whole column; below any amount of money
DAY = 86_400_000_000  # microseconds
OFFICE_HOUR = 9 * 3_600_000_000  # 17:00 in Shanghai, as UTC

Column: TypeAlias = "npt.NDArray[Any] | pa.Array | str | float | bool | None"


def stamped(day: npt.NDArray[np.int64]) -> pa.Array:
    """An instant at 17:00 Shanghai time on each day since 1970; NEVER_DAY is null."""
    mask = day <= NEVER_DAY
    instants = np.where(mask, 0, day * DAY + OFFICE_HOUR)
    return pa.array(instants, pa.int64(), mask=mask).cast(pa.timestamp("us", tz="UTC"))


def _column(values: Column, kind: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, str | float | bool | int):
        return pa.repeat(pa.scalar(values, kind), rows)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values if values.type == kind else values.cast(kind)
    if values.dtype.kind == "f":
        return pa.array(values, mask=np.isnan(values)).cast(kind)
    if values.dtype.kind in "iu":
        mask = values <= NEVER_DAY
        bounded = values.astype(np.int32) if pa.types.is_date32(kind) else values
        made = pa.array(bounded, mask=mask) if mask.any() else pa.array(bounded)
        return made.cast(kind)
    return pa.array(values).cast(kind)


def records(
    kind: RecordKind,
    columns: dict[str, Column],
    known_day: npt.NDArray[np.int64],
    superseded_day: npt.NDArray[np.int64] | None = None,
    *,
    last_day: int,
) -> pa.Table:
    """A table of the kind: columns that are not given are null, rows learned after `last_day` are left out.

    Whole columns use NEVER_DAY (or less) for null. A version superseded after `last_day` still stands.
    """
    rows = len(known_day)
    superseded = np.full(rows, NEVER_DAY) if superseded_day is None else superseded_day
    superseded = np.where(superseded > last_day, NEVER_DAY, superseded)
    unknown = set(columns) - {field.name for field in kind.fields}
    if unknown:
        raise KeyError(f"{kind.name} has no {sorted(unknown)}")
    schema = kind.schema
    arrays = [_column(columns.get(field.name), field.type, rows) for field in list(schema)[:-3]]
    arrays += [stamped(known_day), stamped(superseded), pa.repeat(pa.scalar(ORIGIN), rows)]
    table = pa.Table.from_arrays(arrays, schema=schema)
    learned = known_day <= last_day
    return table if learned.all() else table.filter(pa.array(learned))


def text(prefix: str, number: npt.NDArray[np.integer]) -> pa.Array:
    """Texts such as `AR12345` from whole numbers."""
    plain = pa.array(number).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), plain, "") if prefix else plain


def pick_text(choices: tuple[str | None, ...], index: npt.NDArray[np.integer]) -> pa.Array:
    """The choice at each index."""
    return pa.array(choices, pa.string()).take(pa.array(index))


def where_null(values: pa.Array, null: npt.NDArray[np.bool_]) -> pa.Array:
    """The values with nulls where the flag is set."""
    return pc.if_else(pa.array(null), pa.scalar(None, values.type), values)
