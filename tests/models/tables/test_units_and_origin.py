"""Amounts in the unit their header names, exactly; rows labelled with where they come from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records import KINDS
from models.sheets import sheet_of_rows
from models.tables import Accepted, accept, map_columns
from models.tables.parse_numbers import parse_money
from tests.record_files import text_row

HEADCOUNT = KINDS["headcount"]
WAGES = HEADCOUNT.field("wages_fen")


def taken(row: dict[str, str | int | float], origin: str = "bank") -> Accepted:
    """One row of headcount through the front door."""
    sheet = sheet_of_rows([row])
    return accept(sheet, map_columns(sheet.headers, HEADCOUNT), received_on=date(2024, 6, 1), origin=origin)


@pytest.mark.parametrize(
    ("header", "cell", "fen"),
    [
        ("应付工资总额", "1234.5", 123_450),
        ("应付工资总额（元）", "1234.5", 123_450),
        ("应付工资总额（万元）", "1.2345", 1_234_500),
        ("wages due (千元)", 12, 1_200_000),
        ("工资总额(亿元)", "0.5", 5_000_000_000),
        ("工资总额(分)", "7", 7),
        ("wages", 12, 1_200),
        ("wages_fen", 12, 12),
        ("wages_fen", "12", 12),
    ],
)
def test_money_is_read_in_the_unit_of_its_header(header: str, cell: str | int, fen: int) -> None:
    """Yuan unless the header says 万元, 千元, 亿元 or 分, or is the stored column in fen."""
    row = {key: text for key, text in text_row(HEADCOUNT).items() if key != "wages"}
    assert taken({**row, header: cell}).rows.column("wages_fen").to_pylist() == [fen]


@pytest.mark.parametrize(("header", "cell"), [("wages_fen", "1.5"), ("应付工资总额（万元）", "0.0000001")])
def test_less_than_a_fen_is_refused_in_any_unit(header: str, cell: str) -> None:
    """An amount that is not whole in fen is quarantined, whatever its unit."""
    row = {key: text for key, text in text_row(HEADCOUNT).items() if key != "wages"}
    assert taken({**row, header: cell}).quarantined.column("code").to_pylist() == ["below_one_fen"]


@given(
    st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=20),
    st.sampled_from([1, 100, 100_000, 1_000_000, 10_000_000_000]),
)
def test_every_amount_of_fen_survives_its_text_in_any_unit(amounts: list[int], fen_per: int) -> None:
    """Fen written as decimal text in some unit and read again is the same fen."""
    texts = [f"{Decimal(amount) / fen_per:f}" for amount in amounts]
    values, failures = parse_money(pa.array(texts), HEADCOUNT.field("wages_paid_fen"), fen_per)
    expected = [amount if amount >= 0 else None for amount in amounts]
    assert values.to_pylist() == expected
    assert {reason.code for reason, mask in failures if mask.any()} <= {"below_minimum"}


def test_integers_beyond_any_usable_amount_are_refused() -> None:
    """A typed integer column is multiplied exactly, and refused where the product would not be usable."""
    values, failures = parse_money(pa.array([5, None, 10**16, 2**62]), WAGES, 100)
    assert values.to_pylist() == [500, None, None, None]
    assert [(reason.code, mask.tolist()) for reason, mask in failures if mask.any()] == [
        ("too_large", [False, False, True, True])
    ]


def test_a_row_that_says_where_it_comes_from_keeps_saying_so() -> None:
    """A simulated row in a file imported as the bank's stays simulated."""
    assert taken({**text_row(HEADCOUNT), "origin": "simulated"}).rows.column("origin").to_pylist() == ["simulated"]
    assert taken(dict(text_row(HEADCOUNT)), "contest").rows.column("origin").to_pylist() == ["contest"]


def test_an_origin_cell_that_is_no_word_is_quarantined_and_another_writing_is_the_same() -> None:
    """`Simulated` stays simulated; a sentence says nothing that a figure could carry."""
    assert taken({**text_row(HEADCOUNT), "origin": "Ｓimulated "}).rows.column("origin").to_pylist() == ["simulated"]
    refused = taken({**text_row(HEADCOUNT), "origin": "see the mail"})
    assert len(refused.rows) == 0
    (line,) = refused.quarantined.select(["field", "code", "expected"]).to_pylist()
    assert (line["field"], line["code"]) == ("origin", "not_an_origin")
    assert "short word" in line["expected"]
