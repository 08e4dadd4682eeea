"""AUC, its intervals and KS against independent oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from training.discrimination import auc, auc_difference, ks


def sample(seed: int, rows: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    outcome = (rng.uniform(size=rows) < 0.3).astype(float)
    outcome[:4] = 0, 1, 0, 1
    return np.round(rng.normal(size=(3, rows)) + outcome, 1), outcome


@given(seed=st.integers(0, 10_000))
def test_auc_is_the_mean_of_scikit_learns(seed: int) -> None:
    """Ties included, each repeat's AUC is scikit-learn's, and the figure is their mean inside its interval."""
    scores, outcome = sample(seed)
    found = auc(scores, outcome)
    assert found.value == pytest.approx(np.mean([roc_auc_score(outcome, row) for row in scores]), abs=1e-12)
    assert found.low <= found.value <= found.high


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_ks_is_scipys(seed: int) -> None:
    """KS is the two-sample statistic."""
    scores, outcome = sample(seed)
    oracle = [ks_2samp(row[outcome == 1], row[outcome == 0]).statistic for row in scores]
    assert ks(scores, outcome) == pytest.approx(np.mean(oracle), abs=1e-12)


def test_delong_agrees_with_a_bootstrap_over_enterprises() -> None:
    """Width of AUC and of the paired difference as 2,000 resamples of the enterprises give it, within a tenth."""
    scores, outcome = sample(3, rows=200)
    others = scores + np.random.default_rng(4).normal(0, 1, scores.shape)
    rng = np.random.default_rng(5)
    figures = []
    for _ in range(2000):
        taken = rng.integers(0, 200, 200)
        one, other = (
            np.mean([roc_auc_score(outcome[taken], row[taken]) for row in matrix]) for matrix in (scores, others)
        )
        figures.append((one, one - other))
    spread = np.std(figures, axis=0) * 2 * 1.96
    found, difference = auc(scores, outcome), auc_difference(scores, others, outcome)
    assert found.high - found.low == pytest.approx(spread[0], rel=0.1)
    assert difference.high - difference.low == pytest.approx(spread[1], rel=0.1)


def test_a_model_against_itself_differs_by_nothing() -> None:
    """The paired difference of equal scores is zero with no interval."""
    scores, outcome = sample(1)
    found = auc_difference(scores, scores, outcome)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_perfect_order_has_an_interval_that_stays_below_one() -> None:
    """AUC 1 on a few rows is reported inside [0, 1]."""
    outcome = np.array([0.0] * 10 + [1.0] * 5)
    found = auc(np.arange(15.0)[None, :], outcome)
    assert found.value == 1.0
    assert 0 <= found.low <= found.high <= 1.0
