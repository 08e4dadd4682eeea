"""Nothing that is learned from is on the side of the test: neither a month nor an enterprise."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.folds import Inner, entity_folds
from training.panel.population import months_after, quarter_ends
from training.sample import Sample
from training.split import (
    SplitOverlaps,
    TimeSplit,
    TooFewDays,
    check_apart,
    check_days_apart,
    last_share,
    split_days,
    split_sample,
)

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
    with pytest.raises(SplitOverlaps, match="both learned from and tested on") as refused:
        check_apart(np.array(["A", "B"]), np.array(["B"]))
    assert "B" in str(refused.value)


def test_a_window_that_reaches_into_the_test_is_refused() -> None:
    """Planted overlap in time: a day learned from too late."""
    split = TimeSplit((date(2023, 3, 31),), (), (date(2023, 9, 30),))
    with pytest.raises(SplitOverlaps, match="reach into the days tested on"):
        check_days_apart(split, 12)


def a_sample(days: list[str] | None, entities: int, rows: int = 240, horizon: int | None = None) -> Sample:
    rng = np.random.default_rng(1)
    return Sample(
        matrix=rng.normal(size=(rows, 1)),
        outcome=(np.arange(rows) % 4 == 0).astype(float),
        names=("x",),
        directions=(1,),
        entity=np.array([f"E{row % entities}" for row in range(rows)]),
        data_origin=("test",),
        label_origin="test",
        day=None if days is None else np.sort(np.array(days * rows, dtype="datetime64[D]")[:rows]),
        horizon_months=horizon,
    )


QUARTERS = ["2021-03-31", "2021-06-30", "2021-09-30", "2021-12-31", "2022-03-31", "2022-06-30"]


def test_rows_without_time_are_tested_in_folds_that_keep_entities_together() -> None:
    """Every row is held once in each repeat; an entity with several rows is never on both sides."""
    for entities in (240, 60):
        sample = a_sample(None, entities)
        split = split_sample(sample, seed=1, folds=4, repeats=2)
        assert (split.name, split.repeats, len(split.parts)) == ("out_of_fold", 2, 8)
        for repeat in range(2):
            held = np.concatenate([part.held for part in split.parts if part.repeat == repeat])
            assert sorted(held.tolist()) == list(range(240))
        for part in split.parts:
            assert not set(sample.entity[part.learn]) & set(sample.entity[part.held])


def test_rows_with_time_are_tested_later_and_elsewhere() -> None:
    """Each tested row is held once, by a part that learned neither its entity nor its months."""
    sample = a_sample(QUARTERS, 60, horizon=6)
    split = split_sample(sample, seed=1, folds=4, repeats=5, test_from=date(2022, 3, 31))
    assert (split.name, split.repeats) == ("out_of_time_and_entity", 1)
    held = np.concatenate([part.held for part in split.parts])
    assert sorted(held.tolist()) == np.flatnonzero(split.tested).tolist()
    assert split.days is not None
    assert split.days.learned[-1] == date(2021, 9, 30)
    for part in split.parts:
        assert not set(sample.entity[part.learn]) & set(sample.entity[part.held])
    together = split_sample(sample, seed=1, folds=4, repeats=5, test_from=date(2022, 3, 31), entities_apart=False)
    assert (together.name, len(together.parts)) == ("out_of_time", 1)


def test_entities_that_time_keeps_apart_need_one_part_only() -> None:
    """New enterprises every day: the model that is tested is the model that is kept."""
    sample = a_sample(QUARTERS, 240)
    split = split_sample(sample, seed=1, folds=4, repeats=5, test_from=last_share(sample))
    assert (split.name, len(split.parts)) == ("out_of_time_and_entity", 1)
    assert split.tested.mean() >= 0.25


def test_inner_folds_hold_later_rows_of_other_entities() -> None:
    """With time the last third is scored from the earlier rows of other entities; without, every row is."""
    sample = a_sample(QUARTERS, 60)
    parts = Inner(5).parts(sample, 7)
    assert sample.day is not None
    for part in parts:
        assert sample.day[part.learn].max() < sample.day[part.held].min()
        assert not set(sample.entity[part.learn]) & set(sample.entity[part.held])
    assert sum(len(part.held) for part in parts) == 80
    assert len(Inner(5, 2).parts(a_sample(None, 240), 7)) == 10
