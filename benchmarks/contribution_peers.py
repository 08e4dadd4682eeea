"""What contributions by table are compared with: LightGBM, shap, treelite and onnxruntime, on one model."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import shap
import treelite
from numpy.typing import NDArray

from models.default_probability.exact import ExactContributions

Matrix = NDArray[np.float64]
Call = Callable[[Matrix, int], object]
FEATURES, TREES = 64, 400
OURS, CONTRIB, SHAP, PLAIN = (
    "tables: score and contributions", "LightGBM pred_contrib", "shap.TreeExplainer", "LightGBM plain score",
)  # fmt: skip
TREELITE, ONNX = "treelite plain score", "onnxruntime plain score"


@dataclass(frozen=True)
class Peer:
    """How it is called on rows with a number of threads, and on how many rows at most its rate is measured, with one
    thread and with two (0: not asked)."""

    call: Call
    most: tuple[int, int]


@dataclass(frozen=True)
class Economy:
    """Random enterprises: half of the features matter, two interact, one in twenty values is missing."""

    matrix: Matrix
    outcome: Matrix
    directions: list[int]


def economy(rows: int, seed: int) -> Economy:
    """Rows of one fixed world; `seed` draws the enterprises."""
    world = np.random.default_rng(1)
    weight = world.standard_normal(FEATURES) * (world.random(FEATURES) < 0.6)
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((rows, FEATURES))
    log_odds = matrix @ weight * 0.35 + 0.5 * matrix[:, 0] * matrix[:, 1] - 0.4 * np.abs(matrix[:, 2]) - 2.6
    outcome = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    return Economy(matrix, outcome, [int(np.sign(w)) if j % 2 else 0 for j, w in enumerate(weight)])


def trained(data: Economy, depth: int) -> lightgbm.Booster:
    """The shape under test at depth 4; the same with depth 6 is what it is compared with."""
    settings = {
        "objective": "binary", "max_depth": depth, "num_leaves": 2**depth - 1, "learning_rate": 0.05, "seed": 1,
        "monotone_constraints": data.directions, "monotone_constraints_method": "basic", "min_data_in_leaf": 50,
        "verbosity": -1, "num_threads": os.cpu_count(), "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    return lightgbm.train(settings, lightgbm.Dataset(data.matrix, data.outcome), TREES)


def peers(booster: lightgbm.Booster, exact: ExactContributions) -> dict[str, Peer]:
    """Everybody. Who would need minutes for a million rows is measured on fewer."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "model.txt"
        booster.save_model(text)
        forest = treelite.frontend.load_lightgbm_model(text)
    explainer = shap.TreeExplainer(booster)
    room = np.empty(exact.width)
    sessions = {threads: _onnx_session(booster, threads) for threads in (1, 2)}

    def table(rows: Matrix, threads: int) -> object:
        return exact.of_one(rows[0], room) if len(rows) == 1 else exact.of(rows, threads)

    million, most, few = 1_000_000, 100_000, 10_000
    return {
        OURS: Peer(table, (million, million)),
        CONTRIB: Peer(lambda x, t: booster.predict(x, pred_contrib=True, num_threads=t), (few, few)),
        SHAP: Peer(lambda x, _: explainer.shap_values(x), (few, 0)),
        PLAIN: Peer(lambda x, t: booster.predict(x, num_threads=t), (million, most)),
        TREELITE: Peer(lambda x, t: treelite.gtil.predict(forest, x, nthread=t), (most, most)),
        ONNX: Peer(lambda x, t: sessions[t](x), (million, most)),
    }


def _onnx_session(booster: lightgbm.Booster, threads: int) -> Callable[[Matrix], object]:
    """The model in ONNX, which scores in single precision."""
    import onnxruntime  # noqa: PLC0415
    from onnxmltools import convert_lightgbm  # noqa: PLC0415
    from onnxmltools.convert.common.data_types import FloatTensorType  # noqa: PLC0415

    inputs = [("x", FloatTensorType([None, booster.num_feature()]))]
    model = convert_lightgbm(booster, initial_types=inputs, zipmap=False, target_opset=15)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, {"x": rows.astype(np.float32)})
