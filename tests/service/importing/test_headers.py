"""Where the header stands, and which repeated headers matter."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from models.errors import AssetlightError
from models.records import KINDS
from models.sheets import HeaderRepeated
from models.sheets.header import COMPLETE, header_row
from models.tables import rank_of
from service.importing import ImportOptions, ImportOutcome, import_files
from tests.workbooks import GOOD_ROW, HEADERS, changed, csv_text, write_workbook
from training.labels import read_labels

TODAY = ImportOptions(received_on=date(2024, 6, 1))
TITLES: tuple[tuple[str, ...], ...] = (
    ("2020年度销项发票明细表",),
    (),
    ("企业名称：某某公司", "", "单位：元"),
    ("制表人：张三", "日期：2020-03-01"),
)
GOOD, BAD = GOOD_ROW, changed(发票号码="9", 金额="x")


def export(path: Path, form: str, titles: tuple[tuple[str, ...], ...]) -> Path:
    """A title over a header, one good row, a blank one and a bad one, as people export them."""
    rows: list[tuple[object, ...]] = [*titles, HEADERS, GOOD, (), BAD]
    if form == "xlsx":
        wide = [(*row, *[""] * (len(HEADERS) - len(row))) for row in rows]
        return write_workbook(path.with_suffix(".xlsx"), {"销项": wide})
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if form == "tabs" else ",")
        padded = [(*row, *[""] * (len(HEADERS) - len(row))) for row in rows]
        writer.writerows(rows if form == "short" else padded)
    return path.with_suffix(".csv")


def told(outcome: ImportOutcome) -> list[tuple[str, str]]:
    """Row number and code of every quarantined row."""
    assert outcome.quarantine is not None
    with outcome.quarantine.open(encoding="utf-8-sig", newline="") as file:
        return [(line["row 行号"], line["code 代码"]) for line in csv.DictReader(file)]


@pytest.mark.parametrize("titles", [0, 1, 4], ids=["no title", "one row", "four rows"])
@pytest.mark.parametrize("form", ["xlsx", "csv", "short", "tabs"])
def test_a_title_over_the_header_is_skipped(tmp_path: Path, form: str, titles: int) -> None:
    """The header is found by its words; row numbers stay those that a spreadsheet shows."""
    outcome = import_files(tmp_path / "home", [export(tmp_path / "a", form, TITLES[:titles])], TODAY)
    (sheet,) = outcome.sheets
    assert (sheet.header_row, sheet.read, sheet.accepted, sheet.quarantined) == (titles + 1, 2, 1, 1)
    assert told(outcome) == [(str(titles + 4), "not_an_amount")]


def test_ten_rows_above_are_skipped_and_not_one_more(tmp_path: Path) -> None:
    """A header further down is not looked for: the file is refused as one without a header."""
    far = [(f"说明{number}",) for number in range(11)]
    outcome = import_files(tmp_path / "home", [export(tmp_path / "ten", "xlsx", tuple(far[:10]))], TODAY)
    assert outcome.sheets[0].header_row == 11
    with pytest.raises(AssetlightError, match="not those of any kind") as refused:
        import_files(tmp_path / "home", [export(tmp_path / "eleven", "xlsx", tuple(far))], TODAY)
    assert "说明0" in str(refused.value)


def test_a_header_under_a_title_that_lacks_a_column_is_told_by_that_column(tmp_path: Path) -> None:
    """The error speaks of the header, not of the title over it."""
    path = tmp_path / "lacking.csv"
    path.write_text("明细表\n" + csv_text(GOOD_ROW).replace("金额,", "金 钱,", 1), encoding="utf-8")
    with pytest.raises(AssetlightError, match="columns are missing") as refused:
        import_files(tmp_path / "home", [path], TODAY)
    assert "金额" in str(refused.value.expected)


def test_a_file_without_any_header_is_refused_with_its_first_row(tmp_path: Path) -> None:
    """What is no header of ours still gives the clear error."""
    path = tmp_path / "none.csv"
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(AssetlightError, match="not those of any kind") as refused:
        import_files(tmp_path / "home", [path], TODAY)
    assert refused.value.found == "a, b"


def test_the_first_complete_row_is_the_header() -> None:
    """A row of words below a complete header is a row."""
    rank = rank_of(KINDS.values())
    assert rank(HEADERS) >= COMPLETE > rank(("2020年度",))
    assert header_row([("标题",), HEADERS, HEADERS], rank) == 1
    assert header_row([("", None), ("a", "b")], None) == 1


def test_a_repeated_header_that_nobody_reads_is_named_as_ignored(tmp_path: Path) -> None:
    """Two columns of remarks do not refuse a file; two amounts do, by whichever writing of the header."""
    lines = csv_text(GOOD_ROW).splitlines()
    path = tmp_path / "a.csv"
    path.write_text(f"备注,{lines[0]},备注\nx,{lines[1]},y\n", encoding="utf-8")
    outcome = import_files(tmp_path / "home", [path], TODAY)
    assert outcome.sheets[0].ignored_columns == ("备注", "备注")
    assert outcome.total("accepted") == 1
    for again in ("金额", "金额 ", "金额（元）"):
        path.write_text(f"{lines[0]},{again}\n{lines[1]},1.00\n", encoding="utf-8")
        with pytest.raises(HeaderRepeated, match="same header"):
            import_files(tmp_path / "home", [path], TODAY)


def test_labels_under_a_title(tmp_path: Path) -> None:
    """A label file may have a title, too; two flags of one name are refused."""
    path = tmp_path / "labels.csv"
    path.write_text("贷后名单\n企业代号,是否违约\nE1,是\nE2,否\n", encoding="utf-8")
    assert {name: label.defaulted for name, label in read_labels(path).by_enterprise.items()} == {
        "E1": True,
        "E2": False,
    }
    path.write_text("企业代号,是否违约,是否违约\nE1,是,否\n", encoding="utf-8")
    with pytest.raises(HeaderRepeated, match="same header"):
        read_labels(path)
