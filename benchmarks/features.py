"""Features at size: 20 million invoices of 200,000 enterprises, ours beside DuckDB by hand, polars and pandas.

`make bench-features` makes the invoices in a temporary directory and runs every way in a process of its own, one after
the other, in rounds; wall, CPU and the largest resident set are the whole process's, start and imports included, and
the table gives the median round. `--invoices 200000 --enterprises 2000` is a small form; it checks that all agree.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.feature_engines import AS_OF, SUBSET, by_duckdb, by_pandas, by_polars
from benchmarks.feature_rows import invoice_rows, write_invoices
from models.features import CATALOGUE, compute_features
from models.features.feature import Feature
from models.records import KINDS
from models.tables import ParquetFiles, Tables, concatenated, input_digests, record_origins
from training.simulate.feeds.everything import tables_of
from training.simulate.world import Plan, build

ROOT = Path(__file__).resolve().parents[1]
QUARTER_ENDS = [date(y, m, d) for y in range(2020, 2025) for m, d in ((3, 31), (6, 30), (9, 30), (12, 31))]
PANEL = [day for day in QUARTER_ENDS if day <= AS_OF][-16:]
ONE_FIRM_ROWS = 2000
FAMILIES = ("trade", "invoice_quality", "counterparties", "purchases", "margin_and_tax")
INVOICE_FEATURES = tuple(feature for feature in CATALOGUE if feature.family in FAMILIES)


def ours(paths: Sequence[str], features: Sequence[Feature], as_of: date | Sequence[date] = AS_OF) -> pa.Table:
    """The way of the product: the same call that serves one enterprise."""
    return compute_features(Tables({"invoice": ParquetFiles(tuple(paths))}), as_of, features=features)


def subset() -> list[Feature]:
    """The features that every way computes."""
    by_name = {feature.name: feature for feature in CATALOGUE}
    return [by_name[name] for name in SUBSET]


WAYS: dict[str, Callable[[Sequence[str]], pa.Table]] = {
    "subset: ours": lambda paths: ours(paths, subset()).drop(["as_of"]),
    "subset: DuckDB by hand": by_duckdb,
    "subset: polars": by_polars,
    "subset: pandas": by_pandas,
    "all invoice families, 1 date": lambda paths: ours(paths, INVOICE_FEATURES),
    "all invoice families, 16 quarters": lambda paths: ours(paths, INVOICE_FEATURES, PANEL),
}


def in_own_process(way: str, folder: Path, answer: Path | None) -> dict[str, float]:
    """One way in a process of its own: wall and CPU seconds, largest resident set in MB, rows."""
    command = [sys.executable, "-m", "benchmarks.features", "--way", way, "--folder", str(folder)]
    if answer is not None:
        command += ["--answer", str(answer)]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, subprocess.Popen(command, stdout=out, cwd=ROOT) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise SystemExit(f"{way} ended with {process.returncode}")
    return {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        **json.loads(text),
    }


def differences(answers: Sequence[pa.Table]) -> dict[str, float]:
    """Each way's largest relative difference from ours, over all values; nulls must be where ours are.

    `answers`: those of the ways of the subset, in order.
    """
    expected = answers[0]
    worst = {}
    for way, found in zip([way for way in WAYS if way.startswith("subset")][1:], answers[1:], strict=True):
        assert found.column("enterprise_id").to_pylist() == expected.column("enterprise_id").to_pylist(), way
        worst[way] = 0.0
        for name in SUBSET:
            left, right = (table.column(name).to_numpy() for table in (expected, found))
            assert (np.isnan(left) == np.isnan(right)).all(), f"{way}: {name} is null elsewhere"
            known = ~np.isnan(left)
            gap = np.abs(left[known] - right[known]) / np.maximum(1e-9, np.abs(left[known]))
            gap[np.abs(left[known] - right[known]) < 1e-7] = 0  # a root of almost nothing
            worst[way] = max(worst[way], float(gap.max(initial=0.0)))
        assert worst[way] < 1e-9, f"{way} differs by {worst[way]}"
    return worst


def firms(count: int = 5) -> tuple[Tables, list[str]]:
    """A small simulated economy of every kind, and the enterprises of it that were given 2,000 invoices each."""
    world = build(Plan(enterprises=60, months=36, seed=5, start=date(2021, 6, 1)), lambda _: None)
    by_kind: dict[str, list[pa.Table]] = {}
    for kind, table in tables_of(world, 0, 60, invoices_only=False):
        by_kind.setdefault(kind, []).append(table)
    tables = {kind: concatenated(KINDS[kind], parts) for kind, parts in by_kind.items()}
    kinds_of = Counter(name for table in tables.values() for name in pc.unique(table["enterprise_id"]).to_pylist())
    chosen = [name for name, _ in sorted(kinds_of.items(), key=lambda item: (-item[1], item[0]))[:count]]
    given = invoice_rows(np.arange(count), np.full(count, ONE_FIRM_ROWS), seed=7)
    names = pa.array(np.repeat(chosen, ONE_FIRM_ROWS).tolist())
    others = tables["invoice"].filter(pc.invert(pc.is_in(tables["invoice"]["enterprise_id"], pa.array(chosen))))
    tables["invoice"] = concatenated(KINDS["invoice"], [given.set_column(0, "enterprise_id", names), others])
    return Tables(tables), chosen


def of_firm(tables: Tables, name: str) -> Tables:
    """The rows of one enterprise; a kind without any is an empty table, as the lake gives it."""
    return Tables(
        {
            kind: rows.filter(pc.equal(rows["enterprise_id"], name)).combine_chunks()
            for kind, rows in tables.by_kind.items()
        }
    )


def one_firm(calls: int) -> dict[str, Any]:
    """Median milliseconds (wall, CPU) of one enterprise once the day is planned; it must equal the batch."""
    tables, chosen = firms()
    each = [of_firm(tables, name) for name in chosen]
    batch = compute_features(tables, AS_OF)
    batch = batch.filter(pc.is_in(batch["enterprise_id"], pa.array(chosen)))
    works: dict[str, Callable[[Tables, str], pa.Table]] = {
        "features": lambda given, name: compute_features(given, AS_OF, [name]),
        "input digest": lambda given, name: input_digests(given, AS_OF, [name]),
        "origins": lambda given, name: record_origins(given, AS_OF, [name]),
    }
    found = pa.concat_tables([works["features"](given, name) for given, name in zip(each, chosen, strict=True)])
    assert found.sort_by("enterprise_id").equals(batch), "one enterprise differs from the batch"
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for call in range(calls):
        given, enterprise = each[call % len(each)], chosen[call % len(each)]
        for name, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work(given, enterprise)
            times[name].append((1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)))
    return {
        "kinds": len(tables.by_kind),
        "features": len(CATALOGUE),
        "rows": sum(len(rows) for rows in each[0].by_kind.values()),
        "ms": {name: [median(wall for wall, _ in t), median(cpu for _, cpu in t)] for name, t in times.items()},
    }


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything, as one JSON value."""
    began = time.perf_counter()
    paths = write_invoices(folder / "rows", arguments.enterprises, arguments.invoices)
    megabytes = sum(Path(path).stat().st_size for path in paths) / 1e6
    print(f"made {arguments.invoices:,} invoices, {megabytes:.0f} MB, {time.perf_counter() - began:.0f} s", flush=True)
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for turn in range(arguments.rounds):
        for number, way in enumerate(WAYS):
            answer = folder / f"answer-{number}.parquet" if turn == 0 and way.startswith("subset") else None
            runs[way].append(in_own_process(way, folder / "rows", answer))
            last = runs[way][-1]
            print(f"{way}: {last['wall_s']:.1f} s, CPU {last['cpu_s']:.1f} s, {last['peak_mb']:.0f} MB", flush=True)
    ways = {way: {key: median(run[key] for run in each) for key in each[0]} for way, each in runs.items()}
    return {
        "invoices": arguments.invoices,
        "enterprises": arguments.enterprises,
        "rounds": arguments.rounds,
        "ways": ways,
        "largest_difference": differences([pq.read_table(path) for path in sorted(folder.glob("answer-*.parquet"))]),
        "one_firm": one_firm(arguments.calls),
    }


def report(found: dict[str, Any]) -> str:
    """The table of the README."""
    ways = found["ways"]
    lines = ["| Way | rows | wall s | CPU s | peak MB |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {way} | {run['rows']:,.0f} | {run['wall_s']:.1f} | {run['cpu_s']:.1f} | {run['peak_mb']:,.0f} |"
        for way, run in ways.items()
    ]
    for key, unit in (("wall_s", "wall"), ("cpu_s", "CPU")):
        hand = ways["subset: ours"][key] / ways["subset: DuckDB by hand"][key]
        panel = ways["all invoice families, 16 quarters"][key] / ways["all invoice families, 1 date"][key]
        lines.append(
            f"{unit}: ours / DuckDB by hand {hand:.2f} (at most 1.5); 16 dates / 1 date {panel:.2f} (at most 5)"
        )
    one = found["one_firm"]
    spent = ", ".join(f"{name} {wall:.1f} ({cpu:.1f})" for name, (wall, cpu) in one["ms"].items())
    lines.append(
        f"one enterprise, {one['rows']:,} rows of {one['kinds']} kinds, {one['features']} features: "
        f"median ms wall (CPU): {spent}; equal to the batch"
    )
    return "\n".join(lines)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=20_000_000)
    parser.add_argument("--enterprises", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        table = WAYS[arguments.way](sorted(str(path) for path in arguments.folder.glob("*.parquet")))
        if arguments.answer:
            pq.write_table(table, arguments.answer)
        print(json.dumps({"rows": table.num_rows}))
        return
    with tempfile.TemporaryDirectory(prefix="assetlight-bench-") as folder:
        found = measure(arguments, Path(folder))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    print(report(found))


if __name__ == "__main__":
    main()
