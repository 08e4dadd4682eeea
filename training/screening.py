"""Before the trees: what a missing value counts as, and whether a feature points the way it is known to point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.default_probability import fill_missing

Matrix = NDArray[np.float64]

PRUDENT_QUANTILE = 0.9  # a missing value counts as the value at which a tenth of the training rows is worse
USUAL_SHARE = 0.1  # of connected rows without a value, from which on being missing is ordinary and not prudent
LEAST_AGREEMENT = 0.0  # standard errors by which the rank statistic must agree with the direction


@dataclass(frozen=True)
class Fills:
    """Per column what a missing value is scored at, learned from training rows alone."""

    missing: tuple[float, ...]  # in a connected feed
    absent: tuple[float, ...]  # where the whole feed is missing
    feeds: tuple[str | None, ...]

    def of(self, columns: Sequence[int]) -> Fills:
        """The fills of some columns."""
        return Fills(*(tuple(each[column] for column in columns) for each in (self.missing, self.absent, self.feeds)))  # type: ignore[arg-type]

    def learned_from(self, matrix: Matrix) -> Matrix:
        """The matrix as trees see it while they learn: gaps filled, absent feeds left out (NaN).

        Filled, all enterprises without a feed would stand at one value, and trees would cut that value out and learn
        from it what being without the feed means.
        """
        return fill_missing(matrix, self.missing, (None,) * len(self.feeds), self.feeds)

    def into(self, matrix: Matrix) -> Matrix:
        """The matrix as it is scored: gaps and absent feeds at their fills."""
        return fill_missing(matrix, self.missing, self.absent, self.feeds)


def learn_fills(
    matrix: Matrix, directions: Sequence[int], feeds: Sequence[str | None], categories: Sequence[bool] = ()
) -> Fills:
    """Neutral for an absent feed: the median. In a connected feed prudent, but the median where being missing is usual.

    A category without a value counts as its most frequent level: levels have no order, and none of them is prudent.

    Where a tenth or more of the connected rows have no value, that is an ordinary state of the feed (no patent among
    the rights, no sale last year) and says as little as an absent feed. A column without any value counts as 0.
    """
    neutral = tuple(
        _most_frequent(column) if level else _quantile(column, 0.5)
        for column, level in zip(matrix.T, categories or (False,) * len(feeds), strict=True)
    )
    prudent = prudent_values(matrix, directions)
    usual = _usually_missing(np.isnan(matrix), feeds)
    usual = [often or level for often, level in zip(usual, categories or (False,) * len(feeds), strict=True)]
    missing = tuple(middle if often else risky for middle, risky, often in zip(neutral, prudent, usual, strict=True))
    return Fills(missing, neutral, tuple(feeds))


def prudent_values(matrix: Matrix, directions: Sequence[int]) -> tuple[float, ...]:
    """The value at which a tenth of the known ones is riskier, or the median without direction.

    Trees would learn what a missing value means from the few rows that have one, and nothing would keep hiding a bad
    value from paying. Scored like the risky tenth, a missing value never pays against all but the worst.
    """
    quantiles = [0.5 if not sign else PRUDENT_QUANTILE if sign > 0 else 1 - PRUDENT_QUANTILE for sign in directions]
    return tuple(_quantile(column, quantile) for column, quantile in zip(matrix.T, quantiles, strict=True))


def _quantile(column: Matrix, quantile: float) -> float:
    known = column[~np.isnan(column)]
    return float(np.quantile(known, quantile, method="nearest")) if len(known) else 0.0


def _most_frequent(column: Matrix) -> float:
    levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return float(levels[counts.argmax()]) if len(levels) else 0.0


def _usually_missing(missing: NDArray[np.bool_], feeds: Sequence[str | None]) -> list[bool]:
    """Of each column, whether at least USUAL_SHARE of the rows in which its feed is connected have no value."""
    usual = []
    for column, feed in enumerate(feeds):
        mates = [column] if feed is None else [other for other, of in enumerate(feeds) if of == feed]
        connected = ~missing[:, mates].all(axis=1)
        usual.append(bool(connected.any() and missing[connected, column].mean() >= USUAL_SHARE))
    return usual


def agreeing(matrix: Matrix, outcome: Matrix, directions: Sequence[int]) -> tuple[int, ...]:
    """The columns whose rank correlation with default has the sign the catalogue gives (all of them if none has).

    The scorecard maker's sign check: a monotone tree could use a feature that points the other way only where noise
    happens to agree. Rows without a value say nothing; features without direction pass.
    """
    kept = [
        column
        for column, direction in enumerate(directions)
        if not direction or direction * _known_statistic(matrix[:, column], outcome) > LEAST_AGREEMENT
    ]
    return tuple(kept or range(len(directions)))


def _known_statistic(values: Matrix, outcome: Matrix) -> float:
    known = ~np.isnan(values)
    defaults = outcome[known].sum()
    return rank_statistic(values[known], outcome[known]) if 0 < defaults < known.sum() else 0.0


def rank_statistic(values: Matrix, outcome: Matrix) -> float:
    """Mann-Whitney's U of defaults against the rest, in standard errors from chance (ties not corrected for)."""
    defaults = float(outcome.sum())
    good = len(outcome) - defaults
    above = float(rankdata(values)[outcome == 1].sum()) - defaults * (defaults + 1) / 2
    return float((above - defaults * good / 2) / (defaults * good * (len(outcome) + 1) / 12) ** 0.5)
