"""Import of files as one change: the account of rows, the quarantine file, and what a wrong file leaves untouched."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.errors import AssetlightError
from models.lake import Lake
from models.records import KINDS
from models.tables import input_digests, origins
from service.importing import ImportOptions, KindUnknown, NoFiles, import_files
from service.quarantine_file import write_quarantine
from tests.workbooks import GOOD_ROW, HEADERS, changed, csv_text, write_workbook

TODAY = ImportOptions(received_on=date(2024, 6, 1))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def state(home: Path) -> dict[str, bytes]:
    """Every byte under the data directory, without the lock."""
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file() and p.suffix != ".lock"}


def three_sheets(path: Path) -> Path:
    purchase = tuple("销方单位代号" if h == "购方单位代号" else h for h in HEADERS)
    labels = [("企业代号", "企业名称", "信誉评级", "是否违约"), ("E1", "甲公司", "A", "否")]
    bad = changed(发票号码="9", 金额="x")
    return write_workbook(
        path,
        {"企业信息": labels, "进项发票信息": [purchase, GOOD_ROW, bad], "销项发票信息": [HEADERS, GOOD_ROW, GOOD_ROW]},
    )


def test_a_three_sheet_workbook(tmp_path: Path) -> None:
    """Each sheet is recognised; counts add up; verdict columns are ignored and named; purchases are no sales."""
    home = tmp_path / "home"
    outcome = import_files(home, [three_sheets(tmp_path / "a.xlsx")], TODAY)
    assert [(s.kind, s.read, s.accepted, s.duplicates, s.quarantined) for s in outcome.sheets] == [
        ("enterprise", 1, 1, 0, 0),
        ("invoice", 2, 1, 0, 1),
        ("invoice", 2, 1, 1, 0),
    ]
    assert outcome.sheets[0].ignored_columns == ("信誉评级", "是否违约")
    rows = Lake(home).tables(enterprises=["E1"]).by_kind["invoice"].to_pylist()  # type: ignore[union-attr]
    assert sorted(row["direction"] for row in rows) == ["purchase", "sales"]


def test_a_parquet_file_without_rows_counts_none_and_the_others_go_on(tmp_path: Path) -> None:
    """A system that exports every kind every day has days without anything new of a kind."""
    nothing = tmp_path / "orders.parquet"
    pq.write_table(KINDS["trade_order"].schema.empty_table(), nothing)
    rows = written(tmp_path / "invoices.csv", csv_text(GOOD_ROW))
    outcome = import_files(tmp_path / "home", [nothing, rows], TODAY)
    assert [(s.kind, s.read, s.accepted) for s in outcome.sheets] == [("trade_order", 0, 0), ("invoice", 1, 1)]
    assert outcome.quarantine is None


def test_an_empty_parquet_file_of_no_kind_stops_the_import(tmp_path: Path) -> None:
    """That nothing is in it does not excuse that nobody knows what it is."""
    pq.write_table(pa.table({"colour": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(AssetlightError, match="kind"):
        import_files(tmp_path / "home", [tmp_path / "a.parquet"], TODAY)


@pytest.mark.parametrize(
    ("enterprise", "stored"),
    [
        ("914403001922038216", True),  # passes
        ("914403001922038217", False),  # the last digit mistyped
        ("914403001922O38216", False),  # the letter O, which no code has
        ("E12", True),
        ("440301199001011234", True),  # a person's number is another thing
        ("910000000000000124", True),  # no region of the country: a bank's own number
    ],
)
def test_an_enterprise_id_written_like_a_credit_code_must_be_one(tmp_path: Path, enterprise: str, stored: bool) -> None:
    """A mistyped 统一社会信用代码 would be another enterprise, so the row waits in quarantine; other ids are free."""
    rows = written(tmp_path / "a.csv", csv_text(changed(企业代号=enterprise)))
    outcome = import_files(tmp_path / "home", [rows], TODAY)
    assert (outcome.total("accepted"), outcome.total("quarantined")) == (int(stored), int(not stored))
    if outcome.quarantine is not None:
        text = outcome.quarantine.read_text(encoding="utf-8-sig")
        assert "GB 32100-2015" in text
        assert enterprise in text


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    """The second import finds only duplicates and leaves every byte, the quarantine's too."""
    home = tmp_path / "home"
    files = [three_sheets(tmp_path / "a.xlsx"), written(tmp_path / "b.csv", csv_text(changed(发票号码="2")))]
    first = import_files(home, files, TODAY)
    before = state(home)
    second = import_files(home, files, TODAY)
    assert state(home) == before
    assert second.total("accepted") == 0
    assert second.total("duplicates") == first.total("accepted") + first.total("duplicates")
    assert second.quarantine == first.quarantine


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n....",
        gzip.compress(csv_text(*[changed(发票号码=str(n)) for n in range(2000)]).encode())[:-300],
        csv_text(GOOD_ROW).replace("价税合计", "别的").encode(),
        csv_text().encode(),
        b"",
        "甲,乙\n1,2\n".encode(),
    ],
    ids=["picture", "truncated gzip", "column missing", "header only", "no bytes", "foreign headers"],
)
def test_one_wrong_file_stops_all(tmp_path: Path, content: bytes) -> None:
    """A good file before the wrong one is not stored either; nothing under the data directory changes."""
    home = tmp_path / "home"
    import_files(home, [written(tmp_path / "first.csv", csv_text(GOOD_ROW))], TODAY)
    before = state(home)
    good = written(tmp_path / "good.csv", csv_text(changed(发票号码="2"), changed(金额="x")))
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(content)
    with pytest.raises(AssetlightError, match=r"wrong\.csv"):
        import_files(home, [good, wrong], TODAY)
    assert state(home) == before


def test_the_quarantine_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    """UTF-8 with byte order mark; nothing runs as a formula; negative amounts stay numbers; cells are complete."""
    home = tmp_path / "home"
    rows = [
        changed(企业代号="=cmd|'/C calc'!A0", 金额="@x"),
        changed(发票号码="+1+1", 金额="-5", 税额="-", 发票状态="\ttab"),
    ]
    outcome = import_files(home, [written(tmp_path / "dirty.csv", csv_text(*rows))], TODAY)
    assert outcome.quarantine is not None
    content = outcome.quarantine.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert [(line["sheet 工作表"], line["row 行号"], line["column 列"]) for line in lines] == [
        ("", "2", "金额"),
        ("", "3", "税额"),
    ]
    assert lines[0]["原:企业代号"] == "'=cmd|'/C calc'!A0"
    assert lines[0]["value 值"] == "'@x"
    assert lines[1]["原:金额"] == "-5"
    assert all(not cell.startswith(("=", "@", "\t")) for line in lines for cell in line.values())


def test_no_quarantine_no_file(tmp_path: Path) -> None:
    """A clean import writes none."""
    assert import_files(tmp_path, [written(tmp_path / "a.csv", csv_text(GOOD_ROW))], TODAY).quarantine is None
    assert write_quarantine(tmp_path / "q", "x", [pa.table({"a": pa.array([], pa.string())})]) is None


def test_options_reach_the_rows(tmp_path: Path) -> None:
    """Origin, day of learning, enterprise and kind are those said; a Parquet file can say its own origin."""
    bare = csv_text(GOOD_ROW[1:], headers=HEADERS[1:])
    options = ImportOptions(date(2024, 6, 1), datetime(2020, 1, 1, tzinfo=UTC), "contest", "invoice", None, "E7")
    import_files(tmp_path / "h", [written(tmp_path / "bare.csv", bare)], options)
    (row,) = Lake(tmp_path / "h").tables(enterprises=["E7"]).by_kind["invoice"].to_pylist()  # type: ignore[union-attr]
    assert (row["origin"], row["known_at"]) == ("contest", datetime(2020, 1, 1, tzinfo=UTC))
    table = pa.table([pa.array([cell]) for cell in GOOD_ROW], names=list(HEADERS))
    pq.write_table(table.replace_schema_metadata({"assetlight.origin": "simulated"}), tmp_path / "s.parquet")
    import_files(tmp_path / "h", [tmp_path / "s.parquet"], TODAY)
    assert origins(Lake(tmp_path / "h").tables()) == ("contest", "simulated")
    with pytest.raises(KindUnknown, match="invoice"):
        import_files(tmp_path / "h", [tmp_path / "s.parquet"], ImportOptions(date(2024, 6, 1), kind="nonsense"))
    with pytest.raises(NoFiles, match="no file"):
        import_files(tmp_path / "h", [], TODAY)


def command(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run `assetlight import` in this process."""
    from service.cli import commands  # noqa: PLC0415

    with pytest.raises(SystemExit) as end:
        commands(args=["import", *arguments], prog_name="assetlight")
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_the_command_prints_the_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table with the three counts and the totals, the assumption on known_at, the ignored columns, the quarantine."""
    path = three_sheets(tmp_path / "a.xlsx")
    code, out, _ = command(str(path), "--home", str(tmp_path / "h"), capsys=capsys)
    assert code == 0
    for words in ("读取", "接受", "重复", "隔离", "假定", "信誉评级", "rows/s", "quarantine"):
        assert words in out


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts per sheet and in total, that add up; an error is one object too, with a non-zero exit code."""
    path = three_sheets(tmp_path / "a.xlsx")
    code, out, _ = command(str(path), "--home", str(tmp_path / "h"), "--json", capsys=capsys)
    facts: dict[str, Any] = json.loads(out)
    assert code == 0
    assert facts["read"] == facts["accepted"] + facts["duplicates"] + facts["quarantined"] == 5
    assert len(facts["sheets"]) == 3
    code, out, _ = command(str(tmp_path / "absent.csv"), "--home", str(tmp_path / "h"), "--json", capsys=capsys)
    assert code == 1
    assert json.loads(out)["error"] == "FileNotFound"
    later = ["--known-at", "2999-01-01"]
    code, out, _ = command(str(path), *later, "--home", str(tmp_path / "h"), "--json", capsys=capsys)
    assert (code, json.loads(out)["field"]) == (1, "--known-at")


@pytest.mark.shared_data
def test_the_contest_data_is_accounted_for(shared_data: Path, tmp_path: Path) -> None:
    """Accepted, duplicate and quarantined rows of the four invoice sheets add up to 1,099,441 (data/README.md); the
    five rows whose amount and tax are not the total are the whole quarantine."""
    folder = shared_data / "cumcm2020c"
    files = [folder / "with_credit_record.xlsx", *sorted(folder.glob("without_credit_record_*.csv*"))]
    outcome = import_files(tmp_path, files, TODAY)
    sheets = [sheet for sheet in outcome.sheets if sheet.kind == "invoice"]
    assert all(s.accepted + s.duplicates + s.quarantined == s.read for s in outcome.sheets)
    assert sum(sheet.read for sheet in sheets) == 1_099_441
    assert sorted(sheet.read for sheet in sheets) == [162_484, 210_947, 330_835, 395_175]
    assert outcome.total("quarantined") == 5
    lake = Lake(tmp_path)
    assert len(lake.enterprises()) == 425
    assert len(input_digests(lake.tables(), date(2020, 3, 1))) == 425
