"""Rows of one enterprise together: exact sums, one row per register number, and a cap shared out in a stated order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.rates import Flags, Int64


@dataclass(frozen=True)
class Groups:
    """Consecutive rows that belong together: the group of each row, and the first row of each group."""

    of_row: Int64
    starts: Int64

    @property
    def count(self) -> int:
        """How many groups."""
        return len(self.starts)

    def sums(self, values: Int64) -> Int64:
        """Exact sum per group."""
        return np.add.reduceat(values, self.starts) if self.count else np.zeros(0, np.int64)

    def highest(self, values: Int64) -> Int64:
        """Highest value per group."""
        return np.maximum.reduceat(values, self.starts) if self.count else np.zeros(0, np.int64)

    def lowest(self, values: Int64) -> Int64:
        """Lowest value per group."""
        return np.minimum.reduceat(values, self.starts) if self.count else np.zeros(0, np.int64)

    def any_of(self, masks: Int64) -> Int64:
        """Union of bit masks per group."""
        return np.bitwise_or.reduceat(masks, self.starts) if self.count else np.zeros(0, np.int64)


def consecutive(*keys: pa.ChunkedArray) -> Groups:
    """Groups of rows with equal keys, for a table sorted by them."""
    size = len(keys[0])
    first = np.zeros(size, bool)
    first[:1] = True
    for key in keys:
        if size > 1:
            flat = key.combine_chunks() if isinstance(key, pa.ChunkedArray) else key
            first[1:] |= pc.not_equal(flat.slice(1), flat.slice(0, size - 1)).to_numpy(zero_copy_only=False)
    return Groups(np.cumsum(first).astype(np.int64) - 1, np.flatnonzero(first).astype(np.int64))


def once_per_key(values: Int64, keys: Groups) -> Int64:
    """The lowest value of a key on its first row, 0 on the others: entered twice counts once, at the lower value."""
    once = np.zeros_like(values)
    once[keys.starts] = keys.lowest(values)
    return once


def shared_out(values: Int64, caps: Int64, owners: Groups, priority: Int64) -> Int64:
    """Part of each value that fits under its owner's cap, higher priority first, then in row order.

    The sum per owner is min(cap, sum). Taking the best first makes any priority-weighted total the largest possible,
    so that one more asset never lowers it.
    """
    order = np.lexsort((np.arange(len(values)), -priority, owners.of_row))
    sorted_values = values[order]
    running = np.cumsum(sorted_values) - sorted_values
    first_of_owner = owners.starts[owners.of_row[order]]
    before = running - running[first_of_owner]
    fits = np.clip(caps[owners.of_row[order]] - before, 0, sorted_values)
    part = np.empty_like(values)
    part[order] = fits
    return part


def best_of_group(values: Int64, eligible: Flags, owners: Groups, count: int) -> Flags:
    """The `count` highest eligible rows of each owner; ties in row order."""
    order = np.lexsort((np.arange(len(values)), -values, ~eligible, owners.of_row))
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - owners.starts[owners.of_row[order]]
    return np.asarray(eligible & (rank < count), bool)
