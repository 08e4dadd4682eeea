"""Grades beside their defaults: upper bounds where defaults are few, probabilities that rise, grades that are crowded.

Pluto and Tasche (2005): for a grade, take the obligors and defaults of it and of every worse grade, and the largest
probability under which so few defaults are still no surprise. Pooling with the worse is prudent: a better grade cannot
be worse than that. Defaults are taken as independent; with common shocks the bound is too low.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from models.grades import GRADES, PERFORMING, grade_index
from models.policy import Policy


@dataclass(frozen=True)
class GradeLine:
    """A grade: obligors, defaults, mean PD, and the PD that the report states for it.

    `pooled_*`: of this and every worse grade. `upper_pd`: the Pluto-Tasche bound of the pool. `stated_pd`: the bound
    where defaults are few and it is above the mean PD, else the mean PD; never below that of a better grade.
    """

    grade: str
    obligors: int
    defaults: int
    share: float
    mean_pd: float | None  # None where the grade is empty
    pooled_obligors: int
    pooled_defaults: int
    upper_pd: float | None
    few_defaults: bool
    stated_pd: float | None
    crowded: bool

    def as_dict(self) -> dict[str, Any]:
        """For the card and the report."""
        return {name: round(value, 8) if isinstance(value, float) else value for name, value in asdict(self).items()}


def upper_pd(obligors: int, defaults: int, confidence: float) -> float:
    """The p that solves P(X <= defaults; obligors, p) = 1 - confidence: Clopper-Pearson's upper bound.

    >>> round(upper_pd(200, 0, 0.9), 5)
    0.01145
    """
    return 1.0 if defaults >= obligors else float(beta.ppf(confidence, defaults + 1, obligors - defaults))


def grade_lines(
    pd: NDArray[np.float64], outcome: NDArray[np.float64], entity: NDArray[np.str_], policy: Policy
) -> list[GradeLine]:
    """A line for every grade of the master scale, best first.

    `pd` [N] are probabilities of rows; an obligor is an entity in a grade (it counts once, and as a default if any of
    its rows there is one). Bounds, confidence and what is few or crowded come from policy.
    """
    bounds = [float(bound) for bound in policy.fractions_by_grade("grading.upper_pd")[: len(PERFORMING)]]
    confidence = float(policy.number("calibration.low_default_confidence"))
    few, crowded = policy.whole("calibration.few_defaults"), float(policy.number("calibration.largest_grade_share"))
    grade = grade_index(pd, bounds)
    number = np.unique(entity, return_inverse=True)[1]
    obligors = [len(np.unique(number[grade == place])) for place in range(len(GRADES))]
    defaults = [len(np.unique(number[(grade == place) & (outcome == 1)])) for place in range(len(GRADES))]
    lines: list[GradeLine] = []
    least = 0.0
    for place, name in enumerate(GRADES):
        inside = grade == place
        mean = float(pd[inside].mean()) if inside.any() else None
        pool, bad = sum(obligors[place:]), sum(defaults[place:])
        upper = upper_pd(pool, bad, confidence) if pool else None
        scarce = defaults[place] < few
        stated = None
        if mean is not None:
            least = stated = max(mean, least, upper if scarce and upper is not None else 0.0)
        share = obligors[place] / max(sum(obligors), 1)
        lines.append(
            GradeLine(
                grade=name, obligors=obligors[place], defaults=defaults[place], share=share, mean_pd=mean,
                pooled_obligors=pool, pooled_defaults=bad, upper_pd=upper, few_defaults=scarce, stated_pd=stated,
                crowded=share > crowded,
            )
        )  # fmt: skip
    return lines
