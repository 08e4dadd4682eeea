"""Before the trees: what a missing value counts as, and whether a feature points the way it is known to point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Matrix = NDArray[np.float64]

PRUDENT_QUANTILE = 0.9  # a missing value counts as the value at which a tenth of the training rows is worse
LEAST_AGREEMENT = 0.0  # standard errors by which the rank statistic must agree with the direction


def prudent_values(matrix: Matrix, directions: Sequence[int]) -> tuple[float, ...]:
    """The value at which each feature is scored where it is missing: the risky tenth, or the median without direction.

    Trees would learn what a missing value means from the few rows that have one, and nothing would keep hiding a bad
    value from paying. Scored like the risky tenth, a missing value never pays against all but the worst. A column
    without any value counts as 0.
    """
    quantiles = [0.5 if not sign else PRUDENT_QUANTILE if sign > 0 else 1 - PRUDENT_QUANTILE for sign in directions]
    values = []
    for column, quantile in zip(matrix.T, quantiles, strict=True):
        known = column[~np.isnan(column)]
        values.append(float(np.quantile(known, quantile, method="nearest")) if len(known) else 0.0)
    return tuple(values)


def with_fills(matrix: Matrix, fills: Sequence[float]) -> Matrix:
    """The matrix with its missing values at their fills."""
    return np.where(np.isnan(matrix), np.array(fills, dtype=np.float64), matrix)


def agreeing(matrix: Matrix, outcome: Matrix, directions: Sequence[int]) -> tuple[int, ...]:
    """The columns whose rank correlation with default has the sign the catalogue gives (all of them if none has).

    The scorecard maker's sign check: a monotone tree could use a feature that points the other way only where noise
    happens to agree. Features without direction pass.
    """
    kept = [
        column
        for column, direction in enumerate(directions)
        if not direction or direction * rank_statistic(matrix[:, column], outcome) > LEAST_AGREEMENT
    ]
    return tuple(kept or range(len(directions)))


def rank_statistic(values: Matrix, outcome: Matrix) -> float:
    """Mann-Whitney's U of defaults against the rest, in standard errors from chance (ties not corrected for)."""
    defaults = float(outcome.sum())
    good = len(outcome) - defaults
    above = float(rankdata(values)[outcome == 1].sum()) - defaults * (defaults + 1) / 2
    return float((above - defaults * good / 2) / (defaults * good * (len(outcome) + 1) / 12) ** 0.5)
