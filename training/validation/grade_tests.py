"""Whether a grade's probability is right: binomial and Jeffreys tests, and Hosmer-Lemeshow over all groups.

The Jeffreys test is that of the European Central Bank's instructions for reporting the validation results of internal
models (2019, section 2.5.3.1): under the prior Beta(1/2, 1/2) the p-value is the posterior probability that the true
rate is at most the PD. Both tests take rows as independent; rows of one enterprise repeat, so they alarm too often
rather than too seldom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom, chi2

from training.validation.lights import Lines
from training.validation.report import Light

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class GradeTest:
    """One grade. p-values are one-sided: small means that defaults are more than the PD says."""

    rows: int
    defaults: int
    mean_pd: float
    observed: float
    low: float  # Jeffreys 95 % of the observed rate
    high: float
    binomial: float
    jeffreys: float
    overpredicted: float  # Jeffreys the other way: small means that defaults are fewer


def grade_test(rows: int, defaults: int, mean_pd: float) -> GradeTest:
    """The tests of one grade that has rows."""
    posterior = beta(defaults + 0.5, rows - defaults + 0.5)
    return GradeTest(
        rows=rows,
        defaults=defaults,
        mean_pd=mean_pd,
        observed=defaults / rows,
        low=float(posterior.ppf(0.025)) if defaults else 0.0,
        high=float(posterior.ppf(0.975)) if defaults < rows else 1.0,
        binomial=float(binom.sf(defaults - 1, rows, mean_pd)),
        jeffreys=float(posterior.cdf(mean_pd)),
        overpredicted=float(posterior.sf(mean_pd)),
    )


def traffic_light(test: GradeTest, significance: Lines) -> Light:
    """Red where both tests reject at the red level, amber where one rejects at the green one or stricter.

    Grey where less than one default is expected and nothing alarms: so few rows could hardly have alarmed.
    """
    if max(test.binomial, test.jeffreys) < significance.red:
        return "red"
    if min(test.binomial, test.jeffreys) < significance.green:
        return "amber"
    return "grey" if test.rows * test.mean_pd < 1 else "green"


def by_grade(grade: NDArray[np.int16], pd: Matrix, outcome: Matrix) -> dict[int, GradeTest]:
    """The test of every grade that has rows, by its index."""
    found = {}
    for index in np.unique(grade[grade >= 0]):
        here = grade == index
        found[int(index)] = grade_test(int(here.sum()), int(outcome[here].sum()), float(pd[here].mean()))
    return found


@dataclass(frozen=True)
class HosmerLemeshow:
    """Chi-square over groups. On rows that nothing was fitted to, the degrees of freedom are the groups."""

    statistic: float
    freedom: int
    p_value: float


def hosmer_lemeshow(pd: Matrix, outcome: Matrix, groups: int = 10) -> HosmerLemeshow:
    """Over groups of equal size by PD (Hosmer, Lemeshow and Sturdivant 2013, Applied Logistic Regression, 5.2.2)."""
    order = np.argsort(pd, kind="stable")
    parts: Sequence[NDArray[np.int64]] = np.array_split(order, min(groups, len(order)))
    statistic = 0.0
    for members in parts:
        mean = float(pd[members].mean())
        gap = float(outcome[members].sum()) - len(members) * mean
        statistic += gap**2 / (len(members) * mean * (1.0 - mean))
    return HosmerLemeshow(statistic, len(parts), float(chi2.sf(statistic, len(parts))))
