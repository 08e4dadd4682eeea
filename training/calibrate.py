"""Calibration on the log-odds: logit(PD) = intercept + slope * raw score, fitted to scores of unseen rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from models.errors import AssetlightError

SLOPE_PRIOR_SD = 0.5  # of log slope around 0: the score is already a log-odds, so a slope far from 1 needs evidence
_DIGITS = 12  # kept of intercept and slope, so that the last bit of another processor's exp makes no other bundle


class TendencyNotUsable(AssetlightError):
    """The central tendency is not a default rate."""


def platt(
    raw: NDArray[np.float64], outcome: NDArray[np.float64], weight: float | NDArray[np.float64] = 1.0
) -> tuple[float, float]:
    """Intercept and slope by penalised maximum likelihood (Platt scaling), slope > 0 by construction.

    Few defaults leave the slope uncertain, so log(slope) has a normal prior around 0; the intercept has none, and the
    fitted mean equals the observed default rate. `weight` of a row: 1 / how often each enterprise is among the rows.
    """

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        intercept, log_slope = float(parameters[0]), float(parameters[1])
        slope = math.exp(log_slope)
        log_odds = intercept + slope * raw
        misfit = float(np.sum(weight * (np.logaddexp(0.0, log_odds) - outcome * log_odds)))
        value = misfit + 0.5 * (log_slope / SLOPE_PRIOR_SD) ** 2
        residual = weight * (expit(log_odds) - outcome)
        by_slope = float(residual @ raw) * slope + log_slope / SLOPE_PRIOR_SD**2
        return value, np.array([float(residual.sum()), by_slope])

    fitted = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-50, 50), (-5, 5)], tol=1e-12)
    return round(float(fitted.x[0]), _DIGITS), round(math.exp(float(fitted.x[1])), _DIGITS)


def prior_shift(tendency: float, sample_rate: float) -> float:
    """Shift of the log-odds that moves a model from the sample's default rate to the long-run one.

    logit(p') = logit(p) + logit(tau) - logit(rho), DOMAIN section 7. Raises TendencyNotUsable.
    """
    if not 0.0 < tendency < 1.0:
        raise TendencyNotUsable(
            "the central tendency is not a default rate",
            expected="a fraction between 0 and 1, such as 0.02 for 2 %",
            found=tendency,
            field="central_tendency",
        )
    return math.log(tendency / (1 - tendency)) - math.log(sample_rate / (1 - sample_rate))
