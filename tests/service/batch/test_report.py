"""The portfolio report: figures that add up to the rows, the same bytes for the same runs, and what it says aloud."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from models.lake import Lake
from models.policy import load_policy
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.batch.report.building import portfolio_report, write_report
from service.batch.report.moving import movers
from service.batch.report.rows import GRADE_LABELS, Pair, RunRows
from service.batch.report.value import PortfolioReport, Section, Table
from service.bootstrap import Service
from tests.service.batch.runs import ran, rows
from tests.service.conftest import AS_OF, TODAY, Run

POLICY = load_policy(AS_OF)
SHARE = float(POLICY.number("allocation.loss_given_default"))


@pytest.fixture
def two_runs(service: Service, tmp_path: Path) -> tuple[Path, Path]:
    """A run, and another after a large sale of E5 became known and E99 came."""
    ran(service, tmp_path / "before")
    sale = {
        "direction": "sales", "invoice_no": "big", "issued_on": "2020-02-20", "counterparty_id": "C1",
        "amount": "90000000.00", "tax": "11700000.00", "total": "101700000.00", "status": "valid",
    }  # fmt: skip
    accepted = accept_rows([{"enterprise_id": one, **sale} for one in ("E5", "E99")], INVOICE, received_on=TODAY)
    Lake(service.settings.home).append(INVOICE, accepted.rows)
    ran(service, tmp_path / "now")
    return tmp_path / "before", tmp_path / "now"


def section(report: PortfolioReport, code: str) -> Section:
    return next(one for one in report.sections if one.code == code)


def table(report: PortfolioReport, code: str) -> Table:
    return next(one for part in report.sections for one in part.tables if one.code == code)


def test_the_figures_are_those_of_the_rows(service: Service, two_runs: tuple[Path, Path]) -> None:
    """Grades, limits, expected loss, migration: each counted again from the rows in plain Python."""
    before, now = (rows(path).to_pylist() for path in two_runs)
    report = portfolio_report(RunRows.read(two_runs[1]), RunRows.read(two_runs[0]), POLICY, service.bundles.current())
    grades = Counter(row["grade"] or "-" for row in now)
    shown = {words.en if words.en != "no grade" else "-": n for words, n, *_ in table(report, "by_grade").rows}  # type: ignore[union-attr]
    assert shown == dict(grades)
    given = [row for row in now if row["outcome"] in ("approve", "reduce")]
    amounts = {row[0].en: row[1] for row in table(report, "amounts").rows}  # type: ignore[union-attr]
    assert amounts["limits given, yuan"] == sum(row["limit_fen"] for row in given)
    loss = sum(row["pd"] * SHARE * row["limit_fen"] for row in given if row["pd"] is not None)
    assert amounts["expected loss, yuan"] == pytest.approx(loss)
    was = {row["enterprise_id"]: row["grade"] or "-" for row in before}
    moved = Counter((was[row["enterprise_id"]], row["grade"] or "-") for row in now if row["enterprise_id"] in was)
    matrix = table(report, "migration")
    names = ["-" if column.words.en == "no grade" else column.words.en for column in matrix.columns[1:-1]]
    cells = {
        ("-" if row[0].en == "no grade" else row[0].en, name): value  # type: ignore[union-attr]
        for row in matrix.rows
        for name, value in zip(names, row[1:-1], strict=True)
        if value
    }
    assert cells == dict(moved)
    assert set(names) <= set(GRADE_LABELS)
    assert "1 are new and 0 are gone" in section(report, "migration").said[0].en


def test_the_top_mover_is_who_moved_most_money(service: Service, two_runs: tuple[Path, Path]) -> None:
    """Nobody from 0 to 0; the titles say the order; features stand with their points."""
    before, now = ({row["enterprise_id"]: row for row in rows(path).to_pylist()} for path in two_runs)
    given = [
        {name: row["limit_fen"] if row["outcome"] in ("approve", "reduce") else 0 for name, row in run.items()}
        for run in (before, now)
    ]
    moved = {name: given[1][name] - given[0][name] for name in before.keys() & now.keys()}
    report = portfolio_report(RunRows.read(two_runs[1]), RunRows.read(two_runs[0]), POLICY, service.bundles.current())
    by_money, by_probability = section(report, "movers").tables
    assert {row[0] for row in by_money.rows} == {name for name, change in moved.items() if change}
    assert "by change of limit in yuan" in by_money.words.en
    assert "额度变动的元数" in by_money.words.zh
    assert "by change of the default probability" in by_probability.words.en
    assert "先按违约概率变动" in by_probability.words.zh
    likelier = {
        name: abs(now[name]["pd"] - before[name]["pd"])
        for name in moved
        if now[name]["pd"] is not None and before[name]["pd"] is not None
    }
    first = by_probability.rows[0]
    assert first[0] == max(likelier, key=lambda name: likelier[name])
    assert re.search(r"[+-]\d", first[10].en)  # type: ignore[union-attr]
    changed = sum(change != 0 for change in moved.values())
    assert f"{changed} have another limit" in section(report, "movers").said[0].en


def with_limits(run: RunRows, limits: dict[str, int]) -> RunRows:
    """The run as if these were approved with these limits, in fen, and all others with none."""
    ids = run.table["enterprise_id"].to_pylist()
    table = run.table.drop_columns(["limit_fen", "outcome"])
    table = table.append_column("limit_fen", pa.array([limits.get(one, 0) for one in ids], pa.int64()))
    return replace(run, table=table.append_column("outcome", pa.array(["approve"] * len(ids))))


def test_a_change_of_limit_counts_before_the_size_of_the_limit(two_runs: tuple[Path, Path]) -> None:
    """A small change of a large limit stands behind a large change of a small one; alike ones by the larger limit."""
    before, now = (RunRows.read(path) for path in two_runs)
    before = with_limits(before, {"E1": 900, "E2": 0, "E3": 300, "E4": 80, "E5": 70})
    now = with_limits(now, {"E1": 910, "E2": 50, "E3": 250, "E4": 80, "E5": 0})
    shown = movers(Pair(now, before)).tables[0].rows
    assert [(row[0], row[3]) for row in shown] == [("E5", -70), ("E3", -50), ("E2", 50), ("E1", 10)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_runs_give_the_same_bytes_and_nothing_is_fetched(
    service: Service, two_runs: tuple[Path, Path], tmp_path: Path, language: str
) -> None:
    """Page and workbook, labelled as simulated; the page needs no network."""
    made = []
    for name in ("one", "two"):
        read = [RunRows.read(path) for path in two_runs]
        report = portfolio_report(read[1], read[0], POLICY, service.bundles.current())
        files = write_report(report, tmp_path / name, language)  # type: ignore[arg-type]
        made.append({kind: path.read_bytes() for kind, path in files.items()})
    assert made[0] == made[1]
    page = made[0]["html"].decode()
    assert ("模拟数据" if language == "zh" else "simulated: proves mechanics") in page
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org)", page)
    assert page.count("<svg") >= 4
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(made[0]["xlsx"])).sheet_names
    assert len(sheets) == len(report.sections)


def test_the_command_writes_a_report_of_one_run(service: Service, home: Path, tmp_path: Path, run: Run) -> None:
    """Without a run before: no migration and no movers, but everything else; an unfinished run is refused."""
    ran(service, tmp_path / "now")
    code, _, err = run("portfolio-report", tmp_path / "now", "--lang", "en", "--home", home)
    assert code == 0, err
    page = (tmp_path / "now" / "report" / "portfolio-en.html").read_text()
    assert "Concentration" in page
    assert "Migration" not in page
    (tmp_path / "now" / "manifest.json").unlink()
    assert run("portfolio-report", tmp_path / "now", "--home", home)[0] == 3
    assert run("portfolio-report", tmp_path / "nothing", "--home", home)[0] == 1
