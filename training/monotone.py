"""Brute force: sweep every signed feature of a bundle over all its thresholds and see that risk never turns.

What is swept is the very model that is written, whatever learner it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.default_probability import fill_missing
from models.errors import AssetlightError

MOST_ROWS = 200


class ModelNotMonotone(AssetlightError):
    """A fitted model moved against a direction that the catalogue gives."""


def thresholds(bundle: Bundle) -> list[list[float]]:
    """The thresholds at which each feature is split, over all trees; none where it is a category."""
    found: list[set[float]] = [set() for _ in bundle.features]
    for tree in bundle.booster.dump_model()["tree_info"]:
        for node in _splits(tree["tree_structure"]):
            if node["decision_type"] != "==":
                found[node["split_feature"]].add(float(node["threshold"]))
    return [sorted(values) for values in found]


def check_monotone(bundle: Bundle, matrix: NDArray[np.float64]) -> dict[str, int]:
    """Sweep each signed feature through every interval between its thresholds, for (at most 200) rows of the sample.

    `matrix` has the bundle's features. A missing value is scored at one of the values swept. Raises ModelNotMonotone.
    """
    step = max(1, len(matrix) // MOST_ROWS)
    rows = matrix[::step][:MOST_ROWS]
    swept = scored = 0
    listed = zip(bundle.features, bundle.directions, thresholds(bundle), strict=True)
    for column, (name, direction, cuts) in enumerate(listed):
        if not direction or not cuts:
            continue
        grid = np.array([*cuts, np.nextafter(cuts[-1], np.inf)])  # one point in each interval
        points = np.repeat(rows, len(grid), axis=0)
        points[:, column] = np.tile(grid, len(rows))
        steps = np.diff(_raw(points, bundle).reshape(len(rows), len(grid)), axis=1) * direction
        if (steps < 0).any():
            raise ModelNotMonotone(
                f"the model's risk turns against the direction of {name}",
                expected="risk that only rises" if direction > 0 else "risk that only falls",
                found=float(steps.min()),
                field=name,
                advice="This is a defect of the training procedure; the bundle was not written",
            )
        scored += points.shape[0]
        swept += 1
    return {"features_swept": swept, "rows": len(rows), "scores": scored, "violations": 0}


def _raw(matrix: NDArray[np.float64], bundle: Bundle) -> NDArray[np.float64]:
    rows = fill_missing(matrix, bundle.missing_as, bundle.absent_as, bundle.feeds)
    return np.asarray(bundle.booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)


def _splits(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "split_feature" in node:
        yield node
        yield from _splits(node["left_child"])
        yield from _splits(node["right_child"])
