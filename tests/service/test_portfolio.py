"""The portfolio: the same files whatever the pieces, whole or not at all."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from service.bootstrap import Service
from service.cli.score import show_portfolio
from service.errors import EnterpriseUnknown
from service.portfolio import Portfolio, bucket_groups, score_portfolio
from tests.service.conftest import AS_OF, ENTERPRISES


def test_the_files_do_not_depend_on_the_pieces(service: Service, tmp_path: Path) -> None:
    """One bucket at a time or all at once: the same bytes, sorted by enterprise."""
    for name, rows_at_once in (("single", 1), ("whole", 10**9)):
        score_portfolio(service.assessor, AS_OF, tmp_path / name, rows_at_once=rows_at_once)
    names = sorted(path.name for path in (tmp_path / "single").iterdir())
    assert names == ["scores-2020-02-29.csv", "scores-2020-02-29.parquet"]
    assert (tmp_path / "single" / names[0]).read_bytes() == (tmp_path / "whole" / names[0]).read_bytes()
    assert pq.read_table(tmp_path / "single" / names[1]).equals(pq.read_table(tmp_path / "whole" / names[1]))


def test_groups_hold_every_bucket_once(service: Service) -> None:
    """No bucket with rows is left out or read twice."""
    single = bucket_groups(service.lake, 1)
    assert all(len(group) == 1 for group in single)
    assert [bucket for group in single for bucket in group] == bucket_groups(service.lake, 10**9)[0]


def test_the_csv_opens_in_a_chinese_office_and_says_what_the_parquet_says(service: Service, tmp_path: Path) -> None:
    """UTF-8 with a byte order mark; one line per enterprise: PD, grade, limit, ceiling, reasons in two languages."""
    portfolio = score_portfolio(service.assessor, AS_OF, tmp_path)
    assert portfolio.files["csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    with portfolio.files["csv"].open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = pq.read_table(portfolio.files["parquet"]).to_pylist()
    assert [line["enterprise_id"] for line in lines] == sorted(ENTERPRISES)
    for line, row in zip(lines, rows, strict=True):
        assert float(line["pd"]) == row["pd"]
        assert line["limit_yuan"] == row["limit_yuan"]
        assert (line["grade"], line["outcome"]) == (row["grade"], row["outcome"])
        assert line["reasons_zh"]
        assert line["reasons_en"]
        if row["outcome"] == "refer":
            assert line["referred_because"]
        else:
            assert line["binding_ceiling"]


def test_the_counts_add_up(service: Service, tmp_path: Path) -> None:
    """Outcomes, grades and limits of the summary are those of the rows."""
    portfolio = score_portfolio(service.assessor, AS_OF, tmp_path)
    rows = pq.read_table(portfolio.files["parquet"]).to_pylist()
    assert portfolio.enterprises == len(rows) == sum(portfolio.by_outcome.values()) == sum(portfolio.by_grade.values())
    assert portfolio.limit_fen == sum(row["limit_fen"] for row in rows) == sum(portfolio.limit_fen_by_grade.values())
    rules = [rule for row in rows if row["outcome"] == "decline" for rule in row["binding_ceiling"].split("; ")]
    assert portfolio.declined_by == Counter(rules)
    assert portfolio.simulated  # the bundle of the tests is


def test_named_enterprises_only(service: Service, tmp_path: Path) -> None:
    """Naming enterprises scores these; a name that is not stored is refused and leaves no file."""
    portfolio = score_portfolio(service.assessor, AS_OF, tmp_path / "two", enterprises=["E7", "E3", "E7"])
    assert pq.read_table(portfolio.files["parquet"])["enterprise_id"].to_pylist() == ["E3", "E7"]
    with pytest.raises(EnterpriseUnknown, match="E98, E99"):
        score_portfolio(service.assessor, AS_OF, tmp_path / "none", enterprises=["E1", "E99", "E98"])
    assert list((tmp_path / "none").iterdir()) == []


def test_a_failure_leaves_the_earlier_files(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that breaks in the middle changes nothing and leaves no scratch."""
    folder = tmp_path / "results"
    before = score_portfolio(service.assessor, AS_OF, folder).files["csv"].read_bytes()
    counted: list[int] = []

    def break_at_second(portfolio: Portfolio, _: object) -> None:
        counted.append(portfolio.enterprises)
        if len(counted) == 2:
            raise OSError("the disk is full")

    monkeypatch.setattr(Portfolio, "count", break_at_second)
    with pytest.raises(OSError, match="disk is full"):
        score_portfolio(service.assessor, AS_OF, folder, rows_at_once=1)
    assert (folder / "scores-2020-02-29.csv").read_bytes() == before
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    ("grades", "said"),
    [({"G9": 3}, "G9"), ({"G9": 3, "-": 2}, "G9"), ({"G9": 2, "G8": 1}, None), ({"G9": 1}, None), ({"-": 4}, None)],
)
def test_one_grade_for_everybody_is_said(grades: dict[str, int], said: str | None) -> None:
    """A portfolio in one grade is named as such, for people and machines; one enterprise alone is not a portfolio."""
    portfolio = Portfolio(AS_OF, by_grade=Counter(grades))
    assert portfolio.facts()["one_grade"] == said
    heard = io.StringIO()
    show_portfolio(Console(file=heard, width=200), portfolio, 1.0)
    assert ("tells nobody apart" in heard.getvalue()) == (said is not None)
