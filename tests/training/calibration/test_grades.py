"""Pluto-Tasche bounds by published vectors and by the definition; stated probabilities that rise; the master scale."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from models.grades import GRADES, PERFORMING
from models.policy import load_policy
from training.calibration.grades import grade_lines, upper_pd
from training.calibration.words import calibration_text

POLICY = load_policy(date(2026, 1, 1))
BOUNDS = np.array([float(bound) for bound in POLICY.fractions_by_grade("grading.upper_pd")])


@pytest.mark.parametrize(
    ("obligors", "defaults", "confidence", "expected"),
    [(200, 0, 0.5, 0.00346), (200, 0, 0.75, 0.00691), (200, 0, 0.9, 0.01145), (500, 2, 0.75, 0.00783)],
)
def test_the_published_vectors(obligors: int, defaults: int, confidence: float, expected: float) -> None:
    """DOMAIN section 7, Pluto-Tasche, independence case."""
    assert upper_pd(obligors, defaults, confidence) == pytest.approx(expected, abs=5e-6)


@given(st.integers(1, 2000), st.integers(0, 50), st.floats(0.5, 0.99))
def test_the_bound_solves_the_binomial_equation(obligors: int, defaults: int, confidence: float) -> None:
    """Under the bound, so few defaults have exactly the probability that is left; all defaulted has no bound but 1."""
    bound = upper_pd(obligors, defaults, confidence)
    if defaults >= obligors:
        assert bound == 1
    else:
        assert binom.cdf(defaults, obligors, bound) == pytest.approx(1 - confidence, abs=1e-9)


def test_the_master_scale_is_the_printed_one() -> None:
    """Twelve performing grades from 0.05 % to 20 %, each 1.724 times the one before, to three figures (DOMAIN 7)."""
    assert len(PERFORMING) == len(BOUNDS) == 12
    assert (BOUNDS[0], BOUNDS[-1]) == (0.0005, 0.20)
    ratio = (0.20 / 0.0005) ** (1 / 11)
    assert ratio == pytest.approx(1.724, abs=5e-4)
    np.testing.assert_allclose(BOUNDS, 0.0005 * ratio ** np.arange(12), rtol=5e-3)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 400), st.floats(0, 0.2))
def test_stated_probabilities_rise_and_pools_are_of_the_worse(seed: int, rows: int, rate: float) -> None:
    """Every grade's pool is it and all worse ones; no stated PD is below that of a better grade or its own mean."""
    rng = np.random.default_rng(seed)
    pd = np.exp(rng.uniform(np.log(0.0003), np.log(0.4), rows))
    outcome = (rng.uniform(size=rows) < rate).astype(float)
    entity = np.array([f"E{row}" for row in rows * rng.uniform(size=rows) // 1])
    lines = grade_lines(pd, outcome, entity, POLICY)
    assert [line.grade for line in lines] == list(GRADES)
    stated = [line.stated_pd for line in lines if line.stated_pd is not None]
    assert stated == sorted(stated)
    for place, line in enumerate(lines):
        assert line.pooled_obligors == sum(other.obligors for other in lines[place:])
        assert line.pooled_defaults == sum(other.defaults for other in lines[place:])
        if line.stated_pd is not None and line.mean_pd is not None:
            assert line.stated_pd >= line.mean_pd


def test_few_defaults_state_the_bound_and_many_the_mean() -> None:
    """200 good obligors in the best grade get 0.69 % at 75 %, pooled with many worse defaults they do not."""
    alone = grade_lines(np.full(200, 0.0004), np.zeros(200), np.arange(200).astype(str), POLICY)
    assert alone[0].stated_pd == pytest.approx(0.00691, abs=5e-6)
    assert alone[0].crowded
    pd = np.r_[np.full(200, 0.0004), np.full(400, 0.1)]
    outcome = np.r_[np.zeros(200), np.ones(40), np.zeros(360)]
    both = grade_lines(pd, outcome, np.arange(600).astype(str), POLICY)
    assert both[10].stated_pd == pytest.approx(0.1)
    assert not both[10].few_defaults
    assert both[0].pooled_defaults == 40


def test_an_enterprise_counts_once_in_its_grade() -> None:
    """Ten quarters of one enterprise are one obligor, and one default if any of them is."""
    lines = grade_lines(np.full(10, 0.004), np.r_[np.zeros(9), 1.0], np.array(["E1"] * 10), POLICY)
    assert (lines[4].obligors, lines[4].defaults) == (1, 1)


def test_a_crowded_grade_is_flagged_in_words() -> None:
    """Above 30 % of the obligors a grade is marked; the text has a line for each grade that holds somebody."""
    pd = np.r_[np.full(31, 0.004), np.full(30, 0.01), np.full(39, 0.03)]
    lines = grade_lines(pd, np.zeros(100), np.arange(100).astype(str), POLICY)
    assert [line.grade for line in lines if line.crowded] == ["G5", "G9"]
    section = {
        "central_tendency": {"how": "sample", "rate": None, "long_run": None}, "sample_rate": 0.02, "prior_shift": 0.0,
        "mean_pd_after_shift": 0.02, "interval": None, "grades": [line.as_dict() for line in lines],
    }  # fmt: skip
    text = calibration_text(section)
    assert text.count("(!)") == 3
    assert text.count("\n| G") == 3
