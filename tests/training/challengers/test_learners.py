"""The scorecard and the EBM as learners: what they learn, how they score, and that a bundle carries them exactly."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from models.bundle import Bundle, Calibration, PointsScale
from models.default_probability import score_features
from training.challengers.as_trees import sum_of
from training.challengers.ebm import Ebm, _boosted, _kept, _ranked, _ranks
from training.challengers.fitted import FittedTerms
from training.challengers.points_table import as_csv, points_table
from training.challengers.scorecard import Characteristic, Scorecard
from training.discrimination import auc
from training.sample import CATEGORY, NUMBER, Sample

NAMES = ("debt", "sales", "age", "noise", "region", "wave", "echo")
DIRECTIONS = (1, -1, -1, 1, 0, 0, 1)
LEARNERS = [Scorecard(), Ebm()]


@cache
def sample(rows: int = 3000, seed: int = 0) -> Sample:
    """Risk rises with debt, falls with sales, depends on region and a wave; noise tells nothing, echo repeats debt."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, len(NAMES)))
    matrix[:, 4] = rng.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])
    matrix[:, 6] = matrix[:, 0] + 0.1 * rng.normal(size=rows)
    risk = -2.5 + matrix[:, 0] - 0.8 * matrix[:, 1] + np.array([0.0, 0.8, -0.8, 0.5])[matrix[:, 4].astype(int)]
    risk = risk + np.sin(2 * matrix[:, 5])
    outcome = (rng.uniform(size=rows) < 1 / (1 + np.exp(-risk))).astype(float)
    matrix[rng.uniform(size=matrix.shape) < 0.05] = np.nan
    absent = rng.uniform(size=rows) < 0.3
    matrix[np.ix_(absent, [1, 2])] = np.nan  # the two columns of one feed, not connected
    return Sample(
        matrix=matrix, outcome=outcome, names=NAMES, directions=DIRECTIONS, feeds=(None, "tax", "tax", *(None,) * 4),
        kinds=tuple(CATEGORY if name == "region" else NUMBER for name in NAMES),
        levels={"region": ("east", "north", "south", "west")},
        entity=np.array([f"E{row:05d}" for row in range(rows)]), data_origin=("simulated",), label_origin="simulated",
    )  # fmt: skip


@cache
def fitted(name: str) -> FittedTerms:
    return next(each for each in LEARNERS if each.name == name).fit(sample(), seed=1)


@pytest.mark.parametrize("name", ["scorecard", "ebm"])
def test_it_orders_rows_that_it_has_not_seen(name: str) -> None:
    """On other rows of the same world the AUC is close to what the true risk reaches (0.83)."""
    other = sample(seed=9)
    assert auc(fitted(name).log_odds(other.matrix)[None, :], other.outcome).value > 0.76


@pytest.mark.parametrize("name", ["scorecard", "ebm"])
def test_its_mean_probability_is_the_default_rate(name: str) -> None:
    """Scored as it will be in use, gaps filled, the raw log-odds are near the level of the sample."""
    mean = float((1 / (1 + np.exp(-fitted(name).log_odds(sample().matrix)))).mean())
    assert mean == pytest.approx(sample().default_rate, abs=0.02)


@pytest.mark.parametrize("name", ["scorecard", "ebm"])
def test_risk_never_turns_against_a_direction(name: str) -> None:
    """Swept through every bin of every signed column, alone and as the whole sum."""
    model = fitted(name)
    for term in model.terms:
        if len(term.steps) == 1:
            direction = DIRECTIONS[model.kept[term.steps[0].column]]
            assert (np.diff(term.log_odds) * direction >= 0).all()
        else:
            assert not any(DIRECTIONS[model.kept[step.column]] for step in term.steps)


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: each.name)
def test_the_same_rows_and_seed_give_the_same_model(learner: Any) -> None:
    """To the byte of the model text."""
    rows = sample(800, 4)
    first, second = learner.fit(rows, seed=3), learner.fit(rows, seed=3)
    assert first.booster_text(first.names) == second.booster_text(second.names)


@pytest.mark.parametrize("name", ["scorecard", "ebm"])
def test_a_feed_that_is_not_connected_is_neutral(name: str) -> None:
    """Both columns of the feed missing score as at their medians; one alone missing scores as its prudent value."""
    model, rows = fitted(name), sample().matrix.copy()
    rows[:, [1, 2]] = np.nan
    middle = rows.copy()
    middle[:, [1, 2]] = np.nanmedian(sample().matrix[:, [1, 2]], axis=0)
    assert model.log_odds(rows) == pytest.approx(model.log_odds(middle), abs=1e-12)
    gap = middle.copy()
    gap[:, 1] = np.nan
    assert (model.log_odds(gap) >= model.log_odds(middle)).all()


def test_the_scorecard_keeps_what_tells_and_drops_what_repeats() -> None:
    """Noise is left out, of debt and its echo one stays, and every weight agrees with its evidence."""
    card = fitted("scorecard")
    assert isinstance(card, type(Scorecard().fit(sample(), seed=0)))
    assert {"sales", "region"} <= set(card.names)
    assert "noise" not in card.names
    assert len({"debt", "echo"} & set(card.names)) == 1
    assert all(item.weight > 0 for item in card.characteristics)  # type: ignore[attr-defined]


def test_the_ebm_is_the_library_s_own_sum() -> None:
    """On rows without gaps the terms add up to the library's decision function to 1e-9."""
    kept, fills = _kept(sample())
    rows = sample()
    ranks = _ranks(rows, kept)
    machine = _boosted(rows, _ranked(fills.learned_from(rows.matrix[:, kept]), ranks), kept, seed=1)
    whole = sample(seed=5).matrix[:, kept]
    whole = whole[~np.isnan(whole).any(axis=1)]
    model = fitted("ebm")
    np.testing.assert_allclose(
        sum_of(model.terms, model.intercept, whole), machine.decision_function(_ranked(whole, ranks)), atol=1e-9, rtol=0
    )


def bundle_of(model: FittedTerms, calibration: Calibration) -> Bundle:
    """A bundle whose champion is the given model."""
    return Bundle(
        features=model.names, directions=tuple(DIRECTIONS[column] for column in model.kept),
        missing_as=model.fills.missing, feeds=model.fills.feeds, absent_as=model.fills.absent,
        booster_text=model.booster_text(model.names), calibration=calibration, points=PointsScale(),
        data_origin=("simulated",), label_origin="simulated", trained_as_of=date(2024, 12, 31),
    )  # fmt: skip


def table_of(matrix: NDArray[np.float64], model: FittedTerms) -> pa.Table:
    columns = {name: pa.array(matrix[:, column]) for name, column in zip(model.names, model.kept, strict=True)}
    return pa.table({"enterprise_id": [f"E{row}" for row in range(len(matrix))], **columns})


@pytest.mark.parametrize("name", ["scorecard", "ebm"])
def test_a_bundle_scores_like_the_model_it_was_made_of(name: str, tmp_path: Any) -> None:
    """Written, read back and scored by the one path: the same log-odds to 1e-12, contributions that add up."""
    model, rows = fitted(name), sample(seed=7)
    calibration = Calibration(-0.3, 1.2, -0.3)
    bundle = Bundle.load(bundle_of(model, calibration).write(tmp_path / "b"))
    table = table_of(rows.matrix, model)
    scored = score_features(table, bundle)
    expected = calibration.log_odds(model.log_odds(rows.matrix))
    np.testing.assert_allclose(np.log(scored.pd / (1 - scored.pd)), expected, atol=1e-9, rtol=0)
    np.testing.assert_allclose(scored.base_points + scored.contributions.sum(axis=1), scored.points, atol=1e-9)


def bin_of(item: Characteristic, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The row of the table that a value belongs to."""
    step = item.bins.steps.bins(values)
    return np.array(item.bins.groups)[step] if item.bins.groups else step


def test_a_decision_shows_the_points_of_the_table() -> None:
    """The contribution of a column is the points of its bin, and the base is the base, to 1e-9 of a point."""
    card = Scorecard().fit(sample(), seed=0)
    calibration, rows = Calibration(-0.3, 1.2, -0.3), sample(seed=7)
    table = points_table(card, calibration, PointsScale())
    scored = score_features(table_of(rows.matrix, card), bundle_of(card, calibration))
    assert table[0].points == pytest.approx(scored.base_points, abs=1e-9)
    filled = card.fills.into(rows.matrix[:, card.kept])
    for place, item in enumerate(card.characteristics):
        points = np.array([row.points for row in table if row.column == item.name and row.bin != "missing"])
        np.testing.assert_allclose(scored.contributions[:, place], points[bin_of(item, filled[:, place])], atol=1e-9)


def test_the_table_counts_every_row_of_every_column() -> None:
    """Counts, defaults, rates, WoE and IV are those of the rows, by the textbook's formulas; missing ones are shown."""
    card, rows = Scorecard().fit(sample(), seed=0), sample()
    table = points_table(card, Calibration(0.0, 1.0), PointsScale())
    for item in card.characteristics:
        mine = [row for row in table if row.column == item.name]
        values = rows.column(item.name)
        assert sum(row.rows or 0 for row in mine) == len(rows)
        assert mine[-1].bin == "missing"
        assert mine[-1].rows == np.isnan(values).sum()
        assert mine[-1].defaults == rows.outcome[np.isnan(values)].sum()
        if item.levels:
            continue
        known, edges = ~np.isnan(values), [-np.inf, *item.bins.steps.cuts, np.inf]
        defaults = rows.outcome[known].sum()
        for row, low, high in zip(mine, edges[:-1], edges[1:], strict=False):
            inside = known & (values >= low) & (values < high)
            bad, good = rows.outcome[inside].sum() / defaults, (1 - rows.outcome)[inside].sum() / (
                known.sum() - defaults
            )  # fmt: skip
            assert (row.rows, row.defaults) == (inside.sum(), rows.outcome[inside].sum())
            assert row.woe == pytest.approx(math.log(good / bad), abs=1e-12)
            assert row.iv == pytest.approx((good - bad) * math.log(good / bad), abs=1e-12)


def test_the_table_is_exported() -> None:
    """CSV has one line a bin with every column; levels are named, and the base has no bin."""
    card = Scorecard().fit(sample(), seed=0)
    table = points_table(card, Calibration(0.0, 1.0), PointsScale())
    read = list(csv.DictReader(io.StringIO(as_csv(table))))
    assert len(read) == len(table)
    assert read[0]["column"] == "base"
    assert {row["bin"] for row in read if row["column"] == "region"} == {"east", "north, west", "south", "missing"}


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: each.name)
def test_many_levels_in_no_order_are_learned_by_their_risk(learner: Any) -> None:
    """Of 30 levels whose risk has nothing to do with their frequency, most of what can be known is learned."""
    rng = np.random.default_rng(5)
    risk, level = rng.normal(-2, 1.2, 30), rng.integers(0, 30, (2, 4000))
    outcome = (rng.uniform(size=(2, 4000)) < 1 / (1 + np.exp(-risk[level]))).astype(float)
    rows = Sample(
        matrix=np.column_stack([level[0], rng.normal(size=4000)]).astype(float), outcome=outcome[0],
        names=("bank", "noise"), directions=(0, 0), kinds=(CATEGORY, NUMBER),
        levels={"bank": tuple(f"bank {number}" for number in range(30))}, entity=np.arange(4000).astype(str),
        data_origin=("simulated",), label_origin="simulated",
    )  # fmt: skip
    other = np.column_stack([level[1], rng.normal(size=4000)])
    reached = auc(learner.fit(rows, seed=1).log_odds(other)[None, :], outcome[1]).value
    assert reached > auc(risk[level[1]][None, :], outcome[1]).value - 0.02


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: each.name)
def test_rows_that_count_twice_count_twice(learner: Any) -> None:
    """Weights move the level of what is learned: with defaults counted three times, risk is higher everywhere."""
    rows = sample()
    heavier = replace(rows, weight=np.where(rows.outcome == 1, 3.0, 1.0))
    plain, moved = fitted(learner.name).log_odds(rows.matrix), learner.fit(heavier, seed=1).log_odds(rows.matrix)
    assert float((moved - plain).mean()) == pytest.approx(np.log(3), abs=0.25)


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: each.name)
def test_a_sample_of_a_hundred_rows_is_enough_to_fit(learner: Any) -> None:
    """Few defaults, columns that are constant or all missing: a model comes out, whatever it is worth."""
    rows = sample(100, 11)
    matrix = rows.matrix.copy()
    matrix[:, 3] = np.nan
    matrix[:, 2] = 1.0
    model = learner.fit(replace(rows, matrix=matrix), seed=0)
    assert np.isfinite(model.log_odds(sample(seed=2).matrix)).all()
