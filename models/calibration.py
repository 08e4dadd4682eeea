"""From a raw score to a default probability, its interval, and points: three small values that a bundle stores."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError

Column = NDArray[np.float64]
Number = TypeVar("Number", float, Column)  # one, or a column of them: the same arithmetic to the last bit


class IntervalNotUsable(AssetlightError):
    """The tables of a probability interval do not fit together or do not rise."""


@dataclass(frozen=True)
class Calibration:
    """Log-odds of default as a straight line of the raw score: `intercept + slope * raw`, slope > 0.

    `intercept` already contains `prior_shift`, the move to a central tendency: logit(tau) - logit(rho), 0 if none.
    """

    intercept: float
    slope: float
    prior_shift: float = 0.0

    def log_odds(self, raw: Number) -> Number:
        """Calibrated log-odds of default."""
        return self.intercept + self.slope * raw

    def shifted(self, probability: Number) -> Number:
        """Probabilities of the calibration sample moved to the central tendency; 0 and 1 stay what they are."""
        odds = math.exp(self.prior_shift)
        return probability * odds / (1.0 - probability + probability * odds)


@dataclass(frozen=True)
class PointsScale:
    """Higher is safer: `anchor_points` at good:bad odds of `anchor_odds`, `doubling_points` per doubling."""

    anchor_points: float = 600.0
    anchor_odds: float = 50.0
    doubling_points: float = 20.0

    @property
    def per_log_odds(self) -> float:
        """Points lost per unit of log-odds of default."""
        return self.doubling_points / math.log(2.0)

    @property
    def at_even_odds(self) -> float:
        """Points of an enterprise whose log-odds of default are 0."""
        return self.anchor_points - self.per_log_odds * math.log(self.anchor_odds)


@dataclass(frozen=True)
class VennAbers:
    """Venn-Abers tables: for every raw score the default rate that isotonic regression on the calibration scores gives
    it if it is counted as one more row without default (`low`) or with default (`high`). Both rise with the score.

    `low[i]` holds for scores from `low_from[i - 1]` (inclusive) to `low_from[i]`; `high[i]` for scores above
    `high_above[i - 1]` up to `high_above[i]` (inclusive). Vovk, Petej, Fedorova (2015), arXiv:1511.00213, section 2.
    """

    low_from: tuple[float, ...]
    low: tuple[float, ...]
    high_above: tuple[float, ...]
    high: tuple[float, ...]
    rows: int  # calibration scores that the tables were made of
    defaults: int  # of them

    def __post_init__(self) -> None:
        for cuts, rates, name in ((self.low_from, self.low, "low"), (self.high_above, self.high, "high")):
            fits = len(rates) == len(cuts) + 1 and all(np.diff(cuts) > 0) and all(np.diff(rates) >= 0)
            if not fits or not 0.0 <= rates[0] <= rates[-1] <= 1.0:
                raise IntervalNotUsable(
                    "a table of the probability interval is not a rising step function of rates",
                    expected="rising scores, one rate more than scores, rates from 0 to 1 that do not fall",
                    found=f"{len(cuts)} scores, {len(rates)} rates",
                    field=name,
                )

    def interval(self, raw: Column) -> tuple[Column, Column]:
        """Lower and upper rate of each raw score, at the default rate of the calibration sample."""
        low_from, low, high_above, high = self._columns
        return low[np.searchsorted(low_from, raw, side="right")], high[np.searchsorted(high_above, raw, side="left")]

    def interval_of(self, raw: float) -> tuple[float, float]:
        """The same of one raw score."""
        return self.low[bisect_right(self.low_from, raw)], self.high[bisect_left(self.high_above, raw)]

    @cached_property
    def _columns(self) -> tuple[Column, Column, Column, Column]:
        return np.array(self.low_from), np.array(self.low), np.array(self.high_above), np.array(self.high)
