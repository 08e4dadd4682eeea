"""Scoring rows: additive, bit-stable, strict about columns, monotone, and equal to an independent oracle."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.bundle import Calibration, PointsScale
from models.default_probability import FeatureColumnsDiffer, FeatureNotFinite, score_features, score_one
from tests import factories

POINTS_PER_RAW = -20.0 / math.log(2.0) * 1.3  # of the factory's bundle: 20 points a doubling, calibration slope 1.3


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    trees=st.integers(1, 40),
    depth=st.integers(1, 5),
    missing=st.sampled_from([0.0, 0.2, 0.6]),
    intercept=st.floats(-5, 5),
    slope=st.floats(0.01, 5),
    fills=st.booleans(),
)
def test_contributions_sum_to_the_points(
    seed: int, trees: int, depth: int, missing: float, intercept: float, slope: float, fills: bool
) -> None:
    """Base plus contributions is the score in points to 1e-9, whatever the model, calibration and missing values."""
    bundle = replace(
        factories.bundle(seed=seed, trees=trees, depth=depth, missing=missing),
        calibration=Calibration(intercept, slope),
        missing_as=tuple(0.5 if fills else None for _ in factories.SIGNED_FEATURES),
    )
    scored = score_features(factories.feature_table(40, seed=seed + 1, missing=0.3), bundle)
    np.testing.assert_allclose(scored.base_points + scored.contributions.sum(axis=1), scored.points, atol=1e-9, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-3, 3), intercept=st.floats(-3, 3))
def test_the_interval_holds_the_probability_and_moves_with_the_tendency(
    seed: int, shift: float, intercept: float
) -> None:
    """low <= PD <= high in every row, and the tables are moved by the same prior shift as the PD."""
    base = factories.bundle(seed=seed)
    table = factories.feature_table(40, seed=seed + 1, missing=0.3)
    raw = (score_features(table, replace(base, calibration=Calibration(0.0, 1.0))).pd).clip(1e-12, 1 - 1e-12)
    scored = score_features(table, replace(base, calibration=Calibration(intercept + shift, 1.3, shift)))
    assert (scored.low <= scored.pd).all()
    assert (scored.pd <= scored.high).all()
    assert base.interval is not None
    low, high = base.interval.interval(np.log(raw / (1 - raw)))
    for found, rate, hull in ((scored.low, low, np.minimum), (scored.high, high, np.maximum)):
        odds = rate / np.where(rate < 1, 1 - rate, 1) * math.exp(shift)
        np.testing.assert_allclose(found, hull(np.where(rate < 1, odds / (1 + odds), 1.0), scored.pd), atol=1e-9)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.2, 0.6, 1.0]), shift=st.floats(-3, 3))
def test_one_row_as_numbers_is_the_row_in_columns(seed: int, missing: float, shift: float) -> None:
    """`score_one` makes no columns, and every figure has the same bits: also where all is missing, with a feed that is
    not connected, without an interval, and against a population.
    """
    fed = ("a", "a", *(None,) * (len(factories.SIGNED_FEATURES) - 2))
    fills = (0.5, *(None,) * (len(factories.SIGNED_FEATURES) - 1))
    peopled = factories.bundle_with_populations(seed=seed)
    moved = replace(peopled, calibration=Calibration(-1.0 + shift, 1.3, shift))
    bundles = [moved, replace(moved, interval=None), replace(moved, missing_as=fills, absent_as=fills[::-1], feeds=fed)]
    table = factories.feature_table(12, seed=seed, missing=missing)
    for bundle, against in itertools.product(bundles, [None, *(each.name for each in peopled.populations)]):
        columns = score_features(table, bundle, against)
        for row in range(table.num_rows):
            found = score_one(columns.values[row], bundle, against)
            for name in ("pd", "low", "high", "points", "base_points", "contributions"):
                figure, column = np.asarray(getattr(found, name)), getattr(columns, name)[row]
                assert figure.tobytes() == column.tobytes(), (name, row, against)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 700))
def test_one_row_alone_gives_the_bits_it_has_among_many(seed: int, rows: int) -> None:
    """N = 1 is the same path as N = many, on either side of the bound between one thread and several."""
    bundle = factories.bundle(seed=seed)
    table = factories.feature_table(rows, seed=seed, missing=0.2)
    together = score_features(table, bundle)
    for row in {0, rows // 2, rows - 1}:
        alone = score_features(table.slice(row, 1), bundle)
        assert alone.pd[0] == together.pd[row]
        assert alone.points[0] == together.points[row]
        assert alone.base_points[0] == together.base_points[row]
        assert alone.contributions[0].tobytes() == together.contributions[row].tobytes()


def test_contributions_equal_shaps_own_engine() -> None:
    """Contributions in points are shap's path-dependent Shapley values times slope and scale.

    shap hands a LightGBM model back to LightGBM; `model_type = "internal"` makes it use its own engine instead.
    """
    bundle = factories.bundle(seed=3, trees=60)
    scored = score_features(factories.feature_table(80, seed=4), bundle)
    explainer = shap.TreeExplainer(bundle.booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"
    oracle = np.asarray(explainer.shap_values(scored.values, check_additivity=False))
    np.testing.assert_allclose(scored.contributions, POINTS_PER_RAW * oracle, atol=1e-6, rtol=0)


def test_contributions_equal_the_definition_of_the_shapley_value() -> None:
    """With missing values too, contributions are Shapley values of the trees' conditional expectations."""
    signed = factories.SIGNED_FEATURES[:5]
    bundle = factories.bundle(seed=3, trees=12, signed=signed, missing=0.2)
    scored = score_features(factories.feature_table(12, seed=4, missing=0.3, signed=signed), bundle)
    trees = [tree["tree_structure"] for tree in bundle.booster.dump_model()["tree_info"]]
    players = range(len(signed))
    for row, values in enumerate(scored.values):
        worth = {
            known: sum(expectation(tree, values, frozenset(known)) for tree in trees)
            for size in range(len(signed) + 1)
            for known in itertools.combinations(players, size)
        }
        for player in players:
            oracle = sum(
                (worth[tuple(sorted((*known, player)))] - worth[known])
                / (len(signed) * math.comb(len(signed) - 1, len(known)))
                for known in worth
                if player not in known
            )
            assert scored.contributions[row, player] == pytest.approx(POINTS_PER_RAW * oracle, abs=1e-9)


def expectation(node: dict[str, Any], values: NDArray[np.float64], known: frozenset[int]) -> float:
    """A tree's expected value when only the `known` features are known: unknown splits weigh by training counts."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        value = values[node["split_feature"]]
        goes_left = (
            node["default_left"]
            if np.isnan(value) and node["missing_type"] == "NaN"
            else ((0.0 if np.isnan(value) else value) <= node["threshold"])
        )
        return expectation(left if goes_left else right, values, known)
    weights = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return (weights[0] * expectation(left, values, known) + weights[1] * expectation(right, values, known)) / sum(
        weights
    )


def test_points_scale_has_its_anchor_and_its_doubling() -> None:
    """600 points at good:bad odds of 50:1, and 20 points more at 100:1."""
    scale = PointsScale()
    at = [scale.at_even_odds - scale.per_log_odds * math.log(1 / odds) for odds in (50, 100)]
    assert at == pytest.approx([600.0, 620.0], abs=1e-9)


def test_higher_points_are_a_lower_probability() -> None:
    """Points order enterprises exactly against PD."""
    scored = score_features(factories.feature_table(300, seed=5, missing=0.1), factories.bundle())
    order = np.argsort(scored.points, kind="stable")
    assert (np.diff(scored.pd[order]) <= 0).all()
    assert ((scored.pd > 0) & (scored.pd < 1)).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), feature=st.sampled_from([f for f in factories.SIGNED_FEATURES if f[1]]))
def test_more_of_a_signed_feature_moves_the_score_its_way(seed: int, feature: tuple[str, int]) -> None:
    """Sweeping one signed feature never moves PD against its direction."""
    name, direction = feature
    bundle = factories.bundle(seed=seed % 5)
    row = factories.feature_table(1, seed=seed)
    grid = np.sort(np.concatenate([np.geomspace(1e-3, 1e9, 80), np.linspace(0, 1, 40)]))
    table = pa.concat_tables([row] * len(grid))
    table = table.set_column(table.column_names.index(name), name, pa.array(grid))
    assert (np.diff(score_features(table, bundle).pd) * direction >= 0).all()


def test_a_missing_value_is_scored_at_what_the_bundle_says() -> None:
    """A null feature scores exactly as the bundle's fill, and is still reported as missing."""
    bundle = replace(factories.bundle(), missing_as=(5e5, *[None] * (len(factories.SIGNED_FEATURES) - 1)))
    table = factories.feature_table(1)
    null = table.set_column(2, "sales_12m_fen", pa.array([None], pa.float64()))
    filled = table.set_column(2, "sales_12m_fen", pa.array([5e5], pa.float64()))
    assert score_features(null, bundle).points[0] == score_features(filled, bundle).points[0]
    assert np.isnan(score_features(null, bundle).values[0, 0])


def test_a_missing_column_is_refused_by_name() -> None:
    """LightGBM would predict happily; we name what is missing."""
    table = factories.feature_table(3).drop_columns(["void_rate_12m"])
    with pytest.raises(FeatureColumnsDiffer, match="missing: void_rate_12m"):
        score_features(table, factories.bundle())


def test_reordered_columns_are_refused_by_name() -> None:
    """Columns in another order mean another catalogue than the model's."""
    table = factories.feature_table(3)
    names = table.column_names
    names[2], names[3] = names[3], names[2]
    with pytest.raises(FeatureColumnsDiffer, match="out of place: sales_24m_fen, sales_12m_fen"):
        score_features(table.select(names), factories.bundle())


def test_a_repeated_column_is_refused_by_name() -> None:
    """Two columns of one name cannot both be the feature."""
    table = factories.feature_table(3)
    with pytest.raises(FeatureColumnsDiffer, match="repeated: void_rate_12m"):
        score_features(table.append_column("void_rate_12m", table.column("void_rate_12m")), factories.bundle())


def test_more_columns_than_the_model_needs_change_nothing() -> None:
    """The catalogue is larger than one model: other columns are not looked at."""
    table, bundle = factories.feature_table(5), factories.bundle()
    wider = table.add_column(3, "another", pa.array([1.0] * 5))
    assert (score_features(wider, bundle).points == score_features(table, bundle).points).all()


def test_an_infinite_feature_is_refused_with_its_enterprise() -> None:
    """Infinity is a bug upstream, not a risk: the error says which feature of whom."""
    table = factories.feature_table(2)
    table = table.set_column(4, "sales_growth_yoy", pa.array([0.1, float("inf")]))
    with pytest.raises(FeatureNotFinite, match="row 1, enterprise S0001"):
        score_features(table, factories.bundle())


def test_no_enterprise_gives_empty_columns() -> None:
    """Zero rows in, zero rows out, of every column."""
    table, bundle = factories.feature_table(3), factories.bundle()
    scored = score_features(table.slice(0, 0), bundle)
    assert len(scored) == 0
    assert scored.contributions.shape == (0, len(bundle.features))
    assert scored.base_points.shape == (0,)
