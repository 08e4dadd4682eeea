"""How far predicted probabilities can be believed: Brier, slope, intercept, and a table by tenths of the portfolio."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import beta, norm

from training.discrimination import Estimate, Scores

_Z = float(norm.ppf(0.975))


def brier(log_odds: Scores, outcome: NDArray[np.float64]) -> Estimate:
    """Mean squared error of the PD, mean over repeats; normal interval over enterprises."""
    errors = ((expit(log_odds) - outcome) ** 2).mean(axis=0)
    value, spread = float(errors.mean()), _Z * float(errors.std(ddof=1)) / len(errors) ** 0.5
    return Estimate(value, value - spread, value + spread)


def calibration_line(log_odds: Scores, outcome: NDArray[np.float64]) -> dict[str, Any]:
    """Slope and intercept of outcomes on predicted log-odds, and intercept with the slope held at 1 (1, 0, 0 is ideal).

    Means over repeats; the interval of the slope is Wald's within one repeat, so 5 repeats are not 5 samples.
    """
    fits = [_logistic(row, outcome) for row in log_odds]
    slope = float(np.mean([fit[1] for fit in fits]))
    error = float(np.mean([fit[2] for fit in fits]))
    shifts = [_logistic(row, outcome, slope=1.0)[0] for row in log_odds]
    return {
        "slope": Estimate(slope, slope - _Z * error, slope + _Z * error).as_dict(),
        "intercept": round(float(np.mean([fit[0] for fit in fits])), 6),
        "intercept_at_slope_1": round(float(np.mean(shifts)), 6),
    }


def calibration_table(log_odds: Scores, outcome: NDArray[np.float64], groups: int = 10) -> list[dict[str, Any]]:
    """Tenths of the portfolio by predicted PD: mean PD beside the observed rate and its Jeffreys 95 % interval."""
    predicted = expit(log_odds).mean(axis=0)
    order = np.argsort(predicted, kind="stable")
    rows = []
    for number, members in enumerate(np.array_split(order, min(groups, len(order))), start=1):
        defaults, count = int(outcome[members].sum()), len(members)
        low, high = (float(beta.ppf(tail, defaults + 0.5, count - defaults + 0.5)) for tail in (0.025, 0.975))
        rows.append(
            {
                "group": number,
                "enterprises": count,
                "mean_pd": round(float(predicted[members].mean()), 6),
                "defaults": defaults,
                "observed_rate": round(defaults / count, 6),
                "observed_low": round(low if defaults else 0.0, 6),
                "observed_high": round(high if defaults < count else 1.0, 6),
            }
        )
    return rows


def _logistic(
    log_odds: NDArray[np.float64], outcome: NDArray[np.float64], slope: float | None = None
) -> tuple[float, float, float]:
    """Intercept, slope and the slope's standard error; the slope is held where one is given."""

    def loss(parameters: NDArray[np.float64]) -> float:
        line = parameters[0] + (parameters[1] if slope is None else slope) * log_odds
        return float(np.sum(np.logaddexp(0.0, line) - outcome * line)) + 1e-6 * float(parameters @ parameters)

    fitted = minimize(loss, np.array([0.0, 1.0])[: 2 if slope is None else 1], method="BFGS")
    intercept = float(fitted.x[0])
    if slope is not None:
        return intercept, slope, 0.0
    weight = expit(intercept + fitted.x[1] * log_odds)
    weight = weight * (1 - weight)
    mean = float(weight @ log_odds / weight.sum())
    return intercept, float(fitted.x[1]), float((weight @ (log_odds - mean) ** 2) ** -0.5)
