"""The search for segments in which the model is wrong."""

from __future__ import annotations

import numpy as np

from training.validation.weak_segments import weak_segments

NAMES = ("sales", "age", "noise")


def economy(seed: int, *, rows: int = 6000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, true probabilities, outcomes and enterprises of three rows each."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((rows, 3))
    matrix[rng.uniform(size=matrix.shape) < 0.1] = np.nan
    pd = 1 / (1 + np.exp(2.5 - np.nan_to_num(matrix[:, 0])))
    return matrix, pd, (rng.uniform(size=rows) < pd).astype(float), np.arange(rows) // 3


def test_a_segment_with_twice_the_risk_is_found_and_named() -> None:
    """Old firms default much more than predicted: the first finding is a condition on age."""
    matrix, pd, _, enterprise = economy(1)
    true = np.where(np.nan_to_num(matrix[:, 1]) > 1.0, np.minimum(pd * 3, 0.9), pd)
    outcome = (np.random.default_rng(2).uniform(size=len(pd)) < true).astype(float)
    worst = weak_segments(matrix, NAMES, pd, outcome, enterprise=enterprise, known={})[0]
    assert worst.underpredicted
    assert worst.adjusted < 0.001
    assert [(step.name, step.below) for step in worst.conditions if step.name == "age"] == [("age", False)]
    assert 0.7 < next(step.threshold for step in worst.conditions if step.name == "age") < 1.3


def test_a_known_segment_that_is_wrong_is_found_by_name() -> None:
    """A region whose firms default more than predicted, by nothing that a feature shows."""
    matrix, pd, _, enterprise = economy(3)
    north = enterprise % 5 == 0
    outcome = (np.random.default_rng(4).uniform(size=len(pd)) < np.where(north, pd * 2.5, pd)).astype(float)
    known = {"region": np.where(north, "north", "south")}
    found = {one.label: one for one in weak_segments(matrix, NAMES, pd, outcome, enterprise=enterprise, known=known)}
    assert found["north"].adjusted < 0.001
    assert found["south"].adjusted > 0.01


def test_right_probabilities_raise_hardly_an_alarm() -> None:
    """Forty economies without anything wrong, eight segments looked at in each: at most two alarms in all."""
    alarms = 0
    for seed in range(40):
        matrix, pd, outcome, enterprise = economy(100 + seed, rows=1500)
        known = {"region": (enterprise % 6).astype(np.str_)}
        tested = weak_segments(matrix, NAMES, pd, outcome, enterprise=enterprise, known=known, seed=seed)
        alarms += any(one.adjusted < 0.01 for one in tested)
    assert alarms <= 2


def test_too_few_rows_test_nothing() -> None:
    """Fifty rows make two halves in which nothing could be said."""
    matrix, pd, outcome, enterprise = economy(5, rows=50)
    assert weak_segments(matrix, NAMES, pd, outcome, enterprise=enterprise, known={}) == ()
