"""Every stored enterprise scored on one day, bucket by bucket so that memory stays bounded, into Parquet and CSV."""

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

from models.decision import Decisions
from models.lake import Lake
from models.money import yuan_text
from models.scoring import CreditRequest, score, score_beside
from models.tables import NETWORK_KINDS, Books, ParquetFiles, Source, Tables, books_of, enterprises_of
from service.assessing import Assessor, product_of
from service.errors import EnterpriseUnknown
from service.shadow import beside_columns

ROWS_AT_ONCE = 250_000  # records read for one piece of the portfolio: memory, and steps of the progress bar
ROWS_IN_MEMORY = 50_000  # while the final files are written
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

    Rows are sorted by enterprise, whatever the buckets. The files appear whole or not at all. `keeper`: keeps every
    decision with what it was made from; needs `decision_ids`. Raises EnterpriseUnknown and what the stages of scoring
    raise.
    """
    policy = assessor.policy_on(as_of)
    product = product_of(request, policy)
    bundle, challenger = assessor.bundles.current(product), assessor.bundles.challenger(product)
    portfolio = Portfolio(as_of)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scoring-", dir=folder) as scratch:
        parts: list[str] = []
        shadows: list[pa.Table] = []
        books = all_books(assessor.lake, as_of) if enterprises is None else None
        if keeper is not None and decision_ids and enterprises is None:
            keeper.read_network(assessor.lake, bucket_groups(assessor.lake, rows_at_once), as_of)
        for number, (of, tables, ids) in enumerate(pieces(assessor.lake, enterprises, rows_at_once)):
            requests = dict.fromkeys(ids, request) if request else None
            decisions = score(tables, as_of, bundle, policy, requests=requests, enterprises=ids, books=books)
            named: bool | Sequence[str] = decision_ids
            if keeper is not None and decision_ids:
                named = keeper.keep(decisions, tables, number, request)
            rows = decisions.to_arrow(decision_ids=named)
            portfolio.count(rows)
            parts.append(str(Path(scratch) / f"{number}.parquet"))
            pq.write_table(rows, parts[-1])
            if challenger is not None:
                shadows.append(beside_columns(decisions, score_beside(decisions, challenger)))
            progress(len(ids), 1000 * (number + 1) // of)
        name = f"scores-{as_of.isoformat()}"
        portfolio.files = {kind: folder / f"{name}.{kind}" for kind in ("parquet", "csv")}
        drafts = {kind: Path(scratch) / f"all.{kind}" for kind in portfolio.files}
        write_sorted(parts, drafts["parquet"], drafts["csv"])
        for kind, path in portfolio.files.items():
            drafts[kind].replace(path)
        if shadows:
            pq.write_table(pa.concat_tables(shadows).sort_by("enterprise_id"), drafts["parquet"])
            portfolio.files["shadow"] = folder / f"shadow-{as_of.isoformat()}.parquet"
            drafts["parquet"].replace(portfolio.files["shadow"])
    return portfolio


class Keeper(Protocol):
    """Keeps the decisions of a portfolio (`service.portfolio_keeping`)."""

    def read_network(self, lake: Lake, groups: Sequence[Sequence[int]], as_of: date) -> None:
        """Called once before the first piece of a whole portfolio, with the buckets of every piece."""

    def keep(self, decisions: Decisions, tables: Tables, piece: int, request: CreditRequest | None) -> Sequence[str]:
        """Keep the decisions of one piece, durably; gives their ids in order."""


def all_books(lake: Lake, as_of: date) -> Books:
    """What the digests say of partners, read once for all pieces; nothing is read where nobody trades with another."""
    books = Books()
    trading = lake.trading()
    for bucket in range(lake.buckets) if trading else ():
        books.add(books_of(lake.bucket(bucket, NETWORK_KINDS), as_of, trading))
    return books


def pieces(lake: Lake, enterprises: Sequence[str] | None, rows_at_once: int) -> Iterator[tuple[int, Tables, list[str]]]:
    """The lake in pieces that fit into memory: how many, tables, and the enterprises of each."""
    if enterprises is not None:
        tables = lake.tables(enterprises=enterprises, neighbourhood=True)
        unknown = sorted(set(enterprises) - set(enterprises_of(tables)))
        if unknown:
            raise EnterpriseUnknown(
                "no record of these enterprises is stored",
                expected="ids of stored enterprises",
                found=", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""),
                field="enterprise_id",
            )
        yield 1, tables, sorted(set(enterprises))
        return
    groups = bucket_groups(lake, rows_at_once)
    for buckets in groups:
        tables = Tables(together([lake.bucket(bucket) for bucket in buckets]).by_kind, lake.around(buckets))
        yield len(groups), tables, enterprises_of(tables)


def bucket_groups(lake: Lake, rows_at_once: int) -> list[list[int]]:
    """Neighbouring buckets together as long as they hold no more than so many rows; empty buckets are left out."""
    manifest = lake.manifest()
    groups: list[list[int]] = []
    held = 0
    for bucket in range(manifest.buckets):
        rows = sum(part.rows for kind in manifest.kinds for part in manifest.of(kind, [bucket]))
        if not rows:
            continue
        if not groups or held + rows > rows_at_once:
            groups.append([])
            held = 0
        groups[-1].append(bucket)
        held += rows
    return groups


def together(parts: Sequence[Tables]) -> Tables:
    """The files of several buckets as one set of tables; a kind without rows in any of them stays an empty table."""
    by_kind: dict[str, Source] = {}
    for part in parts:
        for kind, source in part.by_kind.items():
            before = by_kind.get(kind)
            if isinstance(before, ParquetFiles) and isinstance(source, ParquetFiles):
                by_kind[kind] = ParquetFiles(before.paths + source.paths)
            elif not isinstance(before, ParquetFiles):
                by_kind[kind] = source
    return Tables(by_kind)


def write_sorted(parts: Sequence[str], parquet: Path, text: Path) -> None:
    """All parts sorted by enterprise into one Parquet and one CSV file; DuckDB spills to disk when they are many."""
    with (
        duckdb.connect(config={"threads": 1}) as connection,
        text.open("w", encoding=UTF8_WITH_BOM, newline="") as file,
    ):
        if not parts:
            return
        sorted_rows = connection.read_parquet(list(parts)).order("enterprise_id")
        reader = sorted_rows.to_arrow_reader(ROWS_IN_MEMORY)
        writing = csv.writer(file)
        writing.writerow(reader.schema.names)
        with pq.ParquetWriter(parquet, reader.schema) as columns:
            for batch in reader:
                columns.write_batch(batch)
                writing.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
