"""Assets valued per second, four to an enterprise, and the time for one: `python -m benchmarks.valuation`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from models.valuation.data_asset import value_data_assets
from models.valuation.ip import value_ip
from models.valuation.pool import value_pool
from tests.valuation_rows import (
    AS_OF,
    WAN,
    data_numbers,
    data_set,
    data_sets,
    ip_numbers,
    pool_numbers,
    pool_row,
    pool_rows,
    right,
    rights,
)

ENTERPRISES = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
EACH = 4


def best_of(runs: int, work: Callable[[], object]) -> float:
    """Shortest wall time of some runs, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def repeated(row: pa.Table, enterprises: int, *numbers: str) -> pa.Table:
    """The one row as EACH assets of every enterprise, with numbers of their own."""
    size = enterprises * EACH
    table = row.take(pa.array(np.zeros(size, np.int64)))
    columns = {"enterprise_id": [f"E{place // EACH:07d}" for place in range(size)]}
    columns |= {number: [f"N{place}" for place in range(size)] for number in numbers}
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table


def main() -> None:
    """Print one line per engine."""
    ids = [f"E{place:07d}" for place in range(ENTERPRISES)]
    known = pa.table({"enterprise_id": ids, "verified_sales_12m_fen": [3000 * WAN] * ENTERPRISES})
    rows = {
        "ip": (rights(right(attributable_revenue_12m_fen=400 * WAN)), ("right_no",)),
        "data": (data_sets(data_set()), ("asset_no", "certificate_no")),
        "pool": (pool_rows(pool_row("X", "receivable", 100)), ("register_no",)),
    }
    engines: dict[str, Callable[[pa.Table, pa.Table], object]] = {
        "ip": lambda table, known: value_ip(table, ip_numbers(), as_of=AS_OF, facts=known),
        "data": lambda table, known: value_data_assets(table, data_numbers(), as_of=AS_OF, facts=known),
        "pool": lambda table, known: value_pool(table, pool_numbers(), as_of=AS_OF, facts=known),
    }
    for name, engine in engines.items():
        one, numbers = rows[name]
        many = repeated(one, ENTERPRISES, *numbers)
        batch = best_of(3, lambda engine=engine, many=many: engine(many, known))  # type: ignore[misc]
        single = best_of(50, lambda engine=engine, one=one: engine(one, known.slice(0, 1)))  # type: ignore[misc]
        print(f"{name:5} {ENTERPRISES * EACH / batch:>12,.0f} assets/s {1000 * single:6.2f} ms for one")


if __name__ == "__main__":
    main()
