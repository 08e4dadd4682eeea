"""Brute force on the stored bundle: every signed feature through all its thresholds, and risk must never turn.

Written apart from the sweep of the training procedure, and on what was stored rather than on the model in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.bundle import Bundle
from models.default_probability.matrix import filled
from training.sample import Matrix

MOST_SCORES = 1_500_000  # over all features; fewer rows are swept where there are many thresholds
MOST_ROWS = 200


@dataclass(frozen=True)
class Sweep:
    """What was swept, and the features that turned, each with its largest step the wrong way (raw log-odds)."""

    features: int
    rows: int
    scores: int
    turned: tuple[tuple[str, float], ...]


def sweep(bundle: Bundle, matrix: Matrix) -> Sweep:
    """Sweep rows of the bundle's features, gaps filled as in scoring."""
    cuts = thresholds(bundle)
    signed = [at for at, direction in enumerate(bundle.directions) if direction and cuts[at]]
    points_per_row = sum(len(cuts[at]) + 1 for at in signed)
    count = max(1, min(MOST_ROWS, len(matrix), MOST_SCORES // max(points_per_row, 1)))
    rows = filled(matrix[:: max(1, len(matrix) // count)][:count], bundle)
    turned, scored = [], 0
    for at in signed:
        grid = np.array([*cuts[at], np.nextafter(cuts[at][-1], np.inf)])  # one point in each interval
        points = np.repeat(rows, len(grid), axis=0)
        points[:, at] = np.tile(grid, len(rows))
        scores = np.asarray(bundle.booster.predict(points, raw_score=True, num_threads=1)).reshape(len(rows), -1)
        steps = np.diff(scores, axis=1) * bundle.directions[at]
        if (steps < 0).any():
            turned.append((bundle.features[at], float(steps.min())))
        scored += len(points)
    return Sweep(len(signed), len(rows), scored, tuple(turned))


def thresholds(bundle: Bundle) -> list[list[float]]:
    """The thresholds at which each feature is split, over all trees."""
    found: list[set[float]] = [set() for _ in bundle.features]
    for tree in bundle.booster.dump_model()["tree_info"]:
        for node in _splits(tree["tree_structure"]):
            if node["decision_type"] == "<=":
                found[node["split_feature"]].add(float(node["threshold"]))
    return [sorted(values) for values in found]


def _splits(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "split_feature" in node:
        yield node
        yield from _splits(node["left_child"])
        yield from _splits(node["right_child"])
