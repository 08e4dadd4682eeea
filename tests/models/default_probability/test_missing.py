"""Not connected is not bad: an absent feed scores like its median, a gap in a connected feed prudently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle, BundleCorrupt
from models.default_probability import fill_missing, score_features
from tests import factories
from training.calibrated import CalibratedModel, fit_calibrated
from training.folds import Inner
from training.sample import Sample
from training.trees import FEW, Trees

FEEDS = ("s", "s", "ip", "ip", None)
NAN = np.nan


def test_an_absent_feed_is_neutral_and_a_gap_in_a_connected_one_prudent() -> None:
    """The state is told by row and feed; a column without a feed is always prudent; None stays NaN."""
    rows = np.array([[1, 2, 3, 4, 5], [1, NAN, NAN, NAN, NAN], [NAN, NAN, NAN, 4, 5]], dtype=float)
    filled = fill_missing(rows, (10, 20, 30, 40, 50), (11, 21, None, 41, 51), FEEDS)
    np.testing.assert_array_equal(filled, [[1, 2, 3, 4, 5], [1, 20, NAN, 41, 50], [11, 21, 30, 4, 5]])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 20))
def test_rows_do_not_influence_each_other(seed: int, rows: int) -> None:
    """A row alone is filled as it is among many."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, 5))
    matrix[rng.uniform(size=matrix.shape) < 0.6] = NAN
    together = fill_missing(matrix, (1, 2, 3, 4, 5), (6, 7, 8, 9, 10), FEEDS)
    for row in range(rows):
        alone = fill_missing(matrix[row : row + 1], (1, 2, 3, 4, 5), (6, 7, 8, 9, 10), FEEDS)
        np.testing.assert_array_equal(alone[0], together[row])


def model(seed: int = 0) -> tuple[CalibratedModel, np.ndarray]:
    """Two trade columns that everybody has, two of a feed that half have and that are informative there."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(1500, 4))
    risk = matrix @ np.array([-1.0, 0.5, -1.0, 0.8]) - 2.0
    outcome = (rng.uniform(size=1500) < 1 / (1 + np.exp(-risk))).astype(float)
    unconnected = rng.uniform(size=1500) < 0.5 - 0.2 * outcome  # and who defaults is more often connected
    matrix[unconnected, 2:] = NAN
    matrix[rng.uniform(size=matrix.shape) < 0.02] = NAN
    entity = np.arange(len(matrix)).astype(np.str_)
    rows = Sample(
        matrix, outcome, ("a", "b", "c", "d"), (-1, 1, -1, 1), entity, ("test",), "test", feeds=("s", "s", "f", "f")
    )
    fitted = fit_calibrated(Trees(FEW), rows, Inner(3).parts(rows, seed), seed=seed)
    return fitted, matrix


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000))
def test_an_absent_feed_lies_between_every_better_and_every_worse_one(seed: int) -> None:
    """The guarantee: no connected feed that is at least as good in all respects as the median scores riskier."""
    fitted, matrix = model(seed)
    rng = np.random.default_rng(seed)
    base = matrix[~np.isnan(matrix[:, 0])][:200].copy()
    absent, median, better, worse = (base.copy() for _ in range(4))
    absent[:, 2:] = NAN
    c, d = (
        fitted.fitted.fills.absent[fitted.fitted.kept.index(column)] if column in fitted.fitted.kept else 0.0
        for column in (2, 3)
    )
    step = np.abs(rng.normal(size=(len(base), 2)))
    median[:, 2:] = (c, d)
    better[:, 2:] = np.column_stack([c + step[:, 0], d - step[:, 1]])
    worse[:, 2:] = np.column_stack([c - step[:, 0], d + step[:, 1]])
    scores = [fitted.log_odds(rows) for rows in (better, absent, worse)]
    assert (scores[0] <= scores[1]).all()
    assert (scores[1] <= scores[2]).all()
    np.testing.assert_array_equal(fitted.log_odds(median), fitted.log_odds(absent))


def test_connecting_an_average_feed_costs_nothing_on_average_and_hiding_a_value_in_it_does() -> None:
    """Over enterprises that differ in the feed alone: mean log-odds with it within a tenth of those without it."""
    fitted, matrix = model()
    connected = matrix[~np.isnan(matrix).any(axis=1)]
    typical = connected[np.abs(connected[:, 2:]).max(axis=1) < 0.5]  # feeds near the average
    without, gap = typical.copy(), typical.copy()
    without[:, 2:] = NAN
    gap[:, 2] = NAN
    assert fitted.log_odds(typical).mean() == pytest.approx(fitted.log_odds(without).mean(), abs=0.1)
    assert fitted.log_odds(gap).mean() > fitted.log_odds(typical).mean() + 0.3


def test_a_bundle_keeps_what_an_absent_feed_is_scored_at(tmp_path: object) -> None:
    """Written and read back it scores the same; without feeds it scores as before; unequal lengths are refused."""
    plain = factories.bundle()
    width = len(plain.features)
    bundle = replace(plain, missing_as=(0.9,) * width, absent_as=(0.5,) * width, feeds=("s",) * width)
    directory = bundle.write(tmp_path / "b")  # type: ignore[operator]
    table = factories.feature_table(40, missing=0.8)
    again = Bundle.load(directory)
    assert again == bundle
    assert (score_features(table, again).pd == score_features(table, bundle).pd).all()
    empty = factories.feature_table(1, missing=1.1)
    middle = replace(plain, missing_as=(0.5,) * width)
    assert score_features(empty, bundle).pd[0] == score_features(empty, middle).pd[0]
    with pytest.raises(BundleCorrupt, match="differ in length"):
        replace(plain, feeds=("s",))
