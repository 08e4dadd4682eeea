"""Calibration on the log-odds: published shift, honest mean, bounded slope."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from training.calibrate import TendencyNotUsable, platt, prior_shift


def test_the_prior_shift_of_the_domain_reference() -> None:
    """DOMAIN section 7: p 8 %, sample 10 %, target 2 % gives 1.572 %."""
    assert expit(logit(0.08) + prior_shift(0.02, 0.10)) == pytest.approx(0.01572, abs=5e-6)


@given(rate=st.floats(0.001, 0.999), tendency=st.floats(0.001, 0.999))
def test_shifting_there_and_back_changes_nothing(rate: float, tendency: float) -> None:
    """The shift to another rate and the shift back cancel, and the sample's own rate needs none."""
    assert prior_shift(tendency, rate) + prior_shift(rate, tendency) == pytest.approx(0.0, abs=1e-12)
    assert prior_shift(rate, rate) == 0.0


@pytest.mark.parametrize("tendency", [0.0, 1.0, -0.1, 2.0])
def test_a_central_tendency_that_is_no_rate_is_refused(tendency: float) -> None:
    """2 for 2 % is the usual slip."""
    with pytest.raises(TendencyNotUsable, match=r"0\.02 for 2 %"):
        prior_shift(tendency, 0.1)


@given(seed=st.integers(0, 200), rows=st.integers(30, 300))
def test_calibrated_probabilities_have_the_observed_mean_and_order(seed: int, rows: int) -> None:
    """The mean PD is the default rate, and the slope is positive even where scores point the wrong way."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1.0, 1.5, rows)
    outcome = (rng.uniform(size=rows) < 0.3).astype(float)
    outcome[:2] = 0.0, 1.0
    intercept, slope = platt(raw, outcome)
    assert slope > 0
    assert expit(intercept + slope * raw).mean() == pytest.approx(outcome.mean(), abs=1e-4)


def test_with_many_rows_the_prior_fades() -> None:
    """On a large sample the line is scikit-learn's unpenalised logistic regression."""
    rng = np.random.default_rng(1)
    raw = rng.normal(0, 1, 40_000)
    outcome = (rng.uniform(size=raw.size) < expit(-1 + 0.5 * raw)).astype(float)
    oracle = LogisticRegression(C=1e12).fit(raw[:, None], outcome)
    assert platt(raw, outcome) == pytest.approx((oracle.intercept_[0], oracle.coef_[0, 0]), abs=0.01)


def test_scores_that_separate_perfectly_keep_a_finite_slope() -> None:
    """A perfect order in 20 rows is luck, not certainty."""
    raw = np.linspace(-1, 1, 20)
    _, slope = platt(raw, (raw > 0).astype(float))
    assert 1 < slope < 10


def test_repeating_every_row_at_a_fraction_of_its_weight_changes_nothing() -> None:
    """Five repeats of the inner folds are not five times the evidence."""
    rng = np.random.default_rng(2)
    raw, outcome = rng.normal(size=50), (rng.uniform(size=50) < 0.3).astype(float)
    assert platt(np.tile(raw, 5), np.tile(outcome, 5), weight=0.2) == pytest.approx(platt(raw, outcome), abs=1e-6)
