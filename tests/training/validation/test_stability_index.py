"""The stability index and its critical values, against plain sums and against chance itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.validation.stability_index import Stability, stability


def plain_psi(before: list[float], after: list[float]) -> float:
    """PSI of counts, half a row added to each bin: the textbook sum, written out."""
    first, second = sum(before) + 0.5 * len(before), sum(after) + 0.5 * len(after)
    total = 0.0
    for old, new in zip(before, after, strict=True):
        p, q = (old + 0.5) / first, (new + 0.5) / second
        total += (q - p) * math.log(q / p)
    return total


def found(before: np.ndarray, after: np.ndarray, **changed: float) -> Stability:
    sizes = {"size_before": len(before), "size_after": len(after), "significance": 0.01, **changed}
    return stability(before, after, **sizes)  # type: ignore[arg-type]


def test_index_is_the_textbook_sum_over_bins_of_equal_shares() -> None:
    """Ten values in ten bins before; after, all in the upper half."""
    before = np.repeat(np.arange(10.0), 20)
    after = np.repeat(np.arange(5.0, 10.0), 40)
    assert found(before, after).psi == pytest.approx(plain_psi([20.0] * 10, [0.0] * 5 + [40.0] * 5))


def test_missing_values_are_a_bin_of_their_own() -> None:
    """The known values do not move, only their being known."""
    before = np.append(np.zeros(50), np.full(50, np.nan))
    after = np.append(np.zeros(90), np.full(10, np.nan))
    one = found(before, after)
    assert one.psi == pytest.approx(plain_psi([50.0, 50.0], [90.0, 10.0]))
    assert (one.bins, one.missing_before, one.missing_after) == (2, 0.5, 0.1)


def test_a_critical_value_is_exceeded_by_chance_as_often_as_it_says() -> None:
    """Two samples of one population, a thousand times: about five in a hundred are above the five per cent value."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(1000):
        one = found(rng.standard_normal(300), rng.standard_normal(500), significance=0.05)
        alarms += one.psi > one.critical
    assert 25 <= alarms <= 80


def test_small_samples_have_a_wide_critical_value_and_large_ones_a_narrow_one() -> None:
    """The crude line of 0.10 is chance for sixty enterprises and a landslide for ten thousand."""
    before, after = np.arange(1000.0), np.arange(1000.0)
    assert found(before, after, size_before=60, size_after=60).critical > 0.25
    assert found(before, after, size_before=10_000, size_after=10_000).critical < 0.01


def test_p_value_and_critical_value_say_the_same() -> None:
    """A value above the critical one has a p-value below the significance, and the other way round."""
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.1, 0.2, 0.4):
        one = found(rng.standard_normal(400), rng.standard_normal(400) + shift)
        assert (one.psi > one.critical) == (one.p_value < 0.01)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_index_is_never_negative_and_nothing_moves_against_itself(first: list[float], second: list[float]) -> None:
    """Whatever the samples: PSI >= 0, and 0 between a sample and itself."""
    assert found(np.array(first), np.array(second)).psi >= 0.0
    assert found(np.array(first), np.array(first)).psi == pytest.approx(0.0, abs=1e-12)
