"""Evidence tables as int64 columns with a `known` mask: an absent column and a null are the same state, unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.errors import EvidenceColumnWrong
from models.valuation.rates import Flags, Int64, ratio, shares_of_floats

NO_DAY = -(10**6)  # days since 1970 where the day is unknown
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


@dataclass(frozen=True)
class Known:
    """One column: int64 values (0 where unknown) and which of them are known."""

    values: Int64
    known: Flags

    def default(self, value: int) -> Int64:
        """The values, with `value` where unknown."""
        return np.where(self.known, self.values, value)

    def otherwise(self, second: Known) -> Known:
        """These values, and where they are unknown those of the second."""
        return Known(np.where(self.known, self.values, second.values), np.asarray(self.known | second.known, bool))

    def over(self, full: int) -> Known:
        """Counts as shares of a count that earns the full score."""
        return Known(ratio(self.values, full), self.known)

    @property
    def true(self) -> Flags:
        """Known and not zero."""
        return np.asarray(self.known & (self.values != 0), bool)

    @property
    def false(self) -> Flags:
        """Known and zero."""
        return np.asarray(self.known & (self.values == 0), bool)


class EvidenceColumns:
    """Typed access to the columns of one evidence table; each is read once."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows.combine_chunks()
        self.size = rows.num_rows
        self._names = frozenset(rows.column_names)
        self._read: dict[tuple[str, str], Known] = {}

    def _once(self, reading: str, name: str, read: Callable[[str], Known]) -> Known:
        found = self._read.get((reading, name))
        if found is None:
            found = self._read[reading, name] = read(name)
        return found

    def _numbers(self, name: str, kind: pa.DataType) -> tuple[pa.ChunkedArray, Flags] | None:
        if name not in self._names:
            return None
        column = self.rows.column(name)
        if pa.types.is_null(column.type) or column.null_count == self.size:
            return None
        try:
            column = column if column.type == kind else column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
            raise EvidenceColumnWrong(
                "an evidence column has the wrong type", expected=str(kind), found=str(column.type), field=name
            ) from problem
        return column, np.asarray(pc.is_valid(column).to_numpy(), bool)

    def _unknown(self) -> Known:
        return Known(np.zeros(self.size, np.int64), np.zeros(self.size, bool))

    def integers(self, name: str) -> Known:
        """Counts and money in fen; negative values count as 0."""
        return self._once("integers", name, self._integers)

    def _integers(self, name: str) -> Known:
        found = self._numbers(name, pa.int64())
        if found is None:
            return self._unknown()
        return Known(np.maximum(pc.fill_null(found[0], 0).to_numpy().astype(np.int64), 0), found[1])

    def shares(self, name: str) -> Known:
        """Fractions of 0..1 as shares, rounded to a millionth; NaN is unknown."""
        return self._once("shares", name, self._shares)

    def _shares(self, name: str) -> Known:
        found = self._numbers(name, pa.float64())
        if found is None:
            return self._unknown()
        values = pc.fill_null(found[0], 0.0).to_numpy()
        return Known(shares_of_floats(values), found[1] & ~np.isnan(values))

    def flags(self, name: str) -> Known:
        """True, false or unknown."""
        return self._once("flags", name, self._flags)

    def _flags(self, name: str) -> Known:
        found = self._numbers(name, pa.bool_())
        if found is None:
            return self._unknown()
        return Known(pc.fill_null(found[0], False).to_numpy(zero_copy_only=False).astype(np.int64), found[1])

    def days(self, name: str) -> Known:
        """Days since 1970-01-01."""
        return self._once("days", name, self._days)

    def _days(self, name: str) -> Known:
        found = self._numbers(name, pa.date32())
        if found is None:
            return Known(np.full(self.size, NO_DAY), np.zeros(self.size, bool))
        numbers = pc.fill_null(found[0].cast(pa.int32()), NO_DAY).to_numpy().astype(np.int64)
        return Known(numbers, found[1])

    def texts(self, name: str) -> pa.ChunkedArray:
        """Texts, empty where unknown."""
        if name not in self._names:
            return pa.chunked_array([pa.array([""] * self.size, pa.string())])
        column = self.rows.column(name)
        column = column if column.type == pa.string() else column.cast(pa.string())
        return pc.fill_null(column, "") if column.null_count else column

    def listed(self, name: str) -> Known:
        """How many entries a text lists, separated by `;`; unknown where it is empty."""
        texts = self.texts(name)
        counts = pc.add(pc.count_substring(texts, ";"), 1).to_numpy().astype(np.int64)
        known = np.asarray(pc.not_equal(texts, "").to_numpy(), bool)
        return Known(np.where(known, counts, 0), known)

    def filled(self, name: str) -> Flags:
        """Where a text is not empty."""
        return np.asarray(pc.not_equal(self.texts(name), "").to_numpy(), bool)

    def choice(self, name: str, choices: Sequence[str]) -> Int64:
        """Index of each text among the choices, -1 where it is none of them."""
        found = pc.fill_null(pc.index_in(self.texts(name), value_set=pa.array(list(choices), pa.string())), -1)
        return np.asarray(found.to_numpy(), np.int64)

    def enterprises(self) -> pa.ChunkedArray:
        """The enterprise of each row."""
        return self.texts("enterprise_id")


def register_numbers(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """One spelling of a register number: upper case, letters and digits only, without the ZL or CN of a patent."""
    plain = pc.replace_substring_regex(pc.utf8_upper(texts), r"[^0-9A-Z\p{Han}]", "")
    return pc.replace_substring_regex(plain, r"^(ZL|CN)([0-9])", r"\2")


def by_choice(index: Int64, values: Mapping[str, int], choices: Sequence[str]) -> Int64:
    """Per row the value of its choice, 0 where the choice is unknown or has none."""
    table = np.array([values.get(name, 0) for name in choices] + [0], np.int64)
    return np.asarray(table[index], np.int64)
