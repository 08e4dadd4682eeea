"""Exact contributions by table beside LightGBM, shap and plain scorers, on one model in one run. `make bench-explain`.

The model: 400 monotone trees of depth 4 over 64 features with missing values (the shape that panel training ships);
`--bundle DIR` takes a trained bundle instead. One thread is measured in processor seconds, so that
neighbours do not count; two threads in wall time. Peers that need minutes are measured on fewer rows, and the table
says on how many. `--quick` leaves the slow sizes out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import shap
import treelite
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.bundle import Bundle
from models.default_probability.exact import ExactContributions, contributions_of
from training.discrimination import auc, auc_difference

Matrix = NDArray[np.float64]
FEATURES, TRAINED, TESTED, TREES = 64, 200_000, 100_000, 400
SIZES = (1, 100, 10_000, 100_000, 1_000_000)
REFERENCE = 1_000
OURS = "tables: score and contributions"
TIMES_PRED_CONTRIB, TIMES_INTERVENTIONAL, ONE_ROW_US, EQUAL_TO_SHAP = 80.0, 5_000.0, 100.0, 1e-6


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


def seconds(work: Callable[[], object], *, wall: bool = False, repeat: int = 3) -> float:
    """The least of a few runs: processor seconds of this process, or wall seconds."""
    clock = time.perf_counter if wall else time.process_time
    best = float("inf")
    for _ in range(repeat):
        begin = clock()
        work()
        best = min(best, clock() - begin)
    return best


def repeated(work: Callable[[], object], times: int) -> Callable[[], object]:
    def many() -> None:
        for _ in range(times):
            work()

    return many


Peer = Callable[[Matrix, int], object]


def peers(booster: lightgbm.Booster, exact: ExactContributions) -> dict[str, tuple[Peer, int]]:
    """What is compared: how it is called on rows with a number of threads, and the most rows it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "model.txt"
        booster.save_model(text)
        forest = treelite.frontend.load_lightgbm_model(text)
    explainer = shap.TreeExplainer(booster)
    room = np.empty(exact.width)
    sessions = {threads: onnx_session(booster, threads) for threads in (1, 2)}

    def table(rows: Matrix, threads: int) -> object:
        return exact.of_one(rows[0], room) if len(rows) == 1 else exact.of(rows, threads)

    return {
        OURS: (table, SIZES[-1]),
        "LightGBM pred_contrib": (lambda x, t: booster.predict(x, pred_contrib=True, num_threads=t), 100_000),
        "shap.TreeExplainer": (lambda x, t: t == 1 and explainer.shap_values(x), 10_000),
        "LightGBM plain score": (lambda x, t: booster.predict(x, num_threads=t), SIZES[-1]),
        "treelite plain score": (lambda x, t: treelite.gtil.predict(forest, x, nthread=t), 100_000),
        "onnxruntime plain score": (lambda x, t: sessions[t](x), SIZES[-1]),
    }


def onnx_session(booster: lightgbm.Booster, threads: int) -> Callable[[Matrix], object]:
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


def rates(
    every: dict[str, tuple[Peer, int]], rows: Matrix, console: Console, sizes: tuple[int, ...]
) -> dict[tuple[str, int], float]:
    """Rows a second for every peer and size, one thread; shown beside those of two threads."""
    shown = Table(title="rows/s (least of several runs; - : not asked for so many)")
    shown.add_column("")
    columns = [(threads, size) for threads in (1, 2) for size in sizes if threads == 1 or size >= 10_000]
    for threads, size in columns:
        shown.add_column(f"{size:,}\n{threads} thread{'s' if threads > 1 else ''}", justify="right")
    found: dict[tuple[str, int], float] = {}
    for name, (call, most) in every.items():
        line = [name]
        for threads, size in columns:
            if size > most or (threads == 2 and name == "shap.TreeExplainer"):
                line.append("-")
                continue
            rate = rate_of(call, rows, size, threads, repeat=1 if size == most and most < SIZES[-1] else 3)
            line.append(f"{rate:,.0f}")
            if threads == 1:
                found[name, size] = rate
        shown.add_row(*line)
        console.print(f"  measured: {name}")
    console.print(shown)
    return found


def rate_of(call: Peer, rows: Matrix, size: int, threads: int, *, repeat: int) -> float:
    """Rows a second of one peer."""
    part = rows[:size] if size <= len(rows) else np.tile(rows, (size // len(rows), 1))
    call(part[: min(size, 300)], threads)
    times = max(1, 300 // size)
    return size * times / seconds(repeated(lambda: call(part, threads), times), wall=threads > 1, repeat=repeat)


def interventional(booster: lightgbm.Booster, rows: Matrix, console: Console) -> float:
    """How many times faster than shap against the same reference enterprises; they must agree to 1e-6."""
    seen = np.nan_to_num(rows)  # shap's own engine is wrong with missing values
    reference, asked = seen[:REFERENCE], seen[REFERENCE : REFERENCE + 40]
    begin = time.perf_counter()
    exact = contributions_of(booster, reference)
    made = time.perf_counter() - begin
    everyone = shap.maskers.Independent(reference, max_samples=len(reference))  # an array would be sampled down to 100
    explainer = shap.TreeExplainer(booster, data=everyone, feature_perturbation="interventional")
    expected: list[Matrix] = []
    theirs = seconds(lambda: expected.append(explainer.shap_values(asked, check_additivity=False)), repeat=1) / 40
    exact.of(seen[:1000])
    ours = seconds(lambda: exact.of(seen[:50_000])) / min(50_000, len(seen))
    apart = float(np.abs(exact.of(asked).contributions - expected[0]).max())
    console.print(
        f"against {REFERENCE:,} reference enterprises: {1 / ours:,.0f} rows/s, shap {1 / theirs:,.1f} rows/s: "
        f"{theirs / ours:,.0f}x (target {TIMES_INTERVENTIONAL:,.0f}x); apart by {apart:.1e} "
        f"(target {EQUAL_TO_SHAP:.0e}); tables made in {made:.2f} s"
    )
    if apart > EQUAL_TO_SHAP:
        raise SystemExit(1)
    return theirs / ours


def accuracy(data: Economy, shipped: lightgbm.Booster, console: Console) -> None:
    """What the shape costs: AUC on unseen enterprises beside the same trees of depth 6."""
    unseen = economy(TESTED, seed=3)
    deep = trained(data, depth=6)
    ours, theirs = (np.asarray(each.predict(unseen.matrix))[None, :] for each in (shipped, deep))
    mine, other = auc(ours, unseen.outcome), auc(theirs, unseen.outcome)
    apart = auc_difference(ours, theirs, unseen.outcome)
    console.print(
        f"AUC on {TESTED:,} unseen simulated enterprises: depth 4 {mine.value:.4f}, depth 6 {other.value:.4f}, "
        f"difference {apart.value:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]"
    )


def main() -> None:
    """Measure, print, and fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, help="measure this trained bundle instead of the synthetic model")
    parser.add_argument("--quick", action="store_true", help="no more than 10,000 rows")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="LightGBM binary classifier with TreeExplainer")
    console = Console(width=200)
    data = economy(TRAINED, seed=2)
    if arguments.bundle:
        booster = Bundle.load(arguments.bundle).booster
        rows = np.random.default_rng(4).standard_normal((100_000, booster.num_feature()))
    else:
        booster, rows = trained(data, depth=4), economy(100_000, seed=4).matrix
    begin = time.perf_counter()
    exact = contributions_of(booster)
    console.print(
        f"{booster.num_trees()} trees, {exact.width} features, {len(exact.groups):,} groups, tables "
        f"{exact.bytes / 1e6:.1f} MB made in {time.perf_counter() - begin:.2f} s"
    )
    expected = np.asarray(booster.predict(rows[:1000], pred_contrib=True))
    apart = float(np.abs(exact.of(rows[:1000]).contributions - expected[:, :-1]).max())
    console.print(f"largest difference from pred_contrib on 1,000 rows: {apart:.1e}")
    found = rates(peers(booster, exact), rows, console, SIZES[:3] if arguments.quick else SIZES)
    if not arguments.quick:
        ours = found[OURS, 100_000]
        times, plain = ours / found["LightGBM pred_contrib", 100_000], ours / found["LightGBM plain score", 100_000]
        one = 1e6 / found[OURS, 1]
        console.print(
            f"one thread, 100,000 rows: {times:,.0f}x pred_contrib (target {TIMES_PRED_CONTRIB:.0f}x), "
            f"{plain:.1f}x LightGBM's plain score (target above 1x); one row {one:.0f} us (target {ONE_ROW_US:.0f} us)"
        )
    against = interventional(booster, rows, console)
    if not arguments.bundle:
        accuracy(data, booster, console)
    if not arguments.quick:
        missed = times < TIMES_PRED_CONTRIB or plain < 1 or one > ONE_ROW_US or against < TIMES_INTERVENTIONAL
        raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
