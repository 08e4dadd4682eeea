"""A portfolio from raw records of every kind: simulated, imported, decided; then beside it the plain script.

`assetlight batch` decides on everybody from the lake. The script (`benchmarks.batch_plain`) does its part of that work
on some hash buckets of the same lake, in one process as such scripts run, and is scaled by the enterprises. What
both compute must be equal, and some enterprises decided one by one must be the rows of the batch to the byte.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.batch_model import trained
from benchmarks.batch_plain import decided, differences, files_by_kind
from benchmarks.batch_plain_features import MODEL_FEATURES
from benchmarks.processes import Cost, run
from benchmarks.raw_records import Raw
from models.bundle import Bundle
from models.features import compute_features
from models.features.catalogue import CATALOGUE
from models.lake import Lake
from models.policy import load_policy
from models.scoring import score

OWN = [sys.executable, "-m", "service"]
LEARNT_FROM = 5_000  # enterprises


@dataclass(frozen=True)
class Size:
    """What is simulated, how it is kept, and how much of it the plain script does."""

    enterprises: int
    months: int
    invoices_per_month: float
    buckets: int
    workers: int
    sample: int
    one_by_one: int


def measure(folder: Path, size: Size) -> int:
    """Simulate, import and run what is not there yet; print the figures. 1 where something disagrees."""
    home, out = folder / "home", folder / "records-run"
    last = prepare(folder, size)
    model = model_for(home, last)
    shutil.rmtree(out, ignore_errors=True)
    command = [*OWN, "batch", "--as-of", last.isoformat(), "--home", str(home), "--out", str(out)]
    told("assetlight batch")
    cost = run([*command, "--workers", str(size.workers), "--json"], lambda _: state_of(out))
    counters = json.loads(cost.said)["counters"]
    lake = Lake(home)
    manifest = lake.manifest()
    held = sum(part.rows for kind in manifest.kinds for part in manifest.of(kind))
    planned = int(counters["planned"])
    print(
        f"from {held:,} raw records of {len(manifest.kinds)} kinds, {size.months} months, {manifest.buckets} buckets:\n"
        f"ours, {size.workers} processes: {planned:,} enterprises in {cost.wall_s:,.0f} s = "
        f"{planned / cost.wall_s:,.0f}/s, {cost.cpu_s:,.0f} CPU s; all processes together {cost.together_gb:.2f} GB "
        f"at their peak, the largest {cost.largest_gb:.2f} GB; {counters}"
    )
    compared = beside(lake, last, model, size, cost, planned, out)
    return compared + one_by_one(home, last, out, size.one_by_one)


def prepare(folder: Path, size: Size) -> date:
    """The simulated sample and the lake, made where they are not there; gives the last day."""
    sample, home = folder / "sample", folder / "home"
    if not (sample / "simulation.json").exists():
        told(f"simulate {size.enterprises:,} enterprises")
        subprocess.run(
            [
                *OWN, "simulate", "--out", str(sample), "--enterprises", str(size.enterprises),
                "--months", str(size.months), "--invoices-per-month", str(size.invoices_per_month),
            ],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    if not (home / "lake" / "manifest.json").exists():
        told("import")
        files = sorted(map(str, sample.glob("*.parquet")))
        buckets = ["--buckets", str(size.buckets)]
        cost = run(
            [*OWN, "import", *files, "--origin", "simulated", "--home", str(home), *buckets, "--json"],
            lambda _: f"{sum(1 for _ in home.glob('lake/*/*/*.parquet')):,} files",
        )
        said = json.loads(cost.said)
        print(
            f"import: {said['read']:,} rows in {cost.wall_s:,.0f} s, {cost.cpu_s:,.0f} CPU s, {cost.together_gb:.2f} GB"
        )
    report = json.loads((sample / "simulation.json").read_text())
    return date.fromisoformat(report["end"])


def model_for(home: Path, as_of: date) -> Bundle:
    """The model in force, or one that is learned from the features of some buckets and outcomes out of the air."""
    if not (home / "bundles" / "CURRENT").exists():
        told("train")
        lake, wanted = Lake(home), {feature.name: feature for feature in CATALOGUE if feature.name in MODEL_FEATURES}
        parts: list[pa.Table] = []
        for number in range(lake.buckets):
            if sum(part.num_rows for part in parts) >= LEARNT_FROM:
                break
            parts.append(compute_features(lake.bucket(number), as_of, features=[wanted[n] for n in MODEL_FEATURES]))
        table = pa.concat_tables(parts)
        matrix = np.column_stack([table.column(name).to_numpy() for name in MODEL_FEATURES])
        trained(MODEL_FEATURES, matrix, as_of).publish(home)
    return Bundle.load_current(home)


def beside(lake: Lake, as_of: date, model: Bundle, size: Size, cost: Cost, planned: int, out: Path) -> int:
    """Run the plain script on hash buckets up to the sample, and compare."""
    manifest = lake.manifest()
    policy = load_policy(as_of)
    done: list[pd.DataFrame] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(manifest.buckets):
        if sum(map(len, done)) >= size.sample:
            break
        parts = {kind: manifest.of(kind, [number]) for kind in manifest.kinds}
        told(f"plain script, hash bucket {number}")
        done.append(decided(Raw(files_by_kind(lake.root, parts), as_of), model, policy))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = sum(map(len, done))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"plain script, 1 process: {rows:,} of them in {wall:,.1f} s = {rows / wall:,.0f}/s, {cpu:,.1f} CPU s, "
        f"{peak:.2f} GB; all of them would take {wall / rows * planned:,.0f} s and {cpu / rows * planned:,.0f} CPU s.\n"
        f"By rate ours is {planned / cost.wall_s / (rows / wall):,.1f} times the script, by CPU "
        f"{cpu / rows / (cost.cpu_s / planned):,.1f} times, and does more: see benchmarks/batch_plain.py"
    )
    ours = pa.concat_tables([pq.read_table(path, partitioning=None) for path in sorted((out / "scores").iterdir())])
    unlike = [words for part in done for words in differences(part, ours, model)]
    print(
        f"{len(model.features)} features, their points and the probability of these {rows:,}: "
        + ("all as the batch says them" if not unlike else f"{len(unlike)} columns differ")
    )
    for words in unlike[:20]:
        print(f"  {words}")
    return int(bool(unlike))


def one_by_one(home: Path, as_of: date, out: Path, number: int) -> int:
    """Some enterprises each alone, the books around it found for it alone: the rows of the batch to the byte, or 1.

    By the lake and `score`, as the API and `assetlight score --enterprise` do; those find who trades with whom anew for
    every question, here it is found once for all.
    """
    ours = pa.concat_tables([pq.read_table(path, partitioning=None) for path in sorted((out / "scores").iterdir())])
    ids = ours.column("enterprise_id").to_pylist()
    places = random.Random(5).sample(range(len(ids)), min(number, len(ids)))  # noqa: S311
    lake, model, policy = Lake(home).pinned(), Bundle.load_current(home), load_policy(as_of)
    unlike = []
    for place in places:
        told(f"alone: {ids[place]}")
        tables = lake.tables(enterprises=[ids[place]], neighbourhood=True)
        alone = score(tables, as_of, model, policy, enterprises=[ids[place]]).to_arrow(decision_ids=False)
        if text_of(alone) != text_of(ours.take([place]).select(alone.column_names)):
            unlike.append(ids[place])
    print(f"{len(places)} enterprises each alone: {len(places) - len(unlike)} equal to the byte {unlike or ''}")
    return int(bool(unlike))


def text_of(row: pa.Table) -> str:
    """Every value in full; floats to the last bit."""
    return repr(row.to_pylist())


def state_of(out: Path) -> str | None:
    """How far a run is."""
    try:
        told_so: dict[str, Any] = json.loads((out / "state.json").read_text())
    except (OSError, ValueError):
        return "preparing"
    left = told_so.get("seconds_left")
    return f"{told_so['buckets_done']} of {told_so['buckets']} buckets, {told_so['planned']:,} enterprises" + (
        f", {left:,.0f} s left" if left else ""
    )


def told(words: str) -> None:
    """What is under way."""
    sys.stderr.write(f"{words} ...\n")
