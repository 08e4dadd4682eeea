"""The Venn-Abers tables against isotonic regression with the scored row added, and the draw of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression

from models.calibration import IntervalNotUsable, VennAbers
from training.calibration.interval import nearly_one_each, venn_abers


def oracle(raw: NDArray[np.float64], outcome: NDArray[np.float64], score: float, label: float) -> float:
    """The definition: isotonic regression of all rows and one more, read at that one."""
    scores, place = np.unique(np.append(raw, score), return_inverse=True)
    weight = np.bincount(place).astype(float)
    mean = np.bincount(place, weights=np.append(outcome, label)) / weight
    return float(isotonic_regression(mean, sample_weight=weight)[np.searchsorted(scores, score)])


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(0, 3))
def test_the_tables_are_the_two_isotonic_regressions(seed: int, rows: int, digits: int) -> None:
    """At, between and beyond the calibration scores, ties included, both rates are those of the definition."""
    rng = np.random.default_rng(seed)
    raw = np.round(rng.normal(size=rows), digits)
    outcome = (rng.uniform(size=rows) < 0.3).astype(float)
    known = np.unique(raw)
    asked = np.concatenate([known, (known[1:] + known[:-1]) / 2, [known[0] - 1, known[-1] + 1]])
    low, high = venn_abers(raw, outcome).interval(asked)
    np.testing.assert_allclose(low, [oracle(raw, outcome, score, 0.0) for score in asked], atol=1e-9)
    np.testing.assert_allclose(high, [oracle(raw, outcome, score, 1.0) for score in asked], atol=1e-9)
    order = np.argsort(asked, kind="stable")
    assert (low <= high).all()
    assert (np.diff(low[order]) >= 0).all()
    assert (np.diff(high[order]) >= 0).all()


def test_the_interval_holds_the_rate_and_narrows_with_rows() -> None:
    """Known rates lie in the interval for nearly all scores, and ten times the rows make it much narrower."""
    rng = np.random.default_rng(3)
    asked = rng.normal(-2.5, 1, 2_000)
    width = []
    for rows in (400, 4_000):
        raw = rng.normal(-2.5, 1, rows)
        outcome = (rng.uniform(size=rows) < 1 / (1 + np.exp(-raw))).astype(float)
        low, high = venn_abers(raw, outcome).interval(asked)
        width.append(float(np.median(high - low)))
    assert width[1] < 0.5 * width[0]


def test_tables_are_small() -> None:
    """Of thousands of rows only the steps are stored."""
    rng = np.random.default_rng(3)
    raw = rng.normal(-2.5, 1, 4_000)
    tables = venn_abers(raw, (rng.uniform(size=4_000) < 1 / (1 + np.exp(-raw))).astype(float))
    assert len(tables.low) + len(tables.high) < 500
    assert (tables.rows, tables.defaults) == (4_000, pytest.approx(4_000 * 0.1, rel=0.3))


def test_importing_the_library_leaves_numpy_as_it_was() -> None:
    """The library changes numpy's error state when it is imported; a bug of ours must still warn after it."""
    before = np.geterr()
    venn_abers(np.arange(4.0), np.array([0.0, 1.0, 0.0, 1.0]))
    assert np.geterr() == before


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_rows_are_drawn_evenly_over_the_enterprises(sizes: list[int]) -> None:
    """As many rows as enterprises, none twice, from each its share rounded down or up."""
    entity = np.repeat([f"E{number:03d}" for number in range(len(sizes))], sizes)
    raw = np.random.default_rng(0).normal(size=len(entity))
    drawn = nearly_one_each(entity, raw)
    assert len(set(drawn.tolist())) == len(sizes)
    step = len(entity) / len(sizes)
    for number, size in enumerate(sizes):
        assert np.floor(size / step) <= (entity[drawn] == f"E{number:03d}").sum() <= np.ceil(size / step)


@pytest.mark.parametrize(
    "table",
    [
        {"low": (0.1,), "low_from": (0.0,)},
        {"low": (0.2, 0.1), "low_from": (0.0,)},
        {"high": (0.1, 1.2), "high_above": (0.0,)},
        {"high": (0.1, 0.2, 0.3), "high_above": (1.0, 1.0)},
    ],
    ids=["lengths", "falling rates", "beyond one", "equal scores"],
)
def test_tables_that_do_not_rise_are_refused(table: dict[str, tuple[float, ...]]) -> None:
    """An edited or broken table never becomes an interval."""
    whole = {"low_from": (), "low": (0.0,), "high_above": (), "high": (1.0,), **table}
    with pytest.raises(IntervalNotUsable, match="rising step function"):
        VennAbers(**whole, rows=1, defaults=0)
