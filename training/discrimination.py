"""How well scores order defaults before the rest: AUC with DeLong intervals, paired differences, KS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

Scores = NDArray[np.float64]  # [repeats, N]: each row one full set of scores, larger is riskier
_Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Rounded for a card."""
        return {"value": round(self.value, 6), "low": round(self.low, 6), "high": round(self.high, 6)}


def placements(scores: Scores, outcome: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per default, the share of good ones scored below it (ties half); per good one, the share of defaults above it.

    Averaged over the repeats, whose AUCs they therefore average. DeLong, DeLong, Clarke-Pearson (1988).
    """
    bad = outcome == 1
    defaults, good = int(bad.sum()), int((~bad).sum())
    of_bad, of_good = np.zeros(defaults), np.zeros(good)
    for row in scores:
        ranks = rankdata(row)
        of_bad += (ranks[bad] - rankdata(row[bad])) / good
        of_good += 1.0 - (ranks[~bad] - rankdata(row[~bad])) / defaults
    return of_bad / len(scores), of_good / len(scores)


def auc(scores: Scores, outcome: NDArray[np.float64]) -> Estimate:
    """Mean over repeats of the pooled AUC; the interval is DeLong's over enterprises, on the log-odds of the AUC.

    It says how the figure would move with other enterprises, not how it would move with other training samples.
    """
    of_bad, of_good = placements(scores, outcome)
    value, error = float(of_bad.mean()), _standard_error(of_bad, of_good)
    inside = min(max(value, 1e-6), 1 - 1e-6)
    spread = _Z * error / (inside * (1 - inside))
    return Estimate(value, float(expit(logit(inside) - spread)), float(expit(logit(inside) + spread)))


def auc_difference(scores: Scores, others: Scores, outcome: NDArray[np.float64]) -> Estimate:
    """AUC of `scores` minus AUC of `others` on the same enterprises, with DeLong's paired interval."""
    of_bad, of_good = placements(scores, outcome)
    other_bad, other_good = placements(others, outcome)
    value = float(of_bad.mean() - other_bad.mean())
    spread = _Z * _standard_error(of_bad - other_bad, of_good - other_good)
    return Estimate(value, value - spread, value + spread)


def ks(scores: Scores, outcome: NDArray[np.float64]) -> float:
    """Kolmogorov-Smirnov distance between defaults and the rest, mean over repeats."""
    bad = outcome == 1
    distances = []
    for row in scores:
        cuts = np.unique(row)
        below_bad = np.searchsorted(np.sort(row[bad]), cuts, side="right") / bad.sum()
        below_good = np.searchsorted(np.sort(row[~bad]), cuts, side="right") / (~bad).sum()
        distances.append(float(np.abs(below_bad - below_good).max()))
    return float(np.mean(distances))


def _standard_error(of_bad: NDArray[np.float64], of_good: NDArray[np.float64]) -> float:
    return float(np.sqrt(of_bad.var(ddof=1) / len(of_bad) + of_good.var(ddof=1) / len(of_good)))
