"""A million enterprises from a table of facts to complete decisions, beside a plain script. `make bench-batch`.

Ours: `assetlight batch --features` itself, in processes: read, score, exact contributions, limits with every step,
reasons, Parquet with digests. The plain script does the same work the usual way in the same run: pandas, LightGBM,
`shap.TreeExplainer`, and the limit engine's rules called row by row (`compute_limits` on one enterprise each); on
fewer rows, since it takes minutes, and the table says on how many. `--records N` adds N enterprises from raw records
of all kinds. `--rows`, `--plain-rows` and `--workers` set the sizes.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shap

from benchmarks.limits import DAY, simulated_cases
from models.bundle import Bundle, Calibration, PointsScale
from models.features.catalogue import CATALOGUE
from models.grades import grade_index
from models.lake import Lake
from models.limits import Cases, compute_limits
from models.policy import load_policy

FEATURES = 64
TREES, DEPTH, TRAINED = 400, 4, 40_000
ROWS_A_GROUP = 50_000
SECONDS, GIGABYTES = 60.0, 6.0


def facts(rows: int, seed: int) -> pa.Table:
    """Every fact that the limit rules read, and the features of the catalogue, from a local seed."""
    cases = simulated_cases(rows, load_policy(DAY), seed)
    rng = np.random.default_rng(seed + 1)
    columns = {name: np.asarray(column) for name, column in cases.facts.items() if not name.startswith("model_")}
    for feature in CATALOGUE[:FEATURES]:
        if feature.name not in columns:
            fen = feature.name.endswith("_fen")
            values = np.floor(rng.lognormal(18, 1.5, rows)) if fen else np.round(rng.uniform(0, 1, rows), 6)
            columns[feature.name] = np.where(rng.random(rows) < 0.05, np.nan, values)
    ids = pa.array([f"E{seed:02d}{row:07d}" for row in range(rows)])
    origin = pa.array(["simulated"]).take(pa.array(np.zeros(rows, dtype=np.int64)))
    texts = {"enterprise_id": ids, "data_origin": origin}
    return pa.table(texts | {name: pa.array(column, from_pandas=True) for name, column in columns.items()})


def bundle() -> Bundle:
    """Trees of the shape that training ships, over 64 features of the catalogue."""
    names = tuple(feature.name for feature in CATALOGUE[:FEATURES])
    table = facts(TRAINED, 99)
    matrix = np.column_stack([table.column(name).to_numpy() for name in names])
    rng = np.random.default_rng(3)
    ranks = np.nan_to_num(matrix.argsort(axis=0).argsort(axis=0) / TRAINED)
    risk = ranks @ rng.standard_normal(FEATURES) + rng.normal(0, 1, TRAINED)
    settings = {
        "objective": "binary", "max_depth": DEPTH, "num_leaves": 2**DEPTH - 1, "learning_rate": 0.05, "seed": 1,
        "min_data_in_leaf": 50, "verbosity": -1, "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    outcome = (risk > np.quantile(risk, 0.92)).astype(float)
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix, outcome, feature_name=list(names)), TREES)
    return Bundle(
        features=names,
        directions=(0,) * FEATURES,
        missing_as=(None,) * FEATURES,
        booster_text=booster.model_to_string(),
        calibration=Calibration(intercept=-0.2, slope=1.0),
        points=PointsScale(),
        data_origin=("simulated",),
        label_origin="simulated",
        trained_as_of=DAY,
        card={"title": "a bundle for the benchmark"},
        card_text="# A bundle for the benchmark\n",
    )


def write_facts(path: Path, rows: int) -> None:
    """The table in row groups of fifty thousand, as a feature store writes it."""
    writer = None
    for number, start in enumerate(range(0, rows, ROWS_A_GROUP)):
        part = facts(min(ROWS_A_GROUP, rows - start), number)
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part)
    assert writer is not None
    writer.close()


def ours(home: Path, features: Path, out: Path, workers: int) -> tuple[float, float, dict[str, object]]:
    """Wall seconds, peak gigabytes of the largest process times the processes, and what the command says."""
    began = time.perf_counter()
    made = subprocess.run(
        [
            sys.executable, "-m", "service", "batch", "--as-of", DAY.isoformat(), "--features", str(features),
            "--home", str(home), "--out", str(out), "--workers", str(workers), "--json",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    return time.perf_counter() - began, peak, json.loads(made.stdout)


def records(folder: Path, enterprises: int, workers: int) -> tuple[int, float, dict[str, object]]:
    """Raw records of all kinds of simulated enterprises: simulated and imported, then the batch alone is measured."""
    own = [sys.executable, "-m", "service"]
    sample, home = folder / "sample", folder / "home"
    subprocess.run([*own, "simulate", "--out", str(sample), "--enterprises", str(enterprises)], check=True)
    files = sorted(map(str, sample.glob("*.parquet")))
    subprocess.run([*own, "import", *files, "--origin", "simulated", "--home", str(home)], check=True)
    bundle().publish(home)
    last = json.loads((sample / "simulation.json").read_text())["end"]
    began = time.perf_counter()
    command = [*own, "batch", "--as-of", last, "--home", str(home), "--out", str(folder / "records-run")]
    made = subprocess.run([*command, "--workers", str(workers), "--json"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    rows = Lake(home).manifest()
    held = sum(part.rows for kind in rows.kinds for part in rows.of(kind))
    return held, time.perf_counter() - began, json.loads(made.stdout)


def plain(model: Bundle, features: Path, rows: int, out: Path) -> float:
    """Seconds of the plain script for so many rows: pandas, shap, one limit after the other."""
    policy = load_policy(DAY)
    frame = pd.read_parquet(features).head(rows)
    began = time.perf_counter()
    booster = lightgbm.Booster(model_str=model.booster_text)
    matrix = frame[list(model.features)]
    raw = booster.predict(matrix, raw_score=True)
    pd_ = 1 / (1 + np.exp(-(model.calibration.intercept + model.calibration.slope * raw)))
    contributions = shap.TreeExplainer(booster).shap_values(matrix)
    limits, reasons = [], []
    names = [name for name in frame.columns if name not in ("enterprise_id", "data_origin")]
    for row in range(rows):
        one = frame.iloc[row]
        cases = Cases(
            facts={name: np.array([float(one[name])]) for name in names}
            | {feature.name: np.array([np.nan]) for feature in CATALOGUE if feature.name not in names},
            grade=grade_index(np.array([pd_[row]]), policy.upper_pd),
            products=tuple(policy.products.values()),
            product=np.zeros(1, dtype=np.int64),
            requested_fen=np.full(1, -1, dtype=np.int64),
            policy=policy,
        )
        found = compute_limits(cases)
        limits.append(int(found.limit_fen[0]))
        worst = np.argsort(contributions[row])[::-1][:4]
        reasons.append("; ".join(model.features[place] for place in worst))
    frame.assign(pd=pd_, limit_fen=limits, reasons=reasons).to_parquet(out)
    return time.perf_counter() - began


def main() -> int:
    """Print the figures beside the targets; 1 where one is missed at the full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plain-rows", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--records", type=int, default=0, help="enterprises from raw records, e.g. 50000")
    parser.add_argument("--keep", type=Path, help="folder for the inputs, kept for another run")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="bench-batch-"))
    folder.mkdir(parents=True, exist_ok=True)
    features = folder / f"facts-{asked.rows}.parquet"
    if not features.exists():
        write_facts(features, asked.rows)
    if not (folder / "bundles").exists():
        bundle().publish(folder)
    model = Bundle.load_current(folder)
    shutil.rmtree(folder / "run", ignore_errors=True)
    seconds, gigabytes, said = ours(folder, features, folder / "run", asked.workers)
    slow = plain(model, features, asked.plain_rows, folder / "plain.parquet")
    size = sum(path.stat().st_size for path in (folder / "run").rglob("*") if path.is_file())
    print(f"facts {features.stat().st_size / 1e6:,.0f} MB, results {size / 1e6:,.0f} MB, counters {said['counters']}")
    print(
        f"ours, {asked.workers} processes: {asked.rows:,} in {seconds:,.1f} s = {asked.rows / seconds:,.0f}/s, "
        f"largest process {gigabytes:.2f} GB"
    )
    print(
        f"plain script: {asked.plain_rows:,} in {slow:,.1f} s = {asked.plain_rows / slow:,.0f}/s; "
        f"ours is {asked.rows / seconds / (asked.plain_rows / slow):,.0f} times that"
    )
    if asked.records:
        held, took, told = records(folder, asked.records, asked.workers)
        print(
            f"from {held:,} raw records of all kinds: {asked.records:,} enterprises in {took:,.1f} s = "
            f"{asked.records / took:,.0f}/s, counters {told['counters']}"
        )
    if not asked.keep:
        shutil.rmtree(folder)
    full = asked.rows >= 1_000_000
    return int(full and (seconds > SECONDS or gigabytes * asked.workers > GIGABYTES))


if __name__ == "__main__":
    raise SystemExit(main())
