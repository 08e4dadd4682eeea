"""Entries a second that are on the disk when they are acknowledged: one commit a row beside writers that share commits.

Both write the same entries by the same code on the same disk in the same run, in turns: SQLite with synchronous=FULL,
and a PostgreSQL server of its own (fsync and synchronous_commit on), which it starts and stops. The aim: 4 times.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from service.ledger import Kind, LedgerWriter, Work, append, draft
from service.ledger.verifying import verify
from service.store import Store, address_of, open_store, upgrade
from service.store.engine import open_engine
from tests import databases

AIM = 4.0
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CONTENT = {
    "as_of": "2026-11-23",
    "created_at": "2026-11-23T00:00:00.000000+00:00",
    "outcome": "approve",
    "limit_yuan": "1500000.00",
    **dict.fromkeys(("decision_sha256", "request_sha256", "rows", "bundle", "policy"), "0123456789abcdef" * 4),
    "contents": ["0123456789abcdef" * 4] * 3,
    "note": "x" * 700,
}  # with its columns about 1.6 kB, as the entry of an assessment


def one_by_one(store: Store, number: int) -> None:
    """Each entry in a commit of its own."""
    for at in range(number):
        with store.writing() as connection:
            append(connection, Kind.ASSESSMENT, f"single-{at}", "benchmark", CONTENT, at=NOW)


def together(store: Store, number: int, threads: int) -> None:
    """Each entry by a thread that waits until it is durable."""
    writer = LedgerWriter(store)

    def some(thread: int) -> None:
        for at in range(thread, number, threads):
            writer.write(Work((draft(Kind.ASSESSMENT, f"group-{at}", "benchmark", CONTENT, at=NOW),)))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(threads)))


def timed(work: Callable[[], None], number: int) -> tuple[float, float]:
    """Entries a second, and microseconds of CPU of this process for each."""
    started, cpu = perf_counter(), process_time()
    work()
    return number / (perf_counter() - started), (process_time() - cpu) / number * 1e6


def measure(store: Store, entries: int, rounds: int, threads: tuple[int, ...]) -> dict[str, object]:
    """Rates and their ratio: the median over rounds of turns next to each other."""
    single: list[tuple[float, float]] = []
    grouped: dict[int, list[tuple[float, float]]] = {count: [] for count in threads}
    one_by_one(store, 20)
    for _ in range(rounds):
        single.append(timed(lambda: one_by_one(store, entries // 10), entries // 10))
        for count in threads:
            grouped[count].append(timed(lambda count=count: together(store, entries, count), entries))
    with store.reading() as connection:
        assert list(verify_chain_only(connection)) == []
    median = statistics.median
    return {
        "one commit a row, entries/s": round(median(rate for rate, _ in single)),
        "one commit a row, CPU us": round(median(cpu for _, cpu in single)),
        "group commit": {
            f"{count} threads": {
                "entries/s": round(median(rate for rate, _ in found)),
                "CPU us": round(median(cpu for _, cpu in found)),
                "times": round(median(ours / theirs for (ours, _), (theirs, _) in zip(found, single, strict=True)), 2),
            }
            for count, found in grouped.items()
        },
    }


def verify_chain_only(connection: object) -> list[object]:
    """The chain is whole; the entries of the benchmark tell of assessments that do not exist, which is left out."""
    return [one for one in verify(connection) if "assessment" not in one.what and "content" not in one.what]  # type: ignore[arg-type]


def opened(url: str) -> Store:
    """A fresh store."""
    engine = open_engine(address_of(url), pooled=False)
    upgrade(engine)
    engine.dispose()
    return open_store(url)


def main() -> None:
    """Print one JSON object: the figures of both databases."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=5_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--threads", type=int, nargs="+", default=[8, 32, 64])
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="assetlight-bench-"))
    found: dict[str, object] = {"entry bytes": len(draft("assessment", "x", "y", CONTENT, at=NOW).body)}
    try:
        store = opened(f"sqlite:///{folder / 'ledger.sqlite3'}")
        found["sqlite"] = measure(store, given.entries, given.rounds, tuple(given.threads))
        store.close()
        try:
            cluster, server = databases.start(folder)
        except databases.PostgresqlMissing as missing:
            found["postgresql"] = f"not measured: {missing}"
        else:
            store = opened(cluster.url(cluster.create("template0")))
            found["postgresql"] = measure(store, given.entries, given.rounds, tuple(given.threads))
            store.close()
            databases.stop(server, folder / "server" / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({**found, "aim": f"{AIM:g} times"}, indent=2))


if __name__ == "__main__":
    main()
