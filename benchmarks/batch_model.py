"""A model of the shape that training ships, learned from outcomes out of the air: for benchmarks of batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import lightgbm
import numpy as np
import numpy.typing as npt

from models.bundle import Bundle, Calibration, PointsScale

TREES, DEPTH = 400, 4


def trained(names: Sequence[str], matrix: npt.NDArray[np.float64], as_of: date) -> Bundle:
    """Trees over some features; who defaults is drawn from ranks of the features and noise."""
    rows, columns = matrix.shape
    rng = np.random.default_rng(3)
    ranks = np.nan_to_num(matrix.argsort(axis=0).argsort(axis=0) / rows)
    risk = ranks @ rng.standard_normal(columns) + rng.normal(0, 1, rows)
    settings = {
        "objective": "binary", "max_depth": DEPTH, "num_leaves": 2**DEPTH - 1, "learning_rate": 0.05, "seed": 1,
        "min_data_in_leaf": 50, "verbosity": -1, "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    outcome = (risk > np.quantile(risk, 0.92)).astype(float)
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix, outcome, feature_name=list(names)), TREES)
    return Bundle(
        features=tuple(names),
        directions=(0,) * columns,
        missing_as=(None,) * columns,
        booster_text=booster.model_to_string(),
        calibration=Calibration(intercept=-0.2, slope=1.0),
        points=PointsScale(),
        data_origin=("simulated",),
        label_origin="simulated",
        trained_as_of=as_of,
        card={"title": "a bundle for the benchmark"},
        card_text="# A bundle for the benchmark\n",
    )
