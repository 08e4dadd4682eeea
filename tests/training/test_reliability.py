"""Calibration figures on probabilities whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss

from training.reliability import brier, calibration_line, calibration_table


def known(seed: int = 0, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.5, 1.2, rows)
    return log_odds, (rng.uniform(size=rows) < expit(log_odds)).astype(float)


def test_true_probabilities_have_slope_one_and_intercept_zero() -> None:
    """A model that tells the truth is on the ideal line."""
    log_odds, outcome = known()
    line = calibration_line(log_odds[None, :], outcome)
    assert line["slope"]["value"] == pytest.approx(1, abs=0.05)
    assert line["intercept_at_slope_1"] == pytest.approx(0, abs=0.05)
    assert line["slope"]["low"] < 1 < line["slope"]["high"]


def test_overconfident_probabilities_have_a_slope_below_one() -> None:
    """Log-odds twice as far out as the truth have slope one half."""
    log_odds, outcome = known()
    assert calibration_line(2 * log_odds[None, :], outcome)["slope"]["value"] == pytest.approx(0.5, abs=0.03)


def test_brier_is_scikit_learns() -> None:
    """The mean squared error of the probability."""
    log_odds, outcome = known(rows=500)
    assert brier(log_odds[None, :], outcome).value == pytest.approx(brier_score_loss(outcome, expit(log_odds)))


def test_the_table_holds_every_enterprise_once_in_rising_order() -> None:
    """Tenths by PD: counts add up, mean PD rises, the truth lies inside most intervals."""
    log_odds, outcome = known(rows=1003)
    table = calibration_table(log_odds[None, :], outcome)
    assert sum(row["enterprises"] for row in table) == 1003
    assert sum(row["defaults"] for row in table) == outcome.sum()
    assert [row["mean_pd"] for row in table] == sorted(row["mean_pd"] for row in table)
    assert sum(row["observed_low"] <= row["mean_pd"] <= row["observed_high"] for row in table) >= 8
