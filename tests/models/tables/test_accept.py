"""Every row is accepted, a duplicate, or quarantined with row number, column, value and reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from models.records import KINDS
from models.sheets import Sheet, read_sheets
from models.tables import (
    Accepted,
    ColumnsMissing,
    KindAmbiguous,
    KindNotRecognised,
    accept,
    accept_rows,
    map_columns,
    recognise,
)
from tests.record_rows import record_row
from tests.workbooks import GOOD_ROW, HEADERS, ExcelDay, changed, csv_text, write_workbook

TODAY = date(2024, 6, 1)


def taken(path: Path, **options: object) -> Accepted:
    (sheet,) = read_sheets(path)
    columns = recognise(sheet.headers, KINDS.values(), sheet.where)
    return accept(sheet, columns, received_on=TODAY, **options)  # type: ignore[arg-type]


def taken_text(tmp_path: Path, text: str, **options: object) -> Accepted:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    found = taken(path, **options)
    assert len(found.rows) + found.duplicates + len(found.quarantined) == found.read
    return found


def test_a_good_row_is_stored_exactly(tmp_path: Path) -> None:
    """Fen, day, direction from the buyer's header, status, and the day it happened as the day it was known."""
    found = taken_text(tmp_path, csv_text(GOOD_ROW))
    (row,) = found.rows.to_pylist()
    assert {name: row[name] for name in ("enterprise_id", "direction", "counterparty_id", "status", "origin")} == {
        "enterprise_id": "E1",
        "direction": "sales",
        "counterparty_id": "B1",
        "status": "valid",
        "origin": "bank",
    }
    assert (row["amount_fen"], row["tax_fen"], row["total_fen"]) == (10_000, 1_300, 11_300)
    assert row["issued_on"] == date(2019, 7, 18)
    assert row["known_at"] == datetime(2019, 7, 17, 16, tzinfo=UTC)
    assert row["superseded_at"] is None
    assert found.rows.schema == KINDS["invoice"].schema
    assert found.assumed_known == 1


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"金额": "abc"}, "amount_fen", "not_an_amount"),
        ({"金额": ""}, "amount_fen", "empty"),
        ({"税额": "nan"}, "tax_fen", "not_finite"),
        ({"价税合计": "113.001"}, "total_fen", "below_one_fen"),
        ({"价税合计": "113.02"}, "amount_fen", "total_off"),
        ({"金额": "0", "税额": "0", "价税合计": "0"}, "total_fen", "valid_zero"),
        ({"开票日期": "2019-02-30"}, "issued_on", "no_such_day"),
        ({"开票日期": "2024-06-02"}, "issued_on", "not_yet_known"),
        ({"发票状态": "奇怪"}, "status", "not_a_choice"),
        ({"企业代号": " "}, "enterprise_id", "empty"),
    ],
    ids=str,
)
def test_a_bad_row_is_quarantined(tmp_path: Path, cells: dict[str, str], field: str, code: str) -> None:
    """The row is named as a spreadsheet shows it, with column, value, reason in two languages, and its cells."""
    found = taken_text(tmp_path, csv_text(GOOD_ROW, changed(**cells)))
    (line,) = found.quarantined.to_pylist()
    assert (line["row"], line["field"], line["code"]) == (3, field, code)
    assert all(value in (line["value"] or "") for header, value in cells.items() if header in line["column"])
    assert line["reason_zh"]
    assert line["reason_en"]
    assert [line[f"原:{header}"] for header in HEADERS] == list(changed(**cells))
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    "cells",
    [
        {"价税合计": "113.01"},
        {"发票状态": "作废发票", "金额": "0", "税额": "0", "价税合计": "0"},
        {"发票状态": " 作废发票"},
        {"金额": "-100.00", "税额": "-13.00", "价税合计": "(113.00)"},
        {"开票日期": "2024-06-01"},
    ],
    ids=str,
)
def test_what_only_looks_odd_is_accepted(tmp_path: Path, cells: dict[str, str]) -> None:
    """One fen of rounding, a void zero, a stray blank, a red-letter invoice, an invoice of today."""
    assert len(taken_text(tmp_path, csv_text(changed(**cells))).rows) == 1


def test_several_reasons_are_all_given(tmp_path: Path) -> None:
    """A row with two defects is one line with both reasons, the first in full."""
    (line,) = taken_text(tmp_path, csv_text(changed(开票日期="x", 金额="y"))).quarantined.to_pylist()
    assert line["code"] == "not_a_date;not_an_amount"
    assert (line["column"], line["value"]) == ("开票日期", "x")


def test_ragged_rows_are_quarantined_in_order(tmp_path: Path) -> None:
    """A row with a cell too few stands between the others, with its text."""
    text = csv_text(GOOD_ROW, changed(金额="x"), GOOD_ROW[:-1], changed(金额="y"))
    lines = taken_text(tmp_path, text).quarantined.to_pylist()
    assert [(line["row"], line["code"]) for line in lines] == [
        (3, "not_an_amount"),
        (4, "ragged_row"),
        (5, "not_an_amount"),
    ]
    assert lines[1]["value"] == ",".join(GOOD_ROW[:-1])


def test_repeats_and_corrections(tmp_path: Path) -> None:
    """The same row again is a duplicate; the same invoice, void, is a version, and the prudent one stands."""
    found = taken_text(tmp_path, csv_text(GOOD_ROW, changed(发票状态="作废发票"), GOOD_ROW, changed(金额=" 100 ")))
    assert found.duplicates == 2
    assert {row["status"]: row["superseded_at"] is None for row in found.rows.to_pylist()} == {
        "valid": False,
        "void": True,
    }


def test_when_the_bank_learned_it(tmp_path: Path) -> None:
    """A column says it, row by row; the option fills what is empty; what is learned too early or late is refused."""
    text = csv_text(
        (*changed(发票号码="1"), "2019-08-01"),
        (*changed(发票号码="2"), ""),
        (*changed(发票号码="3"), "2019-07-17"),
        (*changed(发票号码="4"), "2024-06-02"),
        (*changed(发票号码="5"), "?"),
        headers=(*HEADERS, "入库时间"),
    )
    found = taken_text(tmp_path, text, known_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert {row["invoice_no"]: row["known_at"] for row in found.rows.to_pylist()} == {
        "1": datetime(2019, 7, 31, 16, tzinfo=UTC),
        "2": datetime(2020, 1, 1, tzinfo=UTC),
    }
    assert [line["code"] for line in found.quarantined.to_pylist()] == [
        "not_yet_known",
        "known_in_future",
        "not_a_date",
    ]
    assert found.assumed_known == 0
    assert taken_text(tmp_path, text).assumed_known == 1


def test_typed_workbook_cells(tmp_path: Path) -> None:
    """Excel dates, numbers with the noise of sums, and invoice numbers stored as numbers."""
    path = write_workbook(
        tmp_path / "a.xlsx",
        {"销项": [HEADERS, ("E1", 3390939, ExcelDay(42934), "B1", 943.4000000001, 56.6, 1000, "有效发票")]},
    )
    (row,) = taken(path).rows.to_pylist()
    assert (row["invoice_no"], row["issued_on"], row["amount_fen"]) == ("3390939", date(2017, 7, 18), 94_340)


def test_both_parties_named_tell_the_direction(tmp_path: Path) -> None:
    """With seller and buyer columns the enterprise's own side is the direction; a stranger's row is quarantined."""
    headers = (
        "企业代号",
        "发票号码",
        "开票日期",
        "销方单位代号",
        "购方单位代号",
        "金额",
        "税额",
        "价税合计",
        "发票状态",
    )
    rest = ("100", "13", "113", "有效")
    rows = [
        ("E1", "1", "2019-07-18", "E1", "B", *rest),
        ("E1", "2", "2019-07-18", "S", "E1", *rest),
        ("E1", "3", "2019-07-18", "S", "B", *rest),
    ]
    found = taken_text(tmp_path, csv_text(*rows, headers=headers))
    assert [(row["direction"], row["counterparty_id"]) for row in found.rows.to_pylist()] == [
        ("sales", "B"),
        ("purchase", "S"),
    ]
    assert [line["code"] for line in found.quarantined.to_pylist()] == ["neither_side"]


@pytest.mark.parametrize(
    ("headers", "direction"),
    [
        (HEADERS, "sales"),
        (tuple("销方单位代号" if h == "购方单位代号" else h for h in HEADERS), "purchase"),
        (("Company_ID", "invoice number", "Issue Date", "BUYER_ID", "amount", "tax", "金额_总", "status"), None),
        (("企业编号", "发票号", "开票时间", "buyer", "金额（元）", "税额(元)", "含税金额", " 状态 "), "sales"),
    ],
)
def test_headers_are_found_by_words(headers: tuple[str, ...], direction: str | None) -> None:
    """Aliases in either language, any width or case, with the unit in brackets; never by position."""
    columns = map_columns(headers, KINDS["invoice"])
    assert columns.constants.get("direction") == (direction or "sales")
    assert columns.missing == (("total_fen",) if direction is None else ())


def test_a_sheet_that_fits_nothing_says_what_is_missing() -> None:
    """Foreign headers, a missing column, a column in an unknown unit, and headers of two kinds each have an answer."""
    with pytest.raises(KindNotRecognised, match="not those of any kind"):
        recognise(("甲", "乙"), KINDS.values(), "a.csv")
    with pytest.raises(ColumnsMissing, match="价税合计") as error:
        recognise([h for h in HEADERS if h != "价税合计"], [KINDS["invoice"]], "a.csv")
    assert error.value.field == "total_fen"
    with pytest.raises(ColumnsMissing, match="金额"):
        recognise([h.replace("金额", "金额(万美元)") for h in HEADERS], [KINDS["invoice"]], "a.csv")
    with pytest.raises(KindAmbiguous, match="--kind"):
        recognise(HEADERS, [KINDS["invoice"], KINDS["invoice"]], "a.csv")


@pytest.mark.parametrize("cells", [[11300, -5, 10**17 + 1], ["11300", "-5", "0.5"]])
def test_money_under_its_stored_name_is_whole_fen(cells: list[object]) -> None:
    """A file in the stored form says `total_fen`: whole fen, never read as yuan, and refused where they are not."""
    example = {key: value for key, value in KINDS["invoice"].example.items() if key != "total"}
    amounts = {"amount": "113", "tax": "0"}
    rows = [{**example, **amounts, "invoice_no": str(at), "total_fen": cell} for at, cell in enumerate(cells)]
    found = accept_rows(rows, KINDS["invoice"], received_on=date(2026, 1, 1))
    assert 11300 in found.rows.column("total_fen").to_pylist()
    assert "2" in [line["原:invoice_no"] for line in found.quarantined.to_pylist()]


def test_labels_are_enterprises_and_their_verdicts_are_ignored() -> None:
    """The contest's first sheet is a list of enterprises; rating and default flag are named as ignored."""
    columns = recognise(("企业代号", "企业名称", "信誉评级", "是否违约"), KINDS.values(), "x")
    assert columns.kind.name == "enterprise"
    assert columns.ignored == ("信誉评级", "是否违约")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_kind_takes_its_own_example(kind: object) -> None:
    """The example of each kind is accepted as a request row and stored as its plain reading."""
    declared = KINDS[kind.name]  # type: ignore[attr-defined]
    found = accept_rows([dict(declared.example)], declared, received_on=TODAY, origin="test")
    assert found.quarantined.to_pylist() == []
    (row,) = found.rows.to_pylist()
    expected = record_row(declared)
    for field in declared.fields:
        if field.name in expected and field.filled_from is None:
            assert row[field.name] == expected[field.name], field.name


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_headers_of_every_kind_are_recognised(kind: object) -> None:
    """A sheet with a kind's Chinese headers, or its column names, is of that kind."""
    declared = KINDS[kind.name]  # type: ignore[attr-defined]
    for headers in ([f.zh for f in declared.fields], [f.key for f in declared.fields]):
        assert recognise(headers, KINDS.values(), "x").kind.name == declared.name


def test_rows_of_a_request() -> None:
    """Objects with numbers, nulls and nested values: each row is answered with field, value and expectation."""
    good = dict(KINDS["invoice"].example)
    rows = [good, {**good, "amount": 200000.0, "invoice_no": "2"}, {**good, "amount": [1]}, {**good, "issued_on": None}]
    found = accept_rows(rows, KINDS["invoice"], received_on=TODAY)
    assert (len(found.rows), found.duplicates, len(found.quarantined)) == (2, 0, 2)
    lines = found.quarantined.to_pylist()
    assert [(line["row"], line["field"], line["value"]) for line in lines] == [
        (3, "amount_fen", "[1]"),
        (4, "issued_on", ""),
    ]
    assert "two decimals" in lines[0]["expected"]
    with pytest.raises(ColumnsMissing, match="发票号码"):
        accept_rows([{"amount": 1}], KINDS["invoice"], received_on=TODAY)


def test_a_column_of_nested_values_is_refused_row_by_row() -> None:
    """Parquet lists are no text, no amount and no day."""
    good = dict(KINDS["invoice"].example)
    found = accept_rows([good], KINDS["invoice"], received_on=TODAY)
    assert len(found.rows) == 1
    sheet_headers = tuple(good)
    columns = map_columns(sheet_headers, KINDS["invoice"])
    cells = [
        pa.array([[1]]) if name in ("invoice_no", "amount", "issued_on") else pa.array([good[name]]) for name in good
    ]
    nested = Sheet("f", None, sheet_headers, tuple(cells), found.rows.column("amount_fen").to_numpy())
    answer = accept(nested, columns, received_on=TODAY)
    assert answer.quarantined.column("code").to_pylist() == ["not_text;not_a_date;not_text"]


def test_a_missing_party_column_is_named_by_its_usual_headers() -> None:
    """A sheet without counterparty is told of 购方单位代号 and 销方单位代号, not of a direction column."""
    with pytest.raises(ColumnsMissing, match="购方单位代号 / 销方单位代号") as error:
        recognise([h for h in HEADERS if h != "购方单位代号"], [KINDS["invoice"]], "a.csv")
    assert "进销方向" not in str(error.value.expected)
