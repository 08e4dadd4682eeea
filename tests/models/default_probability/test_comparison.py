"""Compared with whom: points against frozen enterprises add up, agree with shap, and know no order and no number."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.bundle import BundleCorrupt
from models.default_probability import PopulationNotInBundle, population_of, score_features
from models.default_probability.comparison import reference_rows
from models.default_probability.contributions import raw_contributions
from models.default_probability.exact import Places, contributions_of
from models.reference_population import PERFORMING, PERFORMING_SAME_SIZE, population_text
from tests import factories
from training.reference_population import ALL, freeze

Matrix = NDArray[np.float64]
POINTS_PER_RAW = -20.0 / math.log(2.0) * 1.3  # of the factory's bundle: 20 points a doubling, calibration slope 1.3
AWKWARD = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 1e-34, -1.0, -0.5, 0.5, 1e9, -1e9, 1e300, 7.0])


def matrix_of(table: Any, names: tuple[str, ...]) -> Matrix:
    return np.column_stack([table.column(name).to_numpy() for name in names])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    categories=st.sampled_from([0, 0, 3, 12]),
    missing=st.sampled_from([0.0, 0.3]),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
)
def test_ranks_say_all_that_trees_can_see(
    seed: int, categories: int, missing: float, use_missing: bool, zero_as_missing: bool
) -> None:
    """Rows made from ranks again score with the same bits and contribute the same bits, whatever the values were."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((300, 4)).round(2)
    if categories:
        rows[:, 0] = rng.integers(0, categories, len(rows))
    rows[rng.random(rows.shape) < missing] = np.nan
    rows[rng.random(rows.shape) < 0.1] = 0.0
    outcome = (np.nan_to_num(rows) @ rng.standard_normal(4) > 0.2).astype(float)
    told = {"verbosity": -1, "use_missing": use_missing, "zero_as_missing": zero_as_missing}
    data = lightgbm.Dataset(rows, outcome, categorical_feature=[0] if categories else "auto", params=told)
    booster = lightgbm.train(
        {"objective": "binary", "num_threads": 1, "max_depth": 4, "min_data_in_leaf": 3, "min_data_per_group": 3,
         "max_cat_to_onehot": 2, "seed": 1, **told}, data, 8,
    )  # fmt: skip
    strange = rng.choice(AWKWARD, (40, 4))
    seen = np.vstack([rows, strange])
    places = Places.of(booster)
    again = places.values(places.ranks(seen))
    assert (booster.predict(again, raw_score=True) == booster.predict(seen, raw_score=True)).all()
    np.testing.assert_array_equal(places.ranks(again), places.ranks(seen))
    told_by, told_by_again = (contributions_of(booster, each).of(rows[:20]).contributions for each in (seen, again))
    assert told_by.tobytes() == told_by_again.tobytes()


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000), depth=st.integers(1, 5), missing=st.sampled_from([0.0, 0.3]),
    name=st.sampled_from([None, PERFORMING]),
)  # fmt: skip
def test_points_add_up_with_whomever_one_is_compared(seed: int, depth: int, missing: float, name: str | None) -> None:
    """Base and contributions are the points to 1e-9; probability and points do not know whom one is compared with."""
    bundle = factories.bundle_with_populations(80, seed=seed, depth=depth)
    table = factories.feature_table(40, seed=seed + 1, missing=missing)
    plain, scored = score_features(table, bundle), score_features(table, bundle, name)
    np.testing.assert_allclose(scored.base_points + scored.contributions.sum(axis=1), scored.points, atol=1e-9, rtol=0)
    for column in ("pd", "points", "low", "high"):
        assert getattr(scored, column).tobytes() == getattr(plain, column).tobytes()


def test_the_base_is_the_mean_of_those_compared_with() -> None:
    """Base points are the mean points of the frozen enterprises, who as a whole contribute nothing to themselves."""
    bundle = factories.bundle_with_populations()
    rows = reference_rows(bundle, bundle.populations[0])
    found = raw_contributions(rows, bundle, bundle.populations[0])
    raw = np.asarray(bundle.booster.predict(rows, raw_score=True))
    np.testing.assert_allclose(found.base, raw.mean(), atol=1e-12)
    np.testing.assert_allclose(found.contributions.sum(axis=1).mean(), 0.0, atol=1e-12)


def test_shap_agrees_on_points_against_the_population() -> None:
    """shap.TreeExplainer with the frozen rows as background gives the same points (its own precision is 1e-6)."""
    bundle = replace(
        factories.bundle(missing=0.0, depth=4),
        missing_as=tuple(0.5 for _ in factories.SIGNED_FEATURES),  # shap's own engine is wrong with missing values
    )
    drawn = matrix_of(factories.feature_table(120, seed=91, missing=0.1), bundle.features)
    bundle = replace(bundle, populations=(freeze(bundle, drawn, replace(ALL, drawn_from=120)),))
    rows = reference_rows(bundle, bundle.populations[0])
    table = factories.feature_table(40, seed=5)
    masker = shap.maskers.Independent(rows, max_samples=len(rows))
    explainer = shap.TreeExplainer(bundle.booster, data=masker, feature_perturbation="interventional")
    theirs = explainer.shap_values(matrix_of(table, bundle.features), check_additivity=False)
    ours = score_features(table, bundle, PERFORMING).contributions
    assert np.abs(ours - POINTS_PER_RAW * theirs).max() < 1e-6 * abs(POINTS_PER_RAW)


def test_the_order_of_the_frozen_rows_changes_nothing() -> None:
    """The same enterprises in another order: the same file, the same digest, the same bits of every contribution."""
    bundle = factories.bundle()
    rows = matrix_of(factories.feature_table(200, seed=91, missing=0.1), bundle.features)
    mixed = np.random.default_rng(1).permutation(rows)
    one, other = (
        replace(bundle, populations=(freeze(bundle, each, replace(ALL, drawn_from=200)),)) for each in (rows, mixed)
    )
    assert one.digest == other.digest
    unsorted = replace(one.populations[0], text=_reversed(one.populations[0].text))
    scored = score_features(factories.feature_table(30, seed=2), one, PERFORMING).contributions
    again = score_features(
        factories.feature_table(30, seed=2), replace(one, populations=(unsorted,)), PERFORMING
    ).contributions
    assert scored.tobytes() == again.tobytes()


@pytest.mark.parametrize("name", [PERFORMING, PERFORMING_SAME_SIZE])
def test_one_row_alone_has_the_bits_it_has_among_many(name: str) -> None:
    """Alone, in a block, or on several threads: one row is explained with the same bits."""
    bundle = factories.bundle_with_populations(trees=40)
    table = factories.feature_table(9_000, seed=3, missing=0.2)
    together = score_features(table, bundle, name)
    for row in range(0, 9_000, 611):
        alone = score_features(table.slice(row, 1), bundle, name)
        assert alone.contributions[0].tobytes() == together.contributions[row].tobytes()
        assert alone.base_points[0] == together.base_points[row]


def test_like_is_compared_with_like() -> None:
    """Between two edges of turnover only the frozen enterprises between them count; without turnover all of them do."""
    bundle = factories.bundle_with_populations(trees=40)
    everybody, alike = bundle.populations
    assert len(alike.edges) == 2
    rows = reference_rows(bundle, everybody)
    column = bundle.features.index("sales_12m_fen")
    table = factories.feature_table(200, seed=4, missing=0.2)
    scored = score_features(table, bundle, PERFORMING_SAME_SIZE)
    seen, sales = set(), matrix_of(table, bundle.features)[:, column]
    low, high = alike.edges
    for row, value in enumerate(sales.tolist()):
        size = rows[:, column]
        its = {
            "unknown": np.ones(len(rows), dtype=bool), "small": size <= low,
            "middle": (size > low) & (size <= high), "large": size > high,
        }  # fmt: skip
        which = "unknown" if math.isnan(value) else "small" if value <= low else "middle" if value <= high else "large"
        seen.add(which)
        expected = contributions_of(bundle.booster, rows[its[which]]).of(
            matrix_of(table, bundle.features)[row : row + 1]
        )
        np.testing.assert_allclose(scored.contributions[row], POINTS_PER_RAW * expected.contributions[0], atol=1e-12)
    assert seen == {"unknown", "small", "middle", "large"}
    np.testing.assert_allclose(scored.base_points + scored.contributions.sum(axis=1), scored.points, atol=1e-9, rtol=0)


def test_a_population_that_the_model_lacks_is_named_with_those_it_has() -> None:
    """The error says what the policy asks for, what the model has, and what to do."""
    bundle = factories.bundle_with_populations()
    with pytest.raises(
        PopulationNotInBundle, match=r"training_average, performing.*Found: 'neighbours'.*Train the model"
    ):
        population_of(bundle, "neighbours")
    with pytest.raises(PopulationNotInBundle, match="比较人群"):
        score_features(factories.feature_table(2), factories.bundle(), PERFORMING)
    assert population_of(bundle, None) is None
    everybody = replace(bundle, populations=tuple(one for one in bundle.populations if one.name == PERFORMING))
    with pytest.raises(PopulationNotInBundle, match=r"splits on turnover.*30 performing") as small:
        population_of(everybody, "performing_same_size")
    assert "Train the model again" not in str(small.value), "the same sample gives the same again"


def test_trees_beyond_tables_compare_with_nobody() -> None:
    """Where contributions come from LightGBM itself there is only the average of training, and the error says so."""
    rng = np.random.default_rng(9)
    rows = rng.standard_normal((800, 20))
    outcome = (rows @ rng.standard_normal(20) > 0).astype(float)
    names = [f"f{number}" for number in range(20)]
    deep = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 200, "min_data_in_leaf": 1},
        lightgbm.Dataset(rows, outcome, feature_name=names), 5,
    )  # fmt: skip
    none = (None,) * 20
    bundle = replace(
        factories.bundle(), features=tuple(names), directions=(0,) * 20, missing_as=none, feeds=none, absent_as=none,
        booster_text=deep.model_to_string(),
    )  # fmt: skip
    text = population_text(bundle.features, np.zeros((3, 20)))
    bundle = replace(bundle, populations=(replace(ALL, drawn_from=3, text=text),))
    with pytest.raises(PopulationNotInBundle, match="do not fit into tables"):
        raw_contributions(rows[:2], bundle, bundle.populations[0])


def test_a_rank_that_no_threshold_has_is_a_corrupt_bundle() -> None:
    """Rows that were frozen for another model are refused, not scored."""
    bundle = factories.bundle()
    text = population_text(bundle.features, np.full((2, len(bundle.features)), 60_000.0))
    wrong = replace(bundle, populations=(replace(ALL, drawn_from=2, text=text),))
    with pytest.raises(BundleCorrupt, match=r"does not fit the model.*population_performing\.csv"):
        score_features(factories.feature_table(2), wrong, PERFORMING)


def _reversed(text: str) -> str:
    head, *rows = text.rstrip("\n").split("\n")
    return "\n".join([head, *reversed(rows)]) + "\n"
