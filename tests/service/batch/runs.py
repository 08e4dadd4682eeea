"""Runs for the tests of batches: a plan on the small bank with one bucket a hash bucket, and what a folder holds."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.batch.folder import LOCK, STATE, RunFolder
from service.batch.running import Engine, Ran, in_this_process, run_plan
from service.batch.starting import Planned, plan_records
from service.bootstrap import Service
from tests.service.conftest import AS_OF


def planned(service: Service, **more: object) -> Planned:
    """Every stored enterprise on AS_OF, each hash bucket by itself."""
    return plan_records(service.assessor, AS_OF, rows_at_once=1, **more)  # type: ignore[arg-type]


def ran(service: Service, folder: Path, engine: Engine = in_this_process, **more: object) -> Ran:
    """A run to its end."""
    plan = planned(service, **more)
    return run_plan(plan.plan, folder, plan.lake, engine=engine)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run that does not tell of moments."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (LOCK, STATE)
    }


def rows(folder: Path, kind: str = "scores") -> pa.Table:
    """All rows of one kind, by enterprise."""
    return pa.concat_tables([pq.read_table(path) for path in RunFolder(folder).files(kind)]).sort_by("enterprise_id")
