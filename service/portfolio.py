"""Every stored enterprise scored on one day, into one Parquet and one CSV file: a batch put together."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.decision import Decisions, is_flat
from models.lake import Lake
from models.money import yuan_text
from models.policy import Policy
from models.scoring import CreditRequest
from models.tables import Tables
from service.assessing import Assessor
from service.batch.bucket import FAILURES, SCORES, SHADOW, Task, do_bucket
from service.batch.cutting import ROWS_AT_ONCE, bucket_groups, pieces, together
from service.batch.folder import RunFolder
from service.batch.plan import Bucket
from service.batch.remote import lake_at
from service.batch.running import Engine, Result, Step, run_plan
from service.batch.starting import plan_records

__all__ = ["ROWS_AT_ONCE", "Portfolio", "bucket_groups", "pieces", "score_portfolio", "together"]

ROWS_IN_MEMORY = 50_000  # while the final files are written
COUNTED = ["outcome", "grade", "limit_fen", "binding_ceiling", "data_origin", "model_data_origin"]
UTF8_WITH_BOM = "utf-8-sig"  # opens in the spreadsheet programs of Chinese offices without a question
NO_GRADE = "-"
Progress = Callable[[int, int], None]  # enterprises done in this step, share of the lake done in thousandths


@dataclass
class Portfolio:
    """What a run found: counts by outcome and grade, the sum of limits, and the files."""

    as_of: date
    enterprises: int = 0
    limit_fen: int = 0
    by_outcome: Counter[str] = field(default_factory=Counter)
    by_grade: Counter[str] = field(default_factory=Counter)
    limit_fen_by_grade: Counter[str] = field(default_factory=Counter)
    declined_by: Counter[str] = field(default_factory=Counter)  # rule -> enterprises; one may break several
    origins: set[str] = field(default_factory=set)
    failed: int = 0  # enterprises that could not be scored, which are not among the others
    files: dict[str, Path] = field(default_factory=dict)

    def count(self, rows: pa.Table) -> None:
        """Add the decisions of one bucket."""
        columns = rows.select(["outcome", "grade", "limit_fen"])
        grouped = columns.group_by(["outcome", "grade"]).aggregate([("limit_fen", "sum"), ("limit_fen", "count")])
        for found in grouped.to_pylist():
            number, limit, grade = found["limit_fen_count"], found["limit_fen_sum"] or 0, found["grade"] or NO_GRADE
            self.enterprises += number
            self.limit_fen += limit
            self.by_outcome[found["outcome"]] += number
            self.by_grade[grade] += number
            self.limit_fen_by_grade[grade] += limit
        declined = rows.filter(pc.equal(rows["outcome"], "decline"))["binding_ceiling"]
        for rules in pc.value_counts(declined).to_pylist():
            for rule in filter(None, (rules["values"] or "").split("; ")):
                self.declined_by[rule] += rules["counts"]
        for column in ("data_origin", "model_data_origin"):
            self.origins.update(text for text in pc.unique(rows[column]).to_pylist() if text)

    @property
    def simulated(self) -> bool:
        """Whether any figure was made from simulated data."""
        return any("simulated" in origin for origin in self.origins)

    @property
    def one_grade(self) -> str | None:
        """The grade that every graded enterprise has, where there are several: then the grades tell nobody apart."""
        graded = [(grade, number) for grade, number in self.by_grade.items() if grade != NO_GRADE and number]
        return graded[0][0] if len(graded) == 1 and graded[0][1] > 1 else None

    def facts(self) -> dict[str, Any]:
        """The same for a machine."""
        return {
            "as_of": self.as_of.isoformat(),
            "enterprises": self.enterprises,
            "failed": self.failed,
            "by_outcome": dict(sorted(self.by_outcome.items())),
            "by_grade": dict(sorted(self.by_grade.items())),
            "declined_by": dict(sorted(self.declined_by.items())),
            "one_grade": self.one_grade,
            "limit_yuan": yuan_text(self.limit_fen),
            "limit_yuan_by_grade": {grade: yuan_text(fen) for grade, fen in sorted(self.limit_fen_by_grade.items())},
            "data_origin": sorted(self.origins),
            "simulated": self.simulated,
            "files": {kind: str(path) for kind, path in self.files.items()},
        }


def score_portfolio(  # noqa: PLR0913  # what to score, where to, and who is told
    assessor: Assessor,
    as_of: date,
    folder: Path,
    *,
    enterprises: Sequence[str] | None = None,
    request: CreditRequest | None = None,
    decision_ids: bool = True,
    keeper: Keeper | None = None,
    rows_at_once: int = ROWS_AT_ONCE,
    progress: Progress = lambda *_: None,
) -> Portfolio:
    """Score every stored enterprise, or those named, and write `scores-DAY.parquet` and `.csv` into a folder.

    The small form of a batch: the same buckets in this process, put together. Rows are sorted by enterprise. The files
    appear whole or not at all; enterprises that cannot be scored are in `failures-DAY.parquet`, which is not there when
    all could. `keeper`: keeps every decision with what it was made from; needs `decision_ids`. Raises EnterpriseUnknown
    and what the stages of scoring raise.
    """
    portfolio = Portfolio(as_of)
    folder.mkdir(parents=True, exist_ok=True)
    planned = plan_records(
        assessor, as_of, enterprises=enterprises, request=request, decision_ids=decision_ids, rows_at_once=rows_at_once
    )
    done = 0

    def advance(step: Step) -> None:
        nonlocal done
        progress(step.planned - done, step.thousandths)
        done = step.planned

    with tempfile.TemporaryDirectory(prefix=".scoring-", dir=folder) as scratch:
        keeper = keeper if decision_ids else None
        if keeper is not None and enterprises is None and planned.lake is not None:
            keeper.read_network(
                lake_at(str(assessor.lake.root.parent), planned.lake),
                [bucket.lake for bucket in planned.plan.buckets],
                as_of,
            )
        engine = keeping(keeper, request, assessor.policy_on(as_of))
        run = run_plan(
            planned.plan, Path(scratch) / "run", planned.lake, lines=planned.lines, engine=engine, progress=advance
        )
        found = RunFolder(run.folder)
        parts = [str(path) for path in found.files(SCORES)]
        for part in parts:
            portfolio.count(pq.read_table(part, columns=COUNTED))
        portfolio.failed = run.counters["failed"]
        name = f"scores-{as_of.isoformat()}"
        portfolio.files = {kind: folder / f"{name}.{kind}" for kind in ("parquet", "csv")}
        drafts = {kind: Path(scratch) / f"all.{kind}" for kind in portfolio.files}
        write_sorted(parts, drafts["parquet"], drafts["csv"])
        for kind, path in portfolio.files.items():
            drafts[kind].replace(path)
        (folder / f"failures-{as_of.isoformat()}.parquet").unlink(missing_ok=True)
        for kind in (SHADOW, FAILURES):
            tables = [pq.read_table(path) for path in found.files(kind)]
            if tables:
                pq.write_table(pa.concat_tables(tables).sort_by("enterprise_id"), drafts["parquet"])
                portfolio.files[kind] = folder / f"{kind}-{as_of.isoformat()}.parquet"
                drafts["parquet"].replace(portfolio.files[kind])
    return portfolio


def keeping(keeper: Keeper | None, request: CreditRequest | None, policy: Policy) -> Engine:
    """Buckets in this process, every decision of them kept before its row is written if there is a keeper."""

    def engine(tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        for number, task in enumerate(tasks):
            assert not stop()  # noqa: S101  (nobody knows of the scratch folder)

            def keep(decisions: Decisions, tables: Tables, piece: int = number) -> Sequence[str]:
                assert keeper is not None  # noqa: S101
                return keeper.keep(decisions, tables, piece, request)

            yield task.bucket, do_bucket(task, None if keeper is None else keep, policy)

    return engine


class Keeper(Protocol):
    """Keeps the decisions of a portfolio (`service.portfolio_keeping`)."""

    def read_network(self, lake: Lake, groups: Sequence[Sequence[int]], as_of: date) -> None:
        """Called once before the first piece of a whole portfolio, with the buckets of every piece."""

    def keep(self, decisions: Decisions, tables: Tables, piece: int, request: CreditRequest | None) -> Sequence[str]:
        """Keep the decisions of one piece, durably; gives their ids in order."""


def write_sorted(parts: Sequence[str], parquet: Path, text: Path) -> None:
    """All parts sorted by enterprise into one Parquet and one CSV file; DuckDB spills to disk when they are many."""
    with (
        duckdb.connect(config={"threads": 1}) as connection,
        text.open("w", encoding=UTF8_WITH_BOM, newline="") as file,
    ):
        if not parts:
            return
        flat = ", ".join(f'"{name}"' for name in pq.read_schema(parts[0]).names if is_flat(name))
        sorted_rows = connection.read_parquet(list(parts)).select(flat).order("enterprise_id")
        reader = sorted_rows.to_arrow_reader(ROWS_IN_MEMORY)
        writing = csv.writer(file)
        writing.writerow(reader.schema.names)
        with pq.ParquetWriter(parquet, reader.schema) as columns:
            for batch in reader:
                columns.write_batch(batch)
                writing.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
