"""The learner: shallow, monotone, prudent about missing values, repeatable; and the sweep that would notice if not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle, Calibration, PointsScale
from training.calibrated import CalibratedModel, fit_calibrated
from training.folds import Inner
from training.monotone import ModelNotMonotone, check_monotone
from training.sample import CATEGORY, NUMBER, Sample
from training.screening import Fills, agreeing, learn_fills, prudent_values, rank_statistic
from training.trees import FEW, MANY, FittedTrees, Trees, TreeSettings, settings_for

NAMES = ("size", "gaps", "either", "noise")
DIRECTIONS = (-1, 1, 0, 1)


def sample(seed: int = 0, rows: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, 4))
    chance = 1 / (1 + np.exp(1.5 + 1.5 * matrix[:, 0] - 1.0 * matrix[:, 1]))
    outcome = (rng.uniform(size=rows) < chance).astype(float)
    outcome[:12], outcome[-12:] = 1.0, 0.0
    matrix[rng.uniform(size=matrix.shape) < 0.05] = np.nan
    return matrix, outcome


def whole(seed: int = 0) -> Sample:
    matrix, outcome = sample(seed)
    entity = np.array([f"e{row:03d}" for row in range(len(matrix))])
    return Sample(matrix, outcome, NAMES, DIRECTIONS, entity, ("test",), "test")


def fitted(seed: int = 0) -> tuple[CalibratedModel, np.ndarray]:
    rows = whole(seed)
    return fit_calibrated(Trees(), rows, Inner(5).parts(rows, 3), seed=3), rows.matrix


def trees_of(model: CalibratedModel) -> FittedTrees:
    assert isinstance(model.fitted, FittedTrees)
    return model.fitted


def bundle_of(trees: FittedTrees) -> Bundle:
    names = tuple(NAMES[column] for column in trees.kept)
    return Bundle(
        features=names,
        directions=tuple(DIRECTIONS[column] for column in trees.kept),
        missing_as=trees.fills.missing,
        feeds=trees.fills.feeds,
        absent_as=trees.fills.absent,
        booster_text=trees.booster_text(names),
        calibration=Calibration(0.0, 1.0),
        points=PointsScale(),
        data_origin=("test",),
        label_origin="test",
        trained_as_of=date(2020, 1, 1),
    )


def test_the_same_rows_and_seed_give_the_same_model_to_the_byte() -> None:
    """Training is repeatable: text of the trees, calibration and number of trees."""
    one, two = fitted()[0], fitted()[0]
    assert trees_of(one).booster.model_to_string() == trees_of(two).booster.model_to_string()
    assert (one.calibration, trees_of(one).rounds, trees_of(one).fills) == (
        two.calibration, trees_of(two).rounds, trees_of(two).fills,
    )  # fmt: skip


def test_trees_are_shallow_and_as_many_as_inner_folds_chose() -> None:
    """Depth two at most where defaults are few, so that exact contributions stay table look-ups."""
    model = trees_of(fitted()[0])
    trees = model.booster.trees_to_dataframe()
    assert trees["node_depth"].max() <= 3  # the root has depth 1, so leaves of a depth-two tree have 3
    assert model.rounds in FEW.rounds
    assert model.booster.num_trees() == model.rounds


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_every_fitted_model_is_monotone_where_it_should_be(seed: int) -> None:
    """Whatever the sample, the brute-force sweep finds no step against a direction."""
    model, matrix = fitted(seed)
    trees = trees_of(model)
    assert check_monotone(bundle_of(trees), matrix[:, trees.kept])["violations"] == 0


def test_the_sweep_notices_trees_that_were_not_constrained() -> None:
    """The same trees without constraints do turn, and are refused: the check is able to fail."""
    model, matrix = fitted()
    outcome = sample()[1]
    loose = {key: value for key, value in trees_of(model).settings.items() if not key.startswith(("monotone", "trees"))}
    loose |= {"num_leaves": 16, "max_depth": 5, "min_data_in_leaf": 2}
    rows = np.where(np.isnan(matrix), 0.0, matrix)
    booster = lightgbm.train(loose, lightgbm.Dataset(rows, outcome, feature_name=list(NAMES), params=loose), 100)
    fills = Fills((0.0,) * 4, (0.0,) * 4, (None,) * 4)
    free = replace(trees_of(model), booster=booster, kept=(0, 1, 2, 3), fills=fills)
    with pytest.raises(ModelNotMonotone, match="turns against the direction of"):
        check_monotone(bundle_of(free), matrix)


def test_a_missing_value_counts_as_the_risky_tenth() -> None:
    """Hiding a value never pays against all but the worst tenth; without direction it is the median."""
    matrix = np.column_stack([np.arange(101.0)] * 3)
    matrix[50] = np.nan
    raises, lowers, either = prudent_values(matrix, (1, -1, 0))
    assert (raises, lowers) == (90.0, 10.0)
    assert either in {49.0, 51.0}


def test_hiding_a_bad_value_is_never_better_than_an_ordinary_one() -> None:
    """A row with a signed feature missing scores at least as risky as the same row at the median."""
    model, matrix = fitted()
    for column in (0, 1):
        hidden, ordinary = matrix.copy(), matrix.copy()
        hidden[:, column] = np.nan
        ordinary[:, column] = np.nanmedian(matrix[:, column])
        assert (model.log_odds(hidden) >= model.log_odds(ordinary)).all()


def test_a_feature_that_points_against_its_direction_is_not_learned_from() -> None:
    """The sign check drops it by its rank statistic; without direction it stays; if none agrees all stay."""
    matrix, outcome = sample()
    rows = np.where(np.isnan(matrix), 0.0, matrix)
    assert 0 in agreeing(rows, outcome, (-1, 1, 0, 0))
    assert 0 not in agreeing(rows, outcome, (1, 1, 0, 0))
    assert 0 in agreeing(rows, outcome, (0, 1, 0, 0))
    assert agreeing(rows[:, :1], outcome, (1,)) == (0,)
    assert rank_statistic(rows[:, 0], outcome) == -rank_statistic(-rows[:, 0], outcome)


def test_a_leaf_is_expected_to_hold_two_defaults() -> None:
    """With 27 defaults among 123 a leaf has at least ten rows."""
    assert FEW.smallest_leaf(np.array([1.0] * 27 + [0.0] * 96)) == 10
    assert FEW.smallest_leaf(np.array([1.0] * 50 + [0.0] * 50)) == 5
    assert FEW.smallest_leaf(np.array([1.0] * 10 + [0.0] * 990)) == 200


def test_the_number_of_entities_that_default_chooses_the_settings() -> None:
    """A hundred rows of one defaulter are one defaulter: few; two hundred defaulters are many."""
    rows = whole()
    assert settings_for(rows) is FEW
    one = replace(rows, entity=np.where(rows.outcome == 1, "same", rows.entity).astype(np.str_))
    assert settings_for(one) is FEW
    matrix, outcome = sample(rows=2000)
    many = Sample(matrix, outcome, NAMES, DIRECTIONS, np.arange(2000).astype(np.str_), ("test",), "test")
    assert settings_for(many) is MANY
    with pytest.raises(ValueError, match="depth 1 to 6"):
        TreeSettings(depth=7)


def test_weights_count_rows_as_often_as_they_say() -> None:
    """A row of weight two is learned from like two rows: without sampling the leaf values are equal."""
    rows = whole()
    plain = replace(FEW, rows=1.0, columns=1.0, rounds=(50,))
    twice = np.concatenate([np.arange(len(rows)), np.flatnonzero(rows.outcome == 1)])
    weighted = replace(rows, weight=1.0 + rows.outcome)
    settled = replace(plain, fewest_in_leaf=10, defaults_in_leaf=0.0)
    one = Trees(settled).fit(weighted, seed=1)
    two = Trees(settled).fit(rows.rows(twice), seed=1)
    assert one.kept == two.kept
    difference = one.log_odds(rows.matrix) - two.log_odds(rows.matrix)
    assert np.abs(difference).mean() < 0.2  # bins and smallest leaves count rows, so not to the bit
    unweighted = Trees(settled).fit(rows, seed=1).log_odds(rows.matrix)
    assert one.log_odds(rows.matrix).mean() > unweighted.mean() + 0.3


def test_a_category_is_split_by_its_levels_and_a_missing_one_is_the_most_frequent() -> None:
    """Risk that has no order in the level numbers is learned; NaN scores like the most frequent level."""
    rng = np.random.default_rng(0)
    level = rng.choice(5, 2000, p=[0.4, 0.3, 0.1, 0.1, 0.1]).astype(float)
    outcome = (rng.uniform(size=2000) < np.array([0.05, 0.5, 0.05, 0.5, 0.05])[level.astype(int)]).astype(float)
    rows = Sample(
        level[:, None], outcome, ("branch",), (0,), np.arange(2000).astype(np.str_), ("test",), "test",
        kinds=(CATEGORY,), levels={"branch": ("a", "b", "c", "d", "e")},
    )  # fmt: skip
    model = Trees(replace(MANY, columns=1.0)).fit(rows, seed=1)
    at = model.log_odds(np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [np.nan]]))
    assert min(at[1], at[3]) > max(at[0], at[2], at[4]) + 1
    assert at[5] == at[0]
    assert learn_fills(np.array([[1.0], [3.0], [3.0], [np.nan]]), (0,), (None,), (True,)).missing == (3.0,)
    assert rows.kinds != (NUMBER,)
