"""Figures with intervals that know which rows belong to one enterprise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from training import clustered
from training.clustered import Clusters
from training.discrimination import auc as plain_auc


def rows(count: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.5, 1.2, count)
    return log_odds, (rng.uniform(size=count) < expit(log_odds)).astype(float)


def test_single_rows_give_delongs_interval() -> None:
    """With one row an enterprise the clustered interval is the plain one, and the value is scikit-learn's."""
    scores, outcome = rows()
    found = clustered.auc(scores, outcome, Clusters(np.arange(len(scores))))
    assert found.value == pytest.approx(roc_auc_score(outcome, scores), abs=1e-12)
    plain = plain_auc(scores[None], outcome)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=2e-4)


def test_copies_of_rows_do_not_make_an_interval_narrower() -> None:
    """Each row four times over is no more evidence; treated as independent it would halve the interval."""
    scores, outcome = rows(800)
    names = np.arange(800)
    for figure in (clustered.auc, clustered.brier):
        once = figure(scores, outcome, Clusters(names))
        often = figure(np.tile(scores, 4), np.tile(outcome, 4), Clusters(np.tile(names, 4)))
        fooled = figure(np.tile(scores, 4), np.tile(outcome, 4), Clusters(np.arange(3200)))
        assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.02)
        assert fooled.high - fooled.low == pytest.approx((once.high - once.low) / 2, rel=0.05)


def test_the_calibration_line_finds_what_was_done_to_the_scores() -> None:
    """Scores stretched by two have slope one half; the true value is inside the interval."""
    log_odds, outcome = rows(20000)
    line = clustered.calibration(2 * log_odds + 1, outcome, Clusters(np.arange(20000)))
    assert line["slope"]["low"] < 0.5 < line["slope"]["high"]
    assert line["intercept"]["low"] < -0.5 < line["intercept"]["high"]
    assert line["slope"]["high"] - line["slope"]["low"] < 0.06


def test_ks_with_ties_equals_the_plain_one_and_lies_in_its_interval() -> None:
    """The weighted form with all weights one is the definition."""
    scores, outcome = rows(500)
    scores = np.round(scores)
    found = clustered.ks_estimate(scores, outcome, Clusters(np.arange(500)))
    assert clustered._weighted_ks(scores, outcome, np.ones(500, dtype=np.int64)) == pytest.approx(found.value)
    assert found.low <= found.value <= found.high


def test_a_paired_difference_is_sharper_than_two_intervals() -> None:
    """Two nearly equal scores on the same rows differ by little, and that is known well."""
    scores, outcome = rows(2000)
    other = logit(expit(scores)) + np.random.default_rng(1).normal(0, 0.2, 2000)
    names = Clusters(np.arange(2000))
    found = clustered.auc_difference(scores, other, outcome, names)
    alone = clustered.auc(scores, outcome, names)
    assert found.high - found.low < 0.4 * (alone.high - alone.low)
