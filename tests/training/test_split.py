"""Nothing that is learned from is on the side of the test: neither a month nor an enterprise."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.panel.population import months_after, quarter_ends
from training.split import SplitOverlaps, TimeSplit, TooFewDays, check_apart, entity_folds, split_days

DAYS = quarter_ends(date(2021, 6, 30), date(2023, 12, 31))


def test_learned_windows_are_over_when_the_test_begins() -> None:
    """The two last quarters are tested on, the year before them is embargoed."""
    split = split_days(DAYS, 12)
    assert split.tested == (date(2023, 9, 30), date(2023, 12, 31))
    assert split.learned == quarter_ends(date(2021, 6, 30), date(2022, 9, 30))
    assert set(split.learned + split.embargoed + split.tested) == set(DAYS)


@given(st.lists(st.dates(date(2015, 1, 1), date(2024, 12, 31)), min_size=1, max_size=30), st.integers(1, 24))
def test_no_month_is_on_both_sides(days: list[date], horizon: int) -> None:
    """Whatever the days and the horizon, either there is nothing to learn from or every window ends before the test."""
    try:
        split = split_days(days, horizon)
    except TooFewDays:
        return
    assert all(months_after(day, horizon) <= split.tested[0] for day in split.learned)


def test_folds_deal_whole_enterprises_and_do_not_depend_on_company() -> None:
    """All rows of an enterprise are in one fold, whoever else is there; the folds are of similar size."""
    ids = np.array([f"E{number % 400}" for number in range(1200)])
    folds = entity_folds(ids, 4, 7)
    assert all(len(set(folds[ids == name])) == 1 for name in ("E0", "E17", "E399"))
    assert entity_folds(ids[5:6], 4, 7)[0] == folds[5]
    assert np.bincount(folds).min() > 200
    assert (entity_folds(ids, 4, 8) != folds).any()


def test_a_shared_enterprise_is_refused() -> None:
    """Planted overlap: the error names it."""
    split = split_days(DAYS, 12)
    with pytest.raises(SplitOverlaps, match="both learned from and tested on") as refused:
        check_apart(learned_ids=np.array(["A", "B"]), tested_ids=np.array(["B"]), split=split, horizon_months=12)
    assert "B" in str(refused.value)


def test_a_window_that_reaches_into_the_test_is_refused() -> None:
    """Planted overlap in time: a day learned from too late."""
    split = TimeSplit((date(2023, 3, 31),), (), (date(2023, 9, 30),))
    with pytest.raises(SplitOverlaps, match="reach into the days tested on"):
        check_apart(learned_ids=np.array(["A"]), tested_ids=np.array(["B"]), split=split, horizon_months=12)
