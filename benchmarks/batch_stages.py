"""Where the CPU seconds of a batch from raw records go, stage by stage, for a million enterprises.

The run's own functions in one process, a clock around each: preparing (ties, books), then for each bucket reading who
is in it and around it, features, evidence, digests, decisions (probability, limit, reasons), rows and writing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from service.batch import bucket
from service.batch.bucket import Task, do_bucket
from service.batch.cutting import ROWS_AT_ONCE
from service.batch.inputs import books_wanted, keep_inputs
from service.batch.starting import plan_records
from service.bootstrap import build
from service.settings import read_settings

OF_SCORE = {
    "features": "features", "evidence": "evidence", "digests": "digests",
    "probability": "decisions", "limit": "decisions", "reasons": "decisions",
}  # fmt: skip


class Stages:
    """CPU seconds of this process by stage, and wall seconds."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)
        self.read: defaultdict[str, int] = defaultdict(int)
        self.mark = (time.process_time(), time.perf_counter(), bytes_read())

    def end(self, stage: str) -> None:
        """Everything since the last end was this stage."""
        now = (time.process_time(), time.perf_counter(), bytes_read())
        self.read[stage] += now[2] - self.mark[2]
        self.cpu[stage] += now[0] - self.mark[0]
        self.wall[stage] += now[1] - self.mark[1]
        self.mark = now


def bytes_read() -> int:
    """What this process has read from files so far, from the disk or from its cache."""
    return int(Path("/proc/self/io").read_text().split()[1])


@contextlib.contextmanager
def watched(stages: Stages) -> Iterator[None]:
    """The stages of preparing and of every bucket go to the clock."""
    tables_of, score, read_books = bucket.tables_of, bucket.score, bucket.read_books

    def timed_tables(*args: object, **named: object) -> object:
        stages.end("other")
        found = tables_of(*args, **named)
        stages.end("who is there")
        return found

    def timed_read(*args: object) -> object:
        stages.end("other")
        found = read_books(*args)
        stages.end("books of the bucket")
        return found

    def timed_score(*args: object, **named: object) -> object:
        stages.end("other")
        return score(*args, **named, finished=lambda stage: stages.end(OF_SCORE[stage]))

    with (
        patch.object(bucket, "tables_of", timed_tables),
        patch.object(bucket, "score", timed_score),
        patch.object(bucket, "read_books", timed_read),
    ):
        yield


def measure(home: Path, records: Path | None, day: date, most: int | None, rows_at_once: int) -> dict[str, Any]:
    """Do some buckets (all unless said) and give seconds by stage, and what they were about."""
    service = build(read_settings(home=home))
    plan = plan_records(
        service.assessor, day, records=None if records is None else str(records), rows_at_once=rows_at_once
    )
    folder = Path(tempfile.mkdtemp(prefix="stages-"))
    stages = Stages()
    chosen = plan.plan.buckets[:most]
    planned = 0
    try:
        with watched(stages):
            keep_inputs(plan.plan, folder, plan.lake)
            stages.end("prepare: ties and network, in one process")
            for one in books_wanted(plan.plan):
                do_bucket(Task(plan.plan, one, str(folder), prepares=True))
            stages.end("prepare: books, by bucket")
            prepared = sum(path.stat().st_size for path in (folder / "inputs").rglob("*.arrow"))
            for one in chosen:
                planned += do_bucket(Task(plan.plan, one, str(folder))).planned
                stages.end("rows, written")
        written = sum(path.stat().st_size for path in (folder / "scores").iterdir())
    finally:
        shutil.rmtree(folder)
        service.close()
    return {
        "buckets": len(chosen), "of": len(plan.plan.buckets), "enterprises": planned,
        "rows": sum(one.rows for one in chosen), "all_rows": plan.plan.rows,
        "prepared_bytes": prepared, "written_bytes": written,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "cpu": dict(stages.cpu), "wall": dict(stages.wall), "read": dict(stages.read),
        "stored_bytes": sum(part.size_bytes for kind in plan.lake.kinds for part in plan.lake.of(kind)),
    }  # fmt: skip


def show(found: dict[str, Any]) -> None:
    """The table of docs/cluster.md."""
    share = found["buckets"] / found["of"]
    print(
        f"\n{found['buckets']} of {found['of']} buckets, {found['enterprises']:,} enterprises, {found['rows']:,} of "
        f"{found['all_rows']:,} records; results {found['written_bytes'] / found['enterprises']:,.0f} bytes each; "
        f"prepared {found['prepared_bytes'] / 1e6:,.0f} MB; largest process {found['peak_gb']:.2f} GB"
    )
    print(f"lake {found['stored_bytes'] / 1e6:,.0f} MB")
    print("| stage | CPU s | CPU s per million enterprises | wall s | MB read |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for stage, seconds in found["cpu"].items():
        about = found["enterprises"] / share if stage.startswith("prepare") else found["enterprises"]
        print(
            f"| {stage} | {seconds:,.1f} | {seconds / about * 1e6:,.0f} | {found['wall'][stage]:,.1f} | "
            f"{found['read'][stage] / 1e6:,.0f} |"
        )


def main() -> int:
    """Measure a data directory that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="holds the model")
    parser.add_argument("--records", type=Path, help="holds lake/; default: the same")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--buckets", type=int, help="so many buckets only")
    parser.add_argument("--rows-at-once", type=int, default=ROWS_AT_ONCE)
    asked = parser.parse_args()
    found = measure(asked.home, asked.records, asked.as_of, asked.buckets, asked.rows_at_once)
    show(found)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
