"""The central tendency: the long-run average of one-year default rates, with margins of conservatism for what it lacks.

A model is fitted to the defaults of the days it learned from; its probabilities are moved to what a whole cycle shows,
and a little above it for what is not known (DOMAIN section 7; the categories are those of EBA/GL/2017/16, section 4.4):
A for deficits of data and method, here the years that are missing; B for changes of lending policy or market, which
only the bank can state; C for the error of the average itself. Years, not enterprises, are the sample behind C: the
enterprises of one year share its weather, so ten thousand of them say little about the next year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, t

from models.features.windows import months_before
from models.policy import Policy
from training.sample import Words

MONTHS = 12
_SLACK_DAYS = 46  # a panel's day stands in for the wanted one if it is not further away: half a quarter


@dataclass(frozen=True)
class Cohort:
    """The performing enterprises of one day and how many of them defaulted within the year after it."""

    day: date
    rows: int
    defaults: int

    @property
    def rate(self) -> float:
        """The one-year default rate."""
        return self.defaults / self.rows


@dataclass(frozen=True)
class Margin:
    """What is added to the long-run average, as a default rate, for a category (A, B or C) and why."""

    category: str
    rate: float
    words: Words


@dataclass(frozen=True)
class CentralTendency:
    """What probabilities are moved to. `rate` is the long-run average and all margins together."""

    cohorts: tuple[Cohort, ...]  # by year, oldest first
    long_run: float
    margins: tuple[Margin, ...]
    deficits: tuple[Words, ...]

    @property
    def rate(self) -> float:
        """The rate that calibration is moved to."""
        return self.long_run + sum(margin.rate for margin in self.margins)

    def as_dict(self) -> dict[str, Any]:
        """For the card."""
        return {
            "rate": round(self.rate, 8),
            "long_run_average": round(self.long_run, 8),
            "years": [
                {
                    "day": cohort.day.isoformat(), "enterprises": cohort.rows, "defaults": cohort.defaults,
                    "rate": round(cohort.rate, 8),
                }
                for cohort in self.cohorts
            ],
            "margins": [
                {"category": margin.category, "rate": round(margin.rate, 8), **margin.words}
                for margin in self.margins
            ],
            "deficits": [dict(words) for words in self.deficits],
        }  # fmt: skip


def yearly_cohorts(day: NDArray[np.datetime64], outcome: NDArray[np.float64]) -> tuple[Cohort, ...]:
    """One cohort a year from the rows of a panel: the last day, and the days closest to one, two, ... years before it.

    `outcome` is default within twelve months after `day`, so the windows of two cohorts do not overlap by more than
    half a quarter. A year without a day is left out.
    """
    days = np.unique(day.astype("datetime64[D]"))
    cohorts: list[Cohort] = []
    for year in range((days[-1] - days[0]).astype(int) // 365 + 2):
        wanted = np.datetime64(months_before(days[-1].astype(object), MONTHS * year), "D")
        distance = np.abs((days - wanted).astype(np.int64))
        if distance.min() <= _SLACK_DAYS:
            nearest = days[int(distance.argmin())]
            rows = day == nearest
            cohorts.append(Cohort(nearest.astype(object), int(rows.sum()), int(outcome[rows].sum())))
    return tuple(reversed(cohorts))


def central_tendency(cohorts: Sequence[Cohort], policy: Policy) -> CentralTendency | None:
    """The long-run average of the cohorts with its margins by policy; None where there is no default to average.

    The average is the plain mean of the years' rates: a year with more borrowers is not more of a year.
    """
    if not cohorts or not any(cohort.defaults for cohort in cohorts):
        return None
    rates = np.array([cohort.rate for cohort in cohorts])
    long_run = float(rates.mean())
    wanted, found = policy.whole("calibration.fewest_years"), len(cohorts)
    missing = max(0, wanted - found)
    by_years = float(policy.number("calibration.margin_per_missing_year")) * missing * long_run
    by_change = float(policy.number("calibration.margin_of_policy_change")) * long_run
    confidence = float(policy.number("calibration.confidence"))
    bound = upper_bound(cohorts, confidence)
    margins = (
        Margin("A", by_years, {"zh": f"缺 {missing} 年数据", "en": f"{missing} years missing"}),
        Margin("B", by_change, {"zh": "授信政策或市场变化", "en": "changes of lending policy or market"}),
        Margin(
            "C", bound - long_run,
            {"zh": f"估计误差：{confidence:.0%} 单侧上限", "en": f"estimation error: {confidence:.0%} one-sided bound"},
        ),
    )  # fmt: skip
    return CentralTendency(tuple(cohorts), long_run, margins, tuple(_deficits(cohorts, wanted)))


def upper_bound(cohorts: Sequence[Cohort], confidence: float) -> float:
    """One-sided upper bound of the long-run average: Student's t over the years' rates, never below the average.

    With one year the spread between years cannot be seen; the bound is then Clopper-Pearson's for the enterprises of
    that year, which is too low, and the card says so.
    """
    rates = np.array([cohort.rate for cohort in cohorts])
    if len(rates) == 1:
        only = cohorts[0]
        return float(beta.ppf(confidence, only.defaults + 1, only.rows - only.defaults))
    error = float(rates.std(ddof=1)) / len(rates) ** 0.5
    return float(min(rates.mean() + float(t.ppf(confidence, len(rates) - 1)) * error, 1.0 - 1e-9))


def _deficits(cohorts: Sequence[Cohort], wanted: int) -> list[Words]:
    found: list[Words] = []
    if len(cohorts) < wanted:
        found.append(
            {
                "zh": f"仅 {len(cohorts)} 年一年期违约率，少于 {wanted} 年：未必覆盖好坏年景。",
                "en": f"Only {len(cohorts)} years of one-year rates, fewer than {wanted}: good and bad years may not "
                "both be among them.",
            }
        )
    if len(cohorts) == 1:
        found.append(
            {
                "zh": "只有一年，看不到年度之间的波动：C 类附加偏低。",
                "en": "With one year the spread between years cannot be seen: margin C is too low.",
            }
        )
    return found
