"""Contributions by table against LightGBM, shap and the definition of the Shapley value."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.default_probability.exact import NotByTable, contributions_of

Matrix = NDArray[np.float64]
EQUAL = 1e-9
AWKWARD = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 1e-34, -1.0, -0.5, 0.5, 1e9, 3e9, -1e9, 1e300, 7.0, 255.0])


def rows_of(rng: np.random.Generator, count: int, width: int, categories: int, missing: float) -> Matrix:
    """Random rows: the first column a category where there are any, some values missing, some zero."""
    matrix = rng.standard_normal((count, width)).round(2)
    if categories:
        matrix[:, 0] = rng.integers(0, categories, count)
    matrix[rng.random((count, width)) < missing] = np.nan
    matrix[rng.random((count, width)) < 0.1] = 0.0
    return matrix


def trained(
    rng: np.random.Generator, matrix: Matrix, *, categories: int = 0, trees: int = 8, **settings: Any
) -> lightgbm.Booster:
    """A booster on a random outcome that hangs on the rows."""
    seen = np.nan_to_num(matrix)
    outcome = (seen @ rng.standard_normal(matrix.shape[1]) + np.isin(seen[:, 0], (1, 3, 4)) > 0.3).astype(float)
    parameters = {
        "objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 3, "learning_rate": 0.3,
        "min_data_per_group": 3, "max_cat_to_onehot": 2, "cat_smooth": 1.0, "seed": 1, **settings,
    }  # fmt: skip
    data = lightgbm.Dataset(
        matrix, outcome, categorical_feature=[0] if categories else "auto", params={"verbosity": -1, **settings}
    )
    return lightgbm.train(parameters, data, trees)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    depth=st.integers(1, 6),
    leaves=st.integers(2, 40),
    width=st.integers(1, 9),
    categories=st.sampled_from([0, 0, 3, 12, 80]),
    missing=st.sampled_from([0.0, 0.1, 0.5]),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
)
def test_any_model_equals_pred_contrib(
    seed: int, depth: int, leaves: int, width: int, categories: int, missing: float, use_missing: bool,
    zero_as_missing: bool,
) -> None:  # fmt: skip
    """Whatever the depth, the missing values and the categories: contributions as LightGBM's, scores its very bits;
    and a row alone has the bits that it has among many.
    """
    rng = np.random.default_rng(seed)
    matrix = rows_of(rng, 400, width, categories, missing)
    booster = trained(
        rng, matrix, categories=categories, max_depth=depth, num_leaves=leaves, use_missing=use_missing,
        zero_as_missing=zero_as_missing,
    )  # fmt: skip
    strange = rng.choice(AWKWARD, (40, width))
    if categories:
        strange[:, 0] = rng.choice([*range(categories), np.nan, -1.0, -0.5, 0.5, 2.7, 1e6, 3e9], 40)
    rows = np.vstack([matrix, strange])
    exact = contributions_of(booster)
    found = exact.of(rows)
    for row in range(len(rows) - len(strange), len(rows)):  # one row goes through tables in another order
        alone = exact.of(rows[row : row + 1])
        assert alone.raw[0] == found.raw[row]
        assert (alone.contributions[0] + 0.0).tobytes() == (found.contributions[row] + 0.0).tobytes()
    expected = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=1))
    assert np.abs(found.contributions - expected[:, :-1]).max() < EQUAL
    assert abs(found.base - expected[0, -1]) < EQUAL
    assert np.abs(found.base + found.contributions.sum(axis=1) - found.raw).max() < EQUAL
    assert (found.raw == booster.predict(rows, raw_score=True, num_threads=1)).all()


@pytest.mark.parametrize("count", [2, 255, 256, 257, 700])
def test_one_row_alone_has_the_bits_it_has_among_many(count: int) -> None:
    """Blocks, threads and single rows add in the same order."""
    rng = np.random.default_rng(5)
    matrix = rows_of(rng, count, 6, 5, 0.2)
    exact = contributions_of(trained(rng, rows_of(rng, 500, 6, 5, 0.2), categories=5, max_depth=4, trees=30))
    together, threaded = exact.of(matrix), exact.of(np.vstack([matrix] * 4), threads=3)
    for row in range(0, count, 37):
        alone = exact.of(matrix[row : row + 1])
        assert alone.raw[0] == together.raw[row] == threaded.raw[row + 3 * count]
        assert (alone.contributions[0] == together.contributions[row]).all()
        assert (alone.contributions[0] == threaded.contributions[row + 3 * count]).all()


def test_no_rows_give_no_contributions() -> None:
    """An empty matrix is answered with empty columns and the base."""
    rng = np.random.default_rng(2)
    exact = contributions_of(trained(rng, rows_of(rng, 200, 3, 0, 0.0), max_depth=2))
    found = exact.of(np.empty((0, 3)))
    assert found.raw.shape == (0,)
    assert found.contributions.shape == (0, 3)


def test_a_tree_that_is_one_leaf_only_moves_the_base() -> None:
    """Trees without a split contribute to nobody."""
    rng = np.random.default_rng(3)
    matrix = rows_of(rng, 100, 3, 0, 0.0)
    booster = trained(rng, matrix, min_data_in_leaf=90, trees=2)
    found = contributions_of(booster).of(matrix)
    assert (found.contributions == 0.0).all()
    assert np.abs(found.raw - found.base).max() < EQUAL
    assert (found.raw == booster.predict(matrix, raw_score=True)).all()


def test_more_thresholds_than_bytes_use_wider_codes() -> None:
    """A feature with over 254 thresholds gets two-byte codes and the same answers."""
    rng = np.random.default_rng(4)
    matrix = rng.standard_normal((6000, 2))
    matrix[::9, 1] = np.nan
    booster = trained(
        rng, matrix, max_bin=3000, max_depth=6, num_leaves=63, trees=150, min_data_in_leaf=5, learning_rate=0.05
    )
    exact = contributions_of(booster)
    assert exact.machine.literal_code.dtype == np.uint16
    expected = np.asarray(booster.predict(matrix[:500], pred_contrib=True))
    assert np.abs(exact.of(matrix[:500]).contributions - expected[:, :-1]).max() < EQUAL
    assert (exact.of(matrix[:1]).contributions[0] == exact.of(matrix[:500]).contributions[0]).all()


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier with TreeExplainer:UserWarning")
@pytest.mark.parametrize("numbers", ["none", "some"])
def test_shap_agrees_on_path_dependent_contributions(numbers: str) -> None:
    """shap.TreeExplainer, path dependent, gives the same numbers."""
    rng = np.random.default_rng(6)
    matrix = rows_of(rng, 300, 5, 0, 0.2 if numbers == "some" else 0.0)
    booster = trained(rng, matrix, max_depth=4, trees=20)
    explained = shap.TreeExplainer(booster)(matrix[:80]).values
    assert np.abs(contributions_of(booster).of(matrix[:80]).contributions - explained).max() < EQUAL


def test_shap_agrees_on_interventional_contributions() -> None:
    """shap.TreeExplainer with a background gives the same numbers (its own limit of precision is 1e-6)."""
    rng = np.random.default_rng(7)
    matrix = rows_of(rng, 400, 6, 0, 0.0)
    booster = trained(rng, matrix, max_depth=4, trees=20)
    background = matrix[100:180]
    explainer = shap.TreeExplainer(booster, data=background, feature_perturbation="interventional")
    found = contributions_of(booster, background).of(matrix[:50])
    assert np.abs(found.contributions - explainer.shap_values(matrix[:50])).max() < 1e-6
    assert found.base == pytest.approx(float(np.mean(booster.predict(background, raw_score=True))), abs=EQUAL)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    depth=st.integers(1, 5),
    categories=st.sampled_from([0, 6]),
    missing=st.sampled_from([0.0, 0.3]),
    background=st.integers(1, 9),
)
def test_interventional_is_the_definition(
    seed: int, depth: int, categories: int, missing: float, background: int
) -> None:
    """Every coalition evaluated through LightGBM's own prediction, weighted as Shapley wrote it."""
    rng = np.random.default_rng(seed)
    width = 4
    matrix = rows_of(rng, 300, width, categories, missing)
    booster = trained(rng, matrix, categories=categories, max_depth=depth, trees=5)
    reference, rows = matrix[:background], matrix[50:54]
    found = contributions_of(booster, reference).of(rows)
    for row, contributions in zip(rows, found.contributions, strict=True):
        worth = {}
        for size in range(width + 1):
            for coalition in combinations(range(width), size):
                mixed = reference.copy()
                mixed[:, list(coalition)] = row[list(coalition)]
                worth[coalition] = float(np.mean(booster.predict(mixed, raw_score=True)))
        for feature in range(width):
            expected = sum(
                factorial(len(each)) * factorial(width - len(each) - 1) / factorial(width)
                * (worth[tuple(sorted((*each, feature)))] - value)
                for each, value in worth.items() if feature not in each
            )  # fmt: skip
            assert contributions[feature] == pytest.approx(expected, abs=EQUAL)


def test_a_larger_reference_population_makes_no_larger_tables() -> None:
    """The reference enters as frequencies: ten rows or ten thousand, the tables are of one size."""
    rng = np.random.default_rng(8)
    matrix = rows_of(rng, 10_000, 5, 0, 0.1)
    booster = trained(rng, matrix, max_depth=4, trees=10)
    few, many = contributions_of(booster, matrix[:10]), contributions_of(booster, matrix)
    assert few.bytes == many.bytes
    assert few.of(matrix[:50]).raw.tobytes() == many.of(matrix[:50]).raw.tobytes()


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"linear_tree": True}, "linear"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}, "one sum of trees"),
        ({"objective": "multiclass", "num_class": 2}, "one sum of trees"),
        ({"max_depth": -1, "num_leaves": 200, "min_data_in_leaf": 1}, "too many features"),
    ],
)
def test_what_tables_cannot_hold_is_refused_by_name(extra: dict[str, Any], reason: str) -> None:
    """The caller learns why, and falls back to LightGBM."""
    rng = np.random.default_rng(9)
    matrix = rng.standard_normal((800, 20))
    with pytest.raises(NotByTable, match=reason):
        contributions_of(trained(rng, matrix, **extra))


def test_rows_of_another_width_are_refused() -> None:
    """A missing column is an error, not a wrong number."""
    rng = np.random.default_rng(10)
    exact = contributions_of(trained(rng, rows_of(rng, 200, 3, 0, 0.0), max_depth=2))
    with pytest.raises(ValueError, match="expected rows of 3 features"):
        exact.of(np.zeros((2, 4)))
