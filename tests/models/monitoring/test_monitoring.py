"""Stability, expected performance and outcomes against plain oracles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.monitoring.expected import expected_auc, expected_brier
from models.monitoring.outcomes import by_group, calibration, observed_auc
from models.monitoring.reference import ReferenceMissing, read_reference, reference_of
from models.monitoring.stability import critical_stability, population_stability, quantile_edges, shares

Vector = NDArray[np.float64]
probabilities = st.lists(st.floats(0.001, 0.999), min_size=2, max_size=30).map(np.array)
values = st.lists(st.one_of(st.just(np.nan), st.sampled_from([0.0, 1.0, 2.5]), st.floats(-1e6, 1e6)), max_size=60)


def test_psi_of_a_worked_example() -> None:
    """Two bins, 50:50 against 60:40: 0.1 ln 1.2 - 0.1 ln 0.8."""
    found = population_stability(np.array([0.5, 0.5]), np.array([0.6, 0.4]))
    assert found == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert found == pytest.approx(0.0405465, abs=1e-7)


@given(values.map(np.array))
def test_shares_count_every_row_once(sample: Vector) -> None:
    """They add up to one, and each bin holds the rows that lie in it."""
    sample = sample.astype(float)
    edges = quantile_edges(sample)
    found = shares(sample, edges)
    if not len(sample):
        return
    bounds = [-np.inf, *edges, np.inf]
    counts = [sum(low < value <= high for value in sample) for low, high in pairwise(bounds)]
    assert np.allclose(found * len(sample), [*counts, np.isnan(sample).sum()])
    assert population_stability(found, found) == 0.0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_psi_is_never_negative(first: list[float], second: list[float]) -> None:
    """And it is the same in both directions."""
    size = min(len(first), len(second))
    one, two = (np.array(side[:size]) + 1e-9 for side in (first, second))
    one, two = one / one.sum(), two / two.sum()
    assert population_stability(one, two) >= 0
    assert population_stability(one, two) == pytest.approx(population_stability(two, one))


def test_chance_exceeds_the_critical_value_as_often_as_stated() -> None:
    """Two samples of one population, 2,000 times: one in a hundred is beyond."""
    rng = np.random.default_rng(5)
    beyond = 0
    for _ in range(2000):
        before, now = rng.normal(size=900), rng.normal(size=400)
        edges = quantile_edges(before)
        first, second = shares(before, edges), shares(now, edges)
        beyond += population_stability(first, second) > critical_stability(first, 900, 400)
    assert 8 <= beyond <= 36


@given(probabilities)
def test_expected_auc_and_brier_are_those_of_outcomes_drawn_from_the_probabilities(p: Vector) -> None:
    """AUC: the expected counts of pairs, added up pair by pair; Brier: the mean over the two outcomes of each row."""
    bad, good = 0.0, 0.0
    for first in p:
        for second in p:
            pair = first * (1 - second)
            good += pair
            bad += pair * (1.0 if first > second else 0.5 if first == second else 0.0)
    assert expected_auc(p) == pytest.approx(bad / good)
    brier = np.mean([q * (1 - q) ** 2 + (1 - q) * q**2 for q in p])
    assert expected_brier(p) == pytest.approx(brier)


def test_expected_auc_meets_the_observed_one_where_calibration_holds() -> None:
    """100,000 outcomes drawn from the probabilities themselves: within two thousandths."""
    rng = np.random.default_rng(1)
    p = rng.beta(1.0, 9.0, 100_000)
    outcome = (rng.random(len(p)) < p).astype(float)
    assert expected_auc(p) == pytest.approx(observed_auc(p, outcome), abs=0.006)
    assert expected_brier(p) == pytest.approx(float(np.mean((p - outcome) ** 2)), abs=0.001)


def test_expected_performance_is_not_made_up() -> None:
    """Nothing for nobody."""
    assert expected_auc(np.empty(0)) is None
    assert expected_brier(np.empty(0)) is None
    assert expected_auc(np.zeros(3)) is None


def test_calibration_by_the_jeffreys_test() -> None:
    """2 defaults of 100 at 2 % is no surprise; 9 of 100 is, at the 0.1 per mille."""
    outcome = np.zeros(100)
    outcome[:2] = 1
    assert 0.3 < calibration(np.full(100, 0.02), outcome).chance < 0.7
    outcome[:9] = 1
    found = calibration(np.full(100, 0.02), outcome)
    assert found.chance < 1e-3
    assert (found.rows, found.defaults, found.observed_rate) == (100, 9, 0.09)
    groups = by_group(np.full(100, 0.02), outcome, np.repeat([3, 7], 50))
    assert {group: one.defaults for group, one in groups.items()} == {3: 9, 7: 0}


def test_observed_auc_of_a_worked_example() -> None:
    """Three pairs of four in order, one tied."""
    assert observed_auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(3.5 / 4)
    assert observed_auc(np.array([0.1]), np.array([1.0])) is None


def test_a_reference_reads_back_and_a_missing_one_says_what_to_do() -> None:
    """Through JSON and back; a bundle of an earlier release has none."""
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(300, 2))
    matrix[:30, 1] = np.nan
    made = reference_of(("a", "b"), matrix, rng.normal(-3, 1, 300), units=100)
    again = read_reference({"reference": made.as_dict()}, ("a", "b"))
    assert again.as_dict() == made.as_dict()
    still = again.shifts(("a", "b"), matrix, rng.normal(-3, 1, 300))
    assert still["a"].psi == 0.0
    assert still["b"].missing_before == still["b"].missing_now == pytest.approx(0.1)
    moved = again.shifts(("a", "b"), matrix + 1.0, rng.normal(-3, 1, 300))
    assert moved["a"].psi > 0.5
    assert moved["a"].beyond_chance
    with pytest.raises(ReferenceMissing, match="train the model again"):
        read_reference({}, ("a",))
    with pytest.raises(ReferenceMissing, match="c"):
        read_reference({"reference": made.as_dict()}, ("a", "c"))
