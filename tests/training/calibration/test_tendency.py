"""The central tendency: cohorts a year apart, a margin for everything it lacks, years as the sampling unit."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from models.calibration import Calibration
from models.policy import load_policy
from training.calibration.shift import rate_of, shifted
from training.calibration.tendency import Cohort, central_tendency, upper_bound, yearly_cohorts

POLICY = load_policy(date(2026, 1, 1))


def cohorts(*rates: float, rows: int = 10_000) -> list[Cohort]:
    return [Cohort(date(2015 + year, 12, 31), rows, round(rate * rows)) for year, rate in enumerate(rates)]


def test_the_shift_gives_the_published_vector() -> None:
    """PD 8 % of a sample with 10 % defaults is 1.572 % at a tendency of 2 % (DOMAIN section 7)."""
    moved = shifted(Calibration(math.log(0.08 / 0.92), 1.0), 0.02, 0.10)
    odds = math.exp(moved.log_odds(np.zeros(1))[0])
    assert odds / (1 + odds) == pytest.approx(0.01572, abs=5e-6)
    assert moved.shifted(np.array([0.08]))[0] == pytest.approx(0.01572, abs=5e-6)


def test_the_rate_to_move_from_is_that_of_the_scored_rows() -> None:
    """Rows that were never held back do not count, and weights do."""
    unseen = np.array([[np.nan, 1.0, 2.0, np.nan], [np.nan, np.nan, 2.0, 0.0]])
    found = rate_of(unseen, np.array([1.0, 1.0, 0.0, 0.0]), np.array([9.0, 1.0, 2.0, 1.0]))
    assert found == pytest.approx(1 / 4)


def test_a_panel_gives_one_cohort_a_year() -> None:
    """Of quarterly days those a year apart from the last one, each with its own rate; the others are left out."""
    days = [date(2019 + quarter // 4, quarter % 4 * 3 + 1, 1) for quarter in range(14)]
    day = np.repeat(np.array(days, dtype="datetime64[D]"), 10)
    outcome = np.concatenate([np.r_[np.ones(number % 5), np.zeros(10 - number % 5)] for number in range(14)])
    found = yearly_cohorts(day, outcome)
    assert [cohort.day for cohort in found] == [date(2019, 4, 1), date(2020, 4, 1), date(2021, 4, 1), date(2022, 4, 1)]
    assert [cohort.defaults for cohort in found] == [1 % 5, 5 % 5, 9 % 5, 13 % 5]
    assert {cohort.rows for cohort in found} == {10}


def test_a_year_without_a_day_is_left_out_and_ends_of_months_are_met() -> None:
    """The 29th of February finds the 28th of other years; a gap of two years is a gap."""
    days = np.array(["2016-02-29", "2017-02-28", "2020-02-29"], dtype="datetime64[D]")
    assert [cohort.day.year for cohort in yearly_cohorts(days, np.array([0.0, 1.0, 0.0]))] == [2016, 2017, 2020]


def test_five_years_carry_no_margin_for_data() -> None:
    """The average is that of the years, whatever their size; A and B are nought, C is Student's t over the years."""
    years = [*cohorts(0.01, 0.02, 0.03, 0.02), Cohort(date(2019, 12, 31), 100, 4)]
    found = central_tendency(years, POLICY)
    assert found is not None
    assert found.long_run == pytest.approx(0.024)
    margins = {margin.category: margin.rate for margin in found.margins}
    assert (margins["A"], margins["B"]) == (0, 0)
    spread = np.std([0.01, 0.02, 0.03, 0.02, 0.04], ddof=1) / math.sqrt(5)
    assert margins["C"] == pytest.approx(t.ppf(0.75, 4) * spread)
    assert found.rate == pytest.approx(0.024 + margins["C"])
    assert not found.deficits


def test_missing_years_are_a_stated_deficit_with_a_margin() -> None:
    """Two years short: A is twice its share of the average, and the card says it in both languages."""
    found = central_tendency(cohorts(0.02, 0.03, 0.04), POLICY)
    assert found is not None
    assert found.margins[0].rate == pytest.approx(0.03 * 0.05 * 2)
    told = found.as_dict()
    assert told["deficits"][0]["en"].startswith("Only 3 years")
    assert told["rate"] == pytest.approx(told["long_run_average"] + sum(each["rate"] for each in told["margins"]))


def test_one_year_says_that_its_margin_is_too_low() -> None:
    """Then only the enterprises' own chance is in C, and a second deficit tells so."""
    found = central_tendency(cohorts(0.02, rows=500), POLICY)
    assert found is not None
    assert found.margins[2].rate > 0
    assert len(found.deficits) == 2


def test_no_default_is_no_tendency() -> None:
    """An average of nought would make every probability nought."""
    assert central_tendency(cohorts(0.0, 0.0), POLICY) is None
    assert central_tendency([], POLICY) is None


@given(st.lists(st.floats(0.001, 0.2), min_size=2, max_size=12), st.integers(1, 100))
def test_more_enterprises_in_the_same_years_do_not_narrow_the_bound(rates: list[float], times: int) -> None:
    """Years are the sample: a hundred times the borrowers with the same rates leaves the bound where it is."""
    few = [Cohort(date(2010, 1, 1), 1000, round(1000 * rate)) for rate in rates]
    many = [Cohort(cohort.day, cohort.rows * times, cohort.defaults * times) for cohort in few]
    assert upper_bound(many, 0.9) == pytest.approx(upper_bound(few, 0.9))
    assert upper_bound(few, 0.9) >= np.mean([cohort.rate for cohort in few]) - 1e-12
