"""Figures whose intervals know that the rows of one enterprise are not independent.

Each figure is a sum over rows; the rows of an enterprise are added up first, and the spread is taken between
enterprises (the sandwich estimator; for the AUC it is Obuchowski's (1997) clustered form of DeLong's). KS has no such
sum and gets a bootstrap of enterprises. Scores are one set of rows, or [repeats, N]: a figure is then the mean over the
repeats, and its interval that of one repeat, for five repeats are not five samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import beta, norm

from training.discrimination import Estimate, ks, placements

Matrix = NDArray[np.float64]
_Z = float(norm.ppf(0.975))
KS_RESAMPLES = 200
GROUPS = 10


class Clusters:
    """Numbers of the enterprises of rows, 0..K-1."""

    def __init__(self, enterprise: NDArray[np.int64]) -> None:
        names, self.of_row = np.unique(enterprise, return_inverse=True)
        self.count = len(names)

    def error(self, influence: Matrix) -> float:
        """Standard error of a sum over rows, from the sums over enterprises."""
        sums = np.bincount(self.of_row, weights=influence, minlength=self.count)
        return float(np.sqrt((sums**2).sum() * self.count / max(self.count - 1, 1)))


def auc(scores: Matrix, outcome: Matrix, clusters: Clusters) -> Estimate:
    """AUC with its interval on the log-odds."""
    value, influence = _auc(scores, outcome)
    inside = min(max(value, 1e-6), 1 - 1e-6)
    spread = _Z * clusters.error(influence) / (inside * (1 - inside))
    return Estimate(value, float(expit(logit(inside) - spread)), float(expit(logit(inside) + spread)))


def auc_difference(scores: Matrix, others: Matrix, outcome: Matrix, clusters: Clusters) -> Estimate:
    """AUC of `scores` minus AUC of `others` on the same rows, paired."""
    (value, influence), (other, others_influence) = _auc(scores, outcome), _auc(others, outcome)
    return _symmetric(value - other, clusters.error(influence - others_influence))


def brier(log_odds: Matrix, outcome: Matrix, clusters: Clusters) -> Estimate:
    """Mean squared error of the PD."""
    return _mean(_errors(log_odds, outcome), clusters)


def brier_difference(log_odds: Matrix, others: Matrix, outcome: Matrix, clusters: Clusters) -> Estimate:
    """Brier of `log_odds` minus that of `others`, paired; negative is better."""
    return _mean(_errors(log_odds, outcome) - _errors(others, outcome), clusters)


def ks_estimate(scores: Matrix, outcome: Matrix, clusters: Clusters, seed: int = 0) -> Estimate:
    """Kolmogorov-Smirnov distance; percentiles of a bootstrap of enterprises."""
    order = np.argsort(clusters.of_row, kind="stable")
    starts = np.searchsorted(clusters.of_row[order], np.arange(clusters.count + 1))
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(KS_RESAMPLES):
        weight = np.bincount(rng.integers(0, clusters.count, clusters.count), minlength=clusters.count)
        repeated = np.repeat(weight, np.diff(starts))
        found.append(np.mean([_weighted_ks(row[order], outcome[order], repeated) for row in np.atleast_2d(scores)]))
    low, high = (float(value) for value in np.quantile(found, [0.025, 0.975]))
    return Estimate(ks(np.atleast_2d(scores), outcome), low, high)


def calibration(log_odds: Matrix, outcome: Matrix, clusters: Clusters) -> dict[str, Any]:
    """Slope and intercept of outcomes on predicted log-odds (1 and 0 are ideal), mean PD beside the observed rate."""
    sets = np.atleast_2d(log_odds)
    lines = np.array([_line(row, outcome) for row in sets])
    influence = np.mean([_line_influence(row, outcome, line) for row, line in zip(sets, lines, strict=True)], axis=0)
    intercept, slope = (float(value) for value in lines.mean(axis=0))
    observed = _mean(outcome, clusters)
    return {
        "slope": _symmetric(slope, clusters.error(influence[:, 1])).as_dict(),
        "intercept": _symmetric(intercept, clusters.error(influence[:, 0])).as_dict(),
        "mean_pd": round(float(expit(log_odds).mean()), 6),
        "observed_rate": observed.as_dict(),
    }


def tenths(log_odds: Matrix, outcome: Matrix, groups: int = GROUPS) -> list[dict[str, Any]]:
    """Tenths of the rows by PD: mean PD beside the observed rate, Jeffreys 95 % as if rows were independent."""
    predicted = expit(np.atleast_2d(log_odds)).mean(axis=0)
    order = np.argsort(predicted, kind="stable")
    table = []
    for number, members in enumerate(np.array_split(order, min(groups, len(order))), start=1):
        defaults, count = int(outcome[members].sum()), len(members)
        low, high = (float(beta.ppf(tail, defaults + 0.5, count - defaults + 0.5)) for tail in (0.025, 0.975))
        table.append(
            {
                "group": number,
                "rows": count,
                "mean_pd": round(float(predicted[members].mean()), 6),
                "defaults": defaults,
                "observed_rate": round(defaults / count, 6),
                "observed_low": round(low, 6),
                "observed_high": round(high, 6),
            }
        )
    return table


def _auc(scores: Matrix, outcome: Matrix) -> tuple[float, Matrix]:
    """The AUC and each row's part of its deviation."""
    of_bad, of_good = placements(np.atleast_2d(scores), outcome)
    value = float(of_bad.mean())
    influence = np.empty_like(outcome)
    influence[outcome == 1] = (of_bad - value) / len(of_bad)
    influence[outcome != 1] = (of_good - value) / len(of_good)
    return value, influence


def _errors(log_odds: Matrix, outcome: Matrix) -> Matrix:
    """Of each row, the squared error of its PD, mean over repeats."""
    return np.asarray(((expit(np.atleast_2d(log_odds)) - outcome) ** 2).mean(axis=0))


def _line_influence(log_odds: Matrix, outcome: Matrix, line: Matrix) -> Matrix:
    chance = expit(line[0] + line[1] * log_odds)
    design = np.column_stack([np.ones_like(log_odds), log_odds])
    bread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
    return np.asarray((design * (outcome - chance)[:, None]) @ bread)


def _mean(values: Matrix, clusters: Clusters) -> Estimate:
    mean = float(values.mean())
    return _symmetric(mean, clusters.error((values - mean) / len(values)))


def _symmetric(value: float, error: float) -> Estimate:
    return Estimate(value, value - _Z * error, value + _Z * error)


def _line(log_odds: Matrix, outcome: Matrix) -> tuple[float, float]:
    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        line = parameters[0] + parameters[1] * log_odds
        residual = expit(line) - outcome
        value = float(np.sum(np.logaddexp(0.0, line) - outcome * line))
        return value, np.array([residual.sum(), residual @ log_odds])

    fitted = minimize(loss, np.array([0.0, 1.0]), jac=True, method="BFGS", tol=1e-9)
    return float(fitted.x[0]), float(fitted.x[1])


def _weighted_ks(scores: Matrix, outcome: Matrix, weight: NDArray[np.int64]) -> float:
    order = np.argsort(scores, kind="stable")
    bad, good = weight[order] * outcome[order], weight[order] * (1 - outcome[order])
    ends = np.flatnonzero(np.diff(scores[order], append=np.inf))  # the last row of each run of equal scores
    if not bad.sum() or not good.sum():
        return 0.0
    return float(np.abs(np.cumsum(bad)[ends] / bad.sum() - np.cumsum(good)[ends] / good.sum()).max())
