"""What became of those who were scored: whether more defaulted than the model said, and whether it ordered them.

The number of defaults among n obligors of mean probability p is compared with the Jeffreys interval of the observed
rate (ECB, Instructions for reporting the validation results of internal models, 2019, section 2.5.3.1, per grade and in
the whole portfolio): p below its lower end is under-prediction that chance does not explain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, rankdata

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Predicted against observed. `chance`: of a rate at or below the predicted one, given what was observed."""

    rows: int
    defaults: int
    mean_pd: float
    observed_rate: float
    chance: float


def calibration(probability: Vector, outcome: Vector) -> Calibration:
    """The one-sided Jeffreys test; a small `chance` says that the model under-predicts."""
    rows, defaults = len(outcome), int(outcome.sum())
    mean = float(probability.mean())
    return Calibration(
        rows=rows,
        defaults=defaults,
        mean_pd=mean,
        observed_rate=defaults / rows,
        chance=float(beta.cdf(mean, defaults + 0.5, rows - defaults + 0.5)),
    )


def by_group(probability: Vector, outcome: Vector, group: NDArray[np.int64]) -> dict[int, Calibration]:
    """The same for each group that has rows, such as grades."""
    return {int(one): calibration(probability[group == one], outcome[group == one]) for one in np.unique(group)}


def observed_auc(score: Vector, outcome: Vector) -> float | None:
    """The Mann-Whitney AUC, None where one outcome is absent."""
    defaults = int(outcome.sum())
    others = len(outcome) - defaults
    if not defaults or not others:
        return None
    ranks = rankdata(score)
    return float((ranks[outcome == 1].sum() - defaults * (defaults + 1) / 2) / (defaults * others))
