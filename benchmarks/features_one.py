"""One enterprise's features from its raw rows: 2,000 invoices, every kind connected, with and without neighbours.

`python -m benchmarks.features_one` prints the median and 95th percentile of wall time and the median of CPU time. The
rows are drawn from the contracts of the kinds with a local seed: they show cost, nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from models.features import CATALOGUE, compute_features
from models.records import KINDS
from models.tables import Tables
from tests.models.features.kind_rows import kind_rows
from tests.record_rows import record_table

AS_OF = date(2023, 12, 31)
ROWS = {"invoice": 2_000, "payment": 1_500, "receivable": 600, "trade_order": 400, "machine_day": 2_000}
FEW = 30
NEIGHBOURS = 20


def rows_of(kind: str, enterprise: str, count: int, rng: Random, given: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    drawn = [field.name for field in KINDS[kind].fields]
    while len(rows) < count:
        rows += kind_rows(KINDS[kind], AS_OF, drawn, rng, {**given, "enterprise_id": [enterprise]})
    return rows[:count]


def enterprise(neighbours: int) -> Tables:
    """One enterprise with every kind, and the invoices of so many neighbours that trade with it and each other."""
    rng = Random(1)  # noqa: S311
    names = ["A", *(f"N{n:02d}" for n in range(neighbours))]
    parties = {"counterparty_id": [*names, *(f"X{n:03d}" for n in range(60))]} if neighbours else {}
    own = {
        name: record_table(
            KINDS[name], rows_of(name, "A", ROWS.get(name, FEW), rng, parties if name == "invoice" else {})
        )
        for name in KINDS
    }
    if not neighbours:
        return Tables(own)
    around = [row for name in names[1:] for row in rows_of("invoice", name, 300, rng, parties)]
    return Tables(own, {"invoice": record_table(KINDS["invoice"], around)})


def measured(call: Callable[[], object], repeats: int) -> str:
    for _ in range(3):
        call()
    wall, cpu = [], []
    for _ in range(repeats):
        began, began_cpu = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - began) * 1e3)
        cpu.append((time.process_time() - began_cpu) * 1e3)
    p95 = sorted(wall)[int(len(wall) * 0.95)]
    return f"median {statistics.median(wall):6.1f} ms   p95 {p95:6.1f} ms   CPU {statistics.median(cpu):6.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    tables = enterprise(0)
    print(f"{len(CATALOGUE)} features of one enterprise, {sum(t.num_rows for t in tables.by_kind.values())} rows")  # type: ignore[union-attr]
    print("all kinds                  ", measured(lambda: compute_features(tables, AS_OF, ["A"]), repeats))
    network = enterprise(NEIGHBOURS)
    print("and neighbourhood          ", measured(lambda: compute_features(network, AS_OF, ["A"]), repeats))
    for family in sorted({feature.family for feature in CATALOGUE}):
        chosen = [feature for feature in CATALOGUE if feature.family == family]
        text = measured(lambda chosen=chosen: compute_features(network, AS_OF, ["A"], chosen), max(repeats // 4, 3))  # type: ignore[misc]
        print(f"  {family:25}", text)


if __name__ == "__main__":
    main()
