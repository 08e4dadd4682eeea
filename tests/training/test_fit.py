"""The learner: shallow, monotone, prudent about missing values, repeatable; and the sweep that would notice if not."""

from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.fit import ROUNDS, FittedModel, fit, smallest_leaf
from training.monotone import ModelNotMonotone, check_monotone
from training.screening import Fills, agreeing, prudent_values, rank_statistic

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


def fitted(seed: int = 0) -> tuple[FittedModel, np.ndarray]:
    matrix, outcome = sample(seed)
    return fit(matrix, outcome, names=NAMES, directions=DIRECTIONS, seed=3), matrix


def test_the_same_rows_and_seed_give_the_same_model_to_the_byte() -> None:
    """Training is repeatable: text of the trees, calibration and number of trees."""
    one, two = fitted()[0], fitted()[0]
    assert one.booster.model_to_string() == two.booster.model_to_string()
    assert (one.calibration, one.rounds, one.fills) == (two.calibration, two.rounds, two.fills)


def test_trees_are_shallow_and_as_many_as_inner_folds_chose() -> None:
    """Depth two at most, so that exact contributions stay table look-ups."""
    model, _ = fitted()
    trees = model.booster.trees_to_dataframe()
    assert trees["node_depth"].max() <= 3  # the root has depth 1, so leaves of a depth-two tree have 3
    assert model.rounds in ROUNDS
    assert model.booster.num_trees() == model.rounds


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_every_fitted_model_is_monotone_where_it_should_be(seed: int) -> None:
    """Whatever the sample, the brute-force sweep finds no step against a direction."""
    model, matrix = fitted(seed)
    assert check_monotone(model, matrix, NAMES, DIRECTIONS)["violations"] == 0


def test_the_sweep_notices_trees_that_were_not_constrained() -> None:
    """The same trees without constraints do turn, and are refused: the check is able to fail."""
    model, matrix = fitted()
    outcome = sample()[1]
    loose = {key: value for key, value in model.settings.items() if not key.startswith("monotone")}
    loose |= {"num_leaves": 16, "max_depth": 5, "min_data_in_leaf": 2}
    rows = np.where(np.isnan(matrix), 0.0, matrix)
    booster = lightgbm.train(loose, lightgbm.Dataset(rows, outcome, params=loose), 100)
    free = replace(model, booster=booster, kept=(0, 1, 2, 3), fills=Fills((0.0,) * 4, (0.0,) * 4, (None,) * 4))
    with pytest.raises(ModelNotMonotone, match="turns against the direction of"):
        check_monotone(free, matrix, NAMES, DIRECTIONS)


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
    assert smallest_leaf(np.array([1.0] * 27 + [0.0] * 96)) == 10
    assert smallest_leaf(np.array([1.0] * 50 + [0.0] * 50)) == 5
    assert smallest_leaf(np.array([1.0] * 10 + [0.0] * 990)) == 200
