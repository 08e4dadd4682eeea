"""A million enterprises from a table of facts to complete decisions, beside a plain script. `make bench-batch`.

Ours: `assetlight batch --features` itself, in processes: read, score, exact contributions, limits with every step,
reasons, Parquet with digests. The plain script does the same work the usual way in the same run: pandas, LightGBM,
`shap.TreeExplainer`, and the limit engine's rules called row by row (`compute_limits` on one enterprise each); on
fewer rows, since it takes minutes, and the table says on how many. `--records N` adds N enterprises from raw records
of all kinds (`benchmarks.batch_records`); `--rows 0` leaves the table of facts out. Memory is that of all processes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.batch_model import trained
from benchmarks.batch_plain import limits_one_by_one, scored_and_explained
from benchmarks.batch_records import Size, measure, state_of
from benchmarks.limits import DAY, simulated_cases
from benchmarks.processes import Cost, run
from models.bundle import Bundle
from models.features.catalogue import CATALOGUE
from models.policy import load_policy

FEATURES = 64
TRAINED = 40_000
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
    return trained(names, np.column_stack([table.column(name).to_numpy() for name in names]), DAY)


def write_facts(path: Path, rows: int) -> None:
    """The table in row groups of fifty thousand, as a feature store writes it."""
    writer = None
    for number, start in enumerate(range(0, rows, ROWS_A_GROUP)):
        part = facts(min(ROWS_A_GROUP, rows - start), number)
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part)
    assert writer is not None
    writer.close()


def ours(home: Path, features: Path, out: Path, workers: int) -> Cost:
    """What the command costs."""
    return run(
        [
            sys.executable, "-m", "service", "batch", "--as-of", DAY.isoformat(), "--features", str(features),
            "--home", str(home), "--out", str(out), "--workers", str(workers), "--json",
        ],
        lambda _: state_of(out),
    )  # fmt: skip


def plain(model: Bundle, features: Path, rows: int, out: Path) -> float:
    """Seconds of the plain script for so many rows: pandas, shap, one limit after the other."""
    policy = load_policy(DAY)
    frame = pd.read_parquet(features).head(rows)
    began = time.perf_counter()
    scored, contributions = scored_and_explained(frame[list(model.features)], model)
    facts_of = frame.drop(columns=["enterprise_id", "data_origin"])
    limits, reasons = limits_one_by_one(facts_of, scored, contributions, model.features, policy)
    frame.assign(pd=scored, limit_fen=limits, reasons=reasons).to_parquet(out)
    return time.perf_counter() - began


def main() -> int:
    """Print the figures beside the targets; 1 where one is missed at the full size, or where two ways disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="from a table of facts; 0: leave that out")
    parser.add_argument("--plain-rows", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--records", type=int, default=0, help="enterprises from raw records, e.g. 50000")
    parser.add_argument("--months", type=int, default=24, help="of raw records")
    parser.add_argument("--invoices-per-month", type=float, default=6.0, help="mean sales invoices of an enterprise")
    parser.add_argument("--buckets", type=int, default=64, help="hash buckets of the lake")
    parser.add_argument("--plain-records", type=int, default=700, help="enterprises of the plain script, at least")
    parser.add_argument("--alone", type=int, default=10, help="enterprises that are decided one by one besides")
    parser.add_argument("--keep", type=Path, help="folder for the inputs, kept for another run")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="bench-batch-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        missed = from_facts(asked, folder) if asked.rows else 0
        if asked.records:
            size = Size(
                asked.records, asked.months, asked.invoices_per_month, asked.buckets, asked.workers,
                sample=asked.plain_records, one_by_one=asked.alone,
            )  # fmt: skip
            missed += measure(folder, size)
        return int(bool(missed))
    finally:
        if not asked.keep:
            shutil.rmtree(folder)


def from_facts(asked: argparse.Namespace, folder: Path) -> int:
    """A table of facts decided on, and the plain script on some of its rows."""
    features = folder / f"facts-{asked.rows}.parquet"
    if not features.exists():
        write_facts(features, asked.rows)
    if not (folder / "bundles").exists():
        bundle().publish(folder)
    model = Bundle.load_current(folder)
    shutil.rmtree(folder / "run", ignore_errors=True)
    cost = ours(folder, features, folder / "run", asked.workers)
    slow = plain(model, features, asked.plain_rows, folder / "plain.parquet")
    size = sum(path.stat().st_size for path in (folder / "run").rglob("*") if path.is_file())
    counters = json.loads(cost.said)["counters"]
    print(f"facts {features.stat().st_size / 1e6:,.0f} MB, results {size / 1e6:,.0f} MB, counters {counters}")
    print(
        f"ours, {asked.workers} processes: {asked.rows:,} in {cost.wall_s:,.1f} s = {asked.rows / cost.wall_s:,.0f}/s, "
        f"{cost.cpu_s:,.0f} CPU s; all {cost.processes} processes together {cost.together_gb:.2f} GB at their peak, "
        f"the largest {cost.largest_gb:.2f} GB"
    )
    print(
        f"plain script: {asked.plain_rows:,} in {slow:,.1f} s = {asked.plain_rows / slow:,.0f}/s; "
        f"ours is {asked.rows / cost.wall_s / (asked.plain_rows / slow):,.0f} times that"
    )
    full = asked.rows >= 1_000_000
    return int(full and (cost.wall_s > SECONDS or cost.together_gb > GIGABYTES))


if __name__ == "__main__":
    raise SystemExit(main())
