"""Indicator scores with gaps: what is unknown may be 0 or 1, and counts at a prudent score in the middle.

So a fact that arrives never widens the range: the new range lies inside the old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from models.valuation.approaches import Range
from models.valuation.columns import Known
from models.valuation.rates import ONE, Flags, Int64, of, share


@dataclass(frozen=True)
class Indicator:
    """One second-level indicator: which first-level value it belongs to, and its words."""

    name: str
    level: str
    zh: str
    en: str


@dataclass(frozen=True)
class Score:
    """Score range as shares, and the part of the whole weight that is backed by evidence."""

    value: Range
    known_weight: Int64


def mean_score(indicators: Sequence[Known], missing: int) -> Score:
    """Plain mean of indicators in 0..1; an unknown one is 0, `missing` and 1 at the ends of the range."""
    count = len(indicators)
    ends = []
    for fill in (0, missing, ONE):
        total = np.zeros(len(indicators[0].values), np.int64)
        for indicator in indicators:
            total = total + np.clip(indicator.default(fill), 0, ONE)
        ends.append(total // count)
    known = np.zeros(len(indicators[0].values), np.int64)
    for indicator in indicators:
        known = known + indicator.known
    return Score(Range(*ends), known * ONE // count)


def weighted_score(parts: Sequence[tuple[Decimal, Score]]) -> Score:
    """Weighted sum of scores; each product is floored to a trillionth."""
    size = len(parts[0][1].known_weight)
    total, known = Range.zero(size), np.zeros(size, np.int64)
    for weight, score in parts:
        part = score.value.times(share(weight))
        total = Range(*(end + more for end, more in zip(total.ends, part.ends, strict=True)))
        known = known + of(score.known_weight, share(weight))
    return Score(total, known)


def by_level(indicators: Sequence[Indicator], columns: Mapping[str, Known], level: str, missing: int) -> Score:
    """Mean over the indicators of one first-level value."""
    return mean_score([columns[indicator.name] for indicator in indicators if indicator.level == level], missing)


def any_known(indicators: Sequence[Indicator], columns: Mapping[str, Known], level: str) -> Flags:
    """Where at least one indicator of the level is backed by evidence."""
    flags = [columns[indicator.name].known for indicator in indicators if indicator.level == level]
    return np.asarray(np.logical_or.reduce(flags), bool)
