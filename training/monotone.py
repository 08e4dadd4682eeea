"""Brute force: sweep every signed feature of a fitted model over all its thresholds and see that risk never turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError
from training.fit import FittedModel

MOST_ROWS = 200


class ModelNotMonotone(AssetlightError):
    """A fitted model moved against a direction that the catalogue gives."""


def thresholds(model: FittedModel) -> list[list[float]]:
    """The thresholds at which each kept feature is split, over all trees."""
    found: list[set[float]] = [set() for _ in model.kept]
    for tree in model.booster.dump_model()["tree_info"]:
        for node in _splits(tree["tree_structure"]):
            found[node["split_feature"]].add(float(node["threshold"]))
    return [sorted(values) for values in found]


def check_monotone(
    model: FittedModel, matrix: NDArray[np.float64], names: Sequence[str], directions: Sequence[int]
) -> dict[str, int]:
    """Sweep each signed feature through every interval between its thresholds, for (at most 200) rows of the sample.

    A missing value is scored at one of these values, so the sweep covers it. Raises ModelNotMonotone.
    """
    cuts = dict(zip(model.kept, thresholds(model), strict=True))
    step = max(1, len(matrix) // MOST_ROWS)
    rows = matrix[::step][:MOST_ROWS]
    swept = scored = 0
    for column, (name, direction) in enumerate(zip(names, directions, strict=True)):
        if not direction or not cuts.get(column):
            continue
        grid = np.array([*cuts[column], np.nextafter(cuts[column][-1], np.inf)])  # one point in each interval
        points = np.repeat(rows, len(grid), axis=0)
        points[:, column] = np.tile(grid, len(rows))
        steps = np.diff(model.raw(points).reshape(len(rows), len(grid)), axis=1) * direction
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


def _splits(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "split_feature" in node:
        yield node
        yield from _splits(node["left_child"])
        yield from _splits(node["right_child"])
