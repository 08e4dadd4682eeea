"""From records to a report: at the end of training, and made again by somebody who did not train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from models.lake import Lake
from tests import factories
from tests.loan_books import economy
from training.cli import commands
from training.validation.redo import CannotBeRedone, Redo, request_of
from training.validation.report import ValidationReport, parse_report

FEW = "sales_3m_fen,sales_12m_fen,sales_24m_fen,sales_growth_3m_yoy,void_rate_12m,dpd_max_12m"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(commands, list(arguments))


def report_in(folder: Path) -> ValidationReport:
    return parse_report((folder / "report.json").read_bytes())


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A data directory with the small economy, a model trained on its panel, and what training printed."""
    home = tmp_path_factory.mktemp("home")
    with Lake(home).writing() as writing:
        for kind, rows in economy(240, seed=3).by_kind.items():
            assert isinstance(rows, pa.Table)
            writing.append(kind, rows)
    result = run(
        "train", "--panel", "--home", str(home), "--as-of", "2021-09-30", "--folds", "2", "--features", FEW,
        "--challengers", "logistic_regression", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return home, json.loads(result.stdout)


def test_training_writes_the_report_beside_the_data(panel: tuple[Path, dict[str, Any]]) -> None:
    """The folder is named after the bundle; what is printed is what is in it."""
    home, printed = panel
    folder = home / "validations" / printed["digest"][:12]
    assert Path(printed["report"]["folder"]) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "report.xlsx"]
    report = report_in(folder)
    assert report.subject.bundle_digest == printed["digest"]
    assert report.digest == printed["report"]["digest"]
    assert [gate.code for gate in report.failed_gates] == printed["report"]["failed_gates"]


def test_figures_of_the_report_are_those_of_the_card(panel: tuple[Path, dict[str, Any]]) -> None:
    """One procedure, one set of unseen rows: Gini, slope and challenger are the same numbers in both."""
    home, printed = panel
    report = report_in(home / "validations" / printed["digest"][:12])
    figures = printed["figures"]
    assert report.gate("gini").value == pytest.approx(figures["gini"]["value"], abs=1e-5)
    assert report.gate("ks").value == pytest.approx(figures["ks"]["value"], abs=1e-5)
    assert report.gate("calibration_slope").value == pytest.approx(figures["calibration"]["slope"]["value"], rel=1e-3)
    rows = report.section(6).table("comparison").records()
    assert len(rows) == 1 + len(figures["comparison"])
    assert rows[1]["auc"].value == pytest.approx(figures["comparison"][0]["auc"]["value"], abs=1e-5)  # type: ignore[union-attr]


def test_the_panel_says_where_its_rows_come_from(panel: tuple[Path, dict[str, Any]]) -> None:
    """Days with what was left out, the split, the audit, records decided on."""
    home, printed = panel
    report = report_in(home / "validations" / printed["digest"][:12])
    days = report.section(3).table("days").records()
    assert [day["as_of"] for day in days] == [day["as_of"] for day in printed["data"]["days"]]
    assert report.gate("leakage").light == "green"
    assert report.gate("limits").light == "green"
    assert len(report.section(11).table("checks").rows) == 13


def test_a_validator_makes_it_again_and_gets_the_same_bundle(
    panel: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Nothing but the data directory is given: rows and plan are those of the card, and the digest comes out again."""
    home, printed = panel
    result = run(
        "validate", "--home", str(home), "--bundle", printed["bundle"], "--out", str(tmp_path), "--lang", "en",
        "--developer", "A", "--validator", "B", "--exposure", "20000000", "--json",
    )  # fmt: skip
    assert result.exit_code in (0, 6), result.output
    said = json.loads(result.stdout)
    assert result.exit_code == (0 if said["passed"] else 6)
    report, first = report_in(tmp_path), report_in(home / "validations" / printed["digest"][:12])
    assert report.gate("reproduction").light == "green"
    assert report.section(8) == first.section(8)
    assert report.section(7) == first.section(7)
    tier = {str(row["item"].en): row["value"] for row in report.section(1).table("subject").records()}  # type: ignore[union-attr]
    assert tier["Materiality tier"].en == "medium"  # type: ignore[union-attr]
    assert 'lang="en"' in (tmp_path / "report.html").read_text()
    assert set(json.loads((tmp_path / "latency.json").read_text())) == {
        "one_row_ms_median",
        "one_row_ms_p99",
        "rows_per_second",
    }


def test_a_failed_gate_has_its_own_exit_code(tmp_path: Path) -> None:
    """A model from labels without skill: the report is written, the reasons are printed, and the code is 6."""
    tables, defaulted = factories.trading_enterprises(60)
    Lake(tmp_path).append("invoice", tables.by_kind["invoice"])
    labels = tmp_path / "labels.csv"
    flags = [*list(defaulted.values())[1:], False]  # each enterprise with the outcome of its neighbour
    labels.write_text(
        "企业代号,是否违约,origin\n"
        + "\n".join(f"{n},{int(f)},simulated" for n, f in zip(defaulted, flags, strict=True))
    )
    made = run(
        "train", "--labels", str(labels), "--as-of", "2020-02-29", "--home", str(tmp_path), "--repeats", "1",
        "--folds", "3", "--challengers", "none", "--json",
    )  # fmt: skip
    assert made.exit_code == 4, made.output
    bundle = json.loads(made.stdout)["bundle"]
    refused = run("validate", "--home", str(tmp_path), "--bundle", bundle)
    assert isinstance(refused.exception, CannotBeRedone)
    again = run("validate", "--home", str(tmp_path), "--bundle", bundle, "--labels", str(labels), "--lang", "en")
    assert again.exit_code == 6, again.output
    assert "Reject" in again.output
    assert (tmp_path / "validations" / Path(bundle).name / "report.html").is_file()


def test_no_report_is_written_where_none_is_wanted(panel: tuple[Path, dict[str, Any]]) -> None:
    """`--no-report` leaves the folder of reports alone."""
    home, _ = panel
    before = {path: path.stat().st_mtime_ns for path in (home / "validations").rglob("*")}
    result = run(
        "train", "--panel", "--home", str(home), "--as-of", "2021-09-30", "--folds", "2", "--features", FEW,
        "--challengers", "none", "--no-report", "--seed", "8", "--json",
    )  # fmt: skip
    assert json.loads(result.stdout)["report"] is None
    assert {path: path.stat().st_mtime_ns for path in (home / "validations").rglob("*")} == before


@pytest.mark.parametrize(
    ("card", "message"),
    [
        pytest.param(
            {"source": "labels", "data": {"label_file_sha256": "ab"}}, "file of labels.*--labels", id="labels"
        ),
        pytest.param({"source": "table", "data": {}}, "prepared table.*--table", id="table"),
        pytest.param({}, "does not say from which rows", id="an older card"),
    ],
)
def test_what_cannot_be_redone_says_what_is_missing(card: dict[str, Any], message: str) -> None:
    """The files that a card names by digest are not kept with it."""
    with pytest.raises(CannotBeRedone, match=message):
        request_of(card, Redo(Path("home")))
