"""What a valuation needs to know of the enterprise itself: verified sales, loan tenor, what the pool holds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.columns import EvidenceColumns, Known, day_number, register_numbers
from models.valuation.rates import Flags, Int64


def of_enterprises(rows: EvidenceColumns, facts: pa.Table | None, name: str) -> Known:
    """A column of the facts table (one row per enterprise) spread over the rows; unknown where there is none."""
    unknown = Known(np.zeros(rows.size, np.int64), np.zeros(rows.size, bool))
    if facts is None or facts.num_rows == 0 or name not in facts.column_names:
        return unknown
    place = pc.index_in(rows.enterprises(), value_set=facts.column("enterprise_id").combine_chunks())
    index = np.asarray(pc.fill_null(place, -1).to_numpy(), np.int64)
    column = EvidenceColumns(facts).integers(name)
    return Known(np.where(index >= 0, column.values[index], 0), (index >= 0) & column.known[index])


def months_later(day: date, months: Int64) -> Int64:
    """Day number of the same day so many months later (or earlier); the month's last day where it has no such day."""
    distinct, place = np.unique(months, return_inverse=True)
    numbers = [_month_shift(day, int(count)) for count in distinct]
    return np.asarray(np.array(numbers, np.int64)[place], np.int64)


def _month_shift(day: date, months: int) -> int:
    whole = day.year * 12 + day.month - 1 + months
    first = date(whole // 12, whole % 12 + 1, 1)
    following = date((whole + 1) // 12, (whole + 1) % 12 + 1, 1)
    last = (following - first).days
    return day_number(first) + min(day.day, last) - 1


def in_pool(rows: EvidenceColumns, pooled: pa.Table | None, register_no: pa.ChunkedArray) -> Flags:
    """Rows whose register number the pool already counts for the same enterprise."""
    if pooled is None or pooled.num_rows == 0:
        return np.zeros(rows.size, bool)
    own = pc.binary_join_element_wise(rows.enterprises(), register_no, "\x1f")
    taken = pc.binary_join_element_wise(
        pooled.column("enterprise_id").cast(pa.string()), register_numbers(pooled.column("register_no")), "\x1f"
    )
    return np.asarray(pc.is_in(own, value_set=taken.combine_chunks()).to_numpy(zero_copy_only=False), bool)
