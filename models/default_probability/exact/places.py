"""Values as the trees see them: the rank of each among its feature's thresholds, and any value of that rank again.

No tree can tell a value from another of the same rank, so the ranks of a row say all that contributions depend on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact.coding import KINDS, ZERO_IS_MISSING, edges_of
from models.default_probability.exact.forest import read_forest

_ZERO = float(np.float32(1e-35))  # what LightGBM takes for zero where zero is missing
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """The sorted thresholds of each feature that has any, and the categories of the others. `zero`: 0 is missing."""

    thresholds: Mapping[int, Numbers]
    categories: Mapping[int, Numbers]
    zero: frozenset[int]

    @classmethod
    def of(cls, booster: lightgbm.Booster) -> Places:
        """Of a booster. Raises NotByTable."""
        nodes = [node for tree in read_forest(booster).trees for node in tree.nodes]
        edges = edges_of(nodes)
        return cls(
            {feature: table for (feature, category), table in edges.items() if not category},
            {feature: table for (feature, category), table in edges.items() if category},
            frozenset(n.feature for n in nodes if n.categories is None and KINDS[n.missing] == ZERO_IS_MISSING),
        )

    def ranks(self, matrix: Numbers) -> Numbers:
        """How many thresholds lie below each value [N, F], or which category it is; NaN: missing, or no such category.

        A feature that no tree asks about is 0 everywhere.
        """
        found = np.zeros(matrix.shape)
        for feature, edges in self.thresholds.items():
            values = matrix[:, feature]
            missing = np.isnan(values) | ((np.abs(values) <= _ZERO) if feature in self.zero else False)
            found[:, feature] = np.where(missing, np.nan, np.searchsorted(edges, values))
        for feature, edges in self.categories.items():
            values = np.trunc(matrix[:, feature])
            place = np.minimum(np.searchsorted(edges, values), len(edges) - 1)
            found[:, feature] = np.where(edges[place] == values, place, np.nan)
        return found

    def values(self, ranks: Numbers) -> Numbers:
        """A row of values [N, F] for each row of ranks. Raises ValueError for a rank that there is not."""
        found = np.where(np.isnan(ranks), np.nan, 0.0)
        for feature, edges in self.thresholds.items():
            found[:, feature] = _taken(_stand_ins(edges), ranks[:, feature])
        for feature, edges in self.categories.items():
            found[:, feature] = _taken(edges, ranks[:, feature])
        return found


def _stand_ins(edges: Numbers) -> Numbers:
    """One value of each rank, well between its thresholds, so that it is so in single precision too; never 0."""
    beyond = 1.0 + np.abs(edges[[0, -1]])
    most = np.finfo(np.float64).max
    low = np.concatenate([[max(edges[0] - beyond[0], -most)], edges])
    high = np.append(edges, min(edges[-1] + beyond[-1], most))
    middle = low / 2 + high / 2
    found = np.where(np.abs(middle) <= _ZERO, low / 4 + high * 0.75, middle)
    return np.where((found > low) & (found <= high), found, high)


def _taken(values: Numbers, ranks: Numbers) -> Numbers:
    missing = np.isnan(ranks)
    place = np.where(missing, 0, ranks).astype(np.int64)
    if ((place < 0) | (place >= len(values))).any():
        raise ValueError(f"a rank is not one of 0 to {len(values) - 1}")
    return np.where(missing, np.nan, values[place])
