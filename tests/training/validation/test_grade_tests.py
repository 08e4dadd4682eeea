"""The calibration tests of grades, against sums written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.validation.grade_tests import by_grade, grade_test, hosmer_lemeshow, traffic_light
from training.validation.lights import Lines

SIGNIFICANCE = Lines(0.05, 0.01)


def plain_binomial(rows: int, defaults: int, pd: float) -> float:
    """P(X >= defaults), term by term."""
    return sum(math.comb(rows, k) * pd**k * (1 - pd) ** (rows - k) for k in range(defaults, rows + 1))


def plain_jeffreys(rows: int, defaults: int, pd: float) -> float:
    """Posterior probability that the rate is at most pd under Beta(1/2, 1/2), integrated on a fine grid.

    In t with rate = sin(t)**2 the prior is flat, so the ends do no harm.
    """

    def mass(upto: float) -> float:
        grid = np.linspace(1e-12, upto, 400_001)
        return float(np.trapezoid(np.sin(grid) ** (2 * defaults) * np.cos(grid) ** (2 * (rows - defaults)), grid))

    return mass(math.asin(math.sqrt(pd))) / mass(math.pi / 2)


@pytest.mark.parametrize(("rows", "defaults", "pd"), [(200, 0, 0.01), (200, 5, 0.01), (50, 3, 0.1), (30, 30, 0.9)])
def test_p_values_are_those_of_the_definitions(rows: int, defaults: int, pd: float) -> None:
    """Binomial by its terms, Jeffreys by integrating the posterior."""
    one = grade_test(rows, defaults, pd)
    assert one.binomial == pytest.approx(plain_binomial(rows, defaults, pd), rel=1e-9)
    assert one.jeffreys == pytest.approx(plain_jeffreys(rows, defaults, pd), rel=1e-6, abs=1e-9)
    assert one.jeffreys + one.overpredicted == pytest.approx(1.0)
    assert one.low <= one.observed <= one.high


@pytest.mark.parametrize(
    ("rows", "defaults", "pd", "light"),
    [
        pytest.param(1000, 10, 0.010, "green", id="as predicted"),
        pytest.param(1000, 17, 0.010, "amber", id="at 95 %"),
        pytest.param(1000, 25, 0.010, "red", id="at 99 %"),
        pytest.param(1000, 0, 0.010, "green", id="fewer than predicted is no alarm"),
        pytest.param(20, 0, 0.010, "grey", id="too few to have alarmed"),
        pytest.param(20, 3, 0.010, "red", id="few, but alarming"),
    ],
)
def test_traffic_light_alarms_on_under_prediction_alone(rows: int, defaults: int, pd: float, light: str) -> None:
    """Green, amber, red by both tests; grey where nothing could have been said."""
    assert traffic_light(grade_test(rows, defaults, pd), SIGNIFICANCE) == light


def test_grades_without_rows_are_left_out() -> None:
    """Only grades that hold rows are tested, and unknown grades are none."""
    grade = np.array([2, 2, 5, -1], dtype=np.int16)
    tested = by_grade(grade, np.array([0.1, 0.3, 0.5, 0.9]), np.array([0.0, 1.0, 1.0, 1.0]))
    assert list(tested) == [2, 5]
    assert (tested[2].rows, tested[2].defaults, tested[2].mean_pd) == (2, 1, pytest.approx(0.2))


def test_hosmer_lemeshow_is_its_sum_over_groups() -> None:
    """Four rows in two groups, worked by hand: 0.2/0.4 with one default, 0.5/0.7 with none."""
    found = hosmer_lemeshow(np.array([0.7, 0.2, 0.5, 0.4]), np.array([0.0, 1.0, 0.0, 0.0]), groups=2)
    assert found.statistic == pytest.approx((1 - 0.6) ** 2 / (2 * 0.3 * 0.7) + (0 - 1.2) ** 2 / (2 * 0.6 * 0.4))
    assert found.freedom == 2


def test_hosmer_lemeshow_rejects_true_probabilities_as_seldom_as_it_says() -> None:
    """Outcomes drawn from the very probabilities: about five in a hundred p-values are below 0.05."""
    rng = np.random.default_rng(8)
    pd = rng.uniform(0.05, 0.6, 600)
    small = sum(hosmer_lemeshow(pd, (rng.uniform(size=600) < pd).astype(float)).p_value < 0.05 for _ in range(400))
    assert 8 <= small <= 34
