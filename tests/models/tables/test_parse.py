"""Cells become exact values or a named problem: money, numbers, days, instants, words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import fen_from_yuan, yuan_text
from models.records.kind import Field
from models.tables.reading import PARSERS


def parsed(type_: str, cells: list[object] | pa.Array, **options: object) -> tuple[list[object], dict[int, str]]:
    """Values, and the code of the first problem of each row that has one."""
    column = cells if isinstance(cells, pa.Array) else pa.array(cells, pa.string())
    values, failures = PARSERS[type_](column, Field("x", type_, "x", "x", **options))  # type: ignore[arg-type,index]
    wrong: dict[int, str] = {}
    for reason, mask in failures:
        for row in mask.nonzero()[0]:
            wrong.setdefault(int(row), reason.code)
    found = values.to_pylist()
    assert all(found[row] is None for row in wrong)
    return found, wrong


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1234.5", 123450),
        (" 1,234.50 ", 123450),
        ("１，２３４．５０", 123450),
        ("¥1,234.50", 123450),
        ("￥ 1234.5元", 123450),
        ("人民币 12", 1200),
        ("(1,234.50)", -123450),
        ("（1,234.50）", -123450),
        ("-1234.5", -123450),
        ("−5", -500),
        ("+5", 500),
        ("1.2E+05", 12_000_000),
        (".5", 50),
        ("5.", 500),
        ("943.4000000001", 94340),
        ("0.30000000000000004", 30),
        ("123456789012.34", 12345678901234),
        ("999999999999999.99", 99999999999999999),
        ("0", 0),
        ("-0.00", 0),
    ],
)
def test_money_as_people_write_it(text: str, fen: int) -> None:
    """Separators, width, currency, brackets and the noise of spreadsheet sums do not change an amount."""
    assert parsed("money", [text]) == ([fen], {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.005", "below_one_fen"),
        ("943.401", "below_one_fen"),
        ("123456789012.345", "below_one_fen"),
        ("nan", "not_finite"),
        ("-Infinity", "not_finite"),
        ("1e400", "not_finite"),
        ("1e18", "too_large"),
        ("1,23", "not_an_amount"),
        ("12,34,567", "not_an_amount"),
        ("12万元", "not_an_amount"),
        ("12 34", "not_an_amount"),
        ("--5", "not_an_amount"),
        ("(-5)", "not_an_amount"),
        ("+", "not_an_amount"),
        ("$5", "not_an_amount"),
        ("=1+1", "not_an_amount"),
        ("９" * 60, "not_an_amount"),
    ],
)
def test_what_is_no_amount_is_named(text: str, code: str) -> None:
    """Doubtful amounts are not guessed."""
    assert parsed("money", [text]) == ([None], {0: code})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=20))
def test_every_fen_survives_as_text(amounts: list[int]) -> None:
    """Any amount up to 10^15 yuan is read from its decimal text to the fen."""
    assert parsed("money", [yuan_text(fen) for fen in amounts]) == (amounts, {})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=20))
def test_every_fen_survives_as_a_spreadsheet_number(amounts: list[int]) -> None:
    """A double that a spreadsheet holds for an amount gives that amount, up to 10^11 yuan."""
    assert parsed("money", pa.array([fen / 100 for fen in amounts], pa.float64())) == (amounts, {})


def test_large_amounts_are_not_taken_for_noise() -> None:
    """Near 10^11 yuan a double times 100 misses the fen by more than the tolerated noise; the amount is exact still."""
    fen = [499_999_937 * step for step in range(20_000)]
    assert parsed("money", pa.array([amount / 100 for amount in fen], pa.float64())) == (fen, {})


@settings(max_examples=60, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=4))
def test_vectorised_money_agrees_with_the_plain_one(amount: Decimal) -> None:
    """The column reader takes and refuses what `fen_from_yuan`, by decimal arithmetic, takes and refuses."""
    values, wrong = parsed("money", [str(amount)])
    if amount * 100 == (amount * 100).to_integral_value():
        assert values == [fen_from_yuan(amount)]
    else:
        assert wrong == {0: "below_one_fen"}


def test_bounds_and_types_of_money() -> None:
    """A minimum is in the stored unit; a date or a truth value is no amount; whole numbers and decimals are."""
    assert parsed("money", ["-0.01", "0"], minimum=0) == ([None, 0], {0: "below_minimum"})
    assert parsed("money", pa.array([True]))[1] == {0: "not_an_amount"}
    assert parsed("money", pa.array([date(2020, 1, 1)]))[1] == {0: "not_an_amount"}
    assert parsed("money", pa.array([5, None])) == ([500, None], {})
    assert parsed("money", pa.array([Decimal("1.23")])) == ([123], {})
    assert parsed("money", pa.array([float("nan"), float("inf")]))[1] == {0: "not_finite", 1: "not_finite"}


@pytest.mark.parametrize(
    "text",
    [
        "2017/7/18",
        "2017-07-18",
        "2017.7.18",
        "20170718",
        "2017年7月18日",
        "2017 年 7 月 18 日",
        "２０１７／７／１８",
        " 2017-7-18 ",
        "42934",
        "42934.75",
        "2017-07-18 23:59:59",
        "2017-07-18T09:30:00+08:00",
        "2017-07-17T18:30:00Z",
        "2017-07-17T16:00:00.000Z",
        "2017年7月18日 9时30分",
    ],
)
def test_a_day_as_people_write_it(text: str) -> None:
    """Orders year first, Excel serials and instants (in the bank's calendar) give the day."""
    assert parsed("date", [text]) == ([date(2017, 7, 18)], {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2019-02-30", "no_such_day"),
        ("2019-02-29", "no_such_day"),
        ("2019-13-01", "no_such_day"),
        ("2019-00-10", "no_such_day"),
        ("2019-01-00", "no_such_day"),
        ("0201-07-18", "no_such_day"),
        ("9999-12-31", "no_such_day"),
        ("20191301", "no_such_day"),
        ("2019-01-01 25:00", "no_such_day"),
        ("18/07/2017", "not_a_date"),
        ("17/7/18", "not_a_date"),
        ("2019", "not_a_date"),
        ("昨天", "not_a_date"),
        ("2019-1", "not_a_date"),
        ("1563408000000", "not_a_date"),
    ],
)
def test_what_is_no_day_is_named(text: str, code: str) -> None:
    """Impossible days and orders that can be read in two ways are refused."""
    assert parsed("date", [text]) == ([None], {0: code})


@settings(max_examples=60, deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"])
)
def test_every_day_survives(day: date, form: str) -> None:
    """Every day from 1900 on is read from each form, leap days too."""
    assert parsed("date", [day.strftime(form)]) == ([day], {})


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-11, 13))  # noqa: DTZ001
def test_every_instant_survives(wall: datetime, hours: int) -> None:
    """An instant with an offset is that instant, to the microsecond."""
    text = f"{wall.isoformat()}{hours:+03d}:00"
    expected = (wall - timedelta(hours=hours)).replace(tzinfo=UTC)
    assert parsed("timestamp", [text]) == ([expected], {})


def test_instants_without_an_offset_are_the_banks_wall_clock() -> None:
    """A bare day is its first instant in Shanghai."""
    midnight = datetime(2020, 2, 29, 16, tzinfo=UTC)
    assert parsed("timestamp", ["2020-03-01", "2020-03-01 00:00"]) == ([midnight, midnight], {})


def test_typed_days() -> None:
    """Excel and Parquet deliver days, instants, serial numbers; a NaN, a year alone and a truth value are no day."""
    day = date(2017, 7, 18)
    assert parsed("date", pa.array([day])) == ([day], {})
    assert parsed("date", pa.array([datetime(2017, 7, 18, 23)])) == ([day], {})  # noqa: DTZ001
    assert parsed("date", pa.array([datetime(2017, 7, 17, 16, tzinfo=UTC)])) == ([day], {})
    assert parsed("date", pa.array([42934.5, 20170718.0])) == ([day, day], {})
    assert parsed("date", pa.array([42934, 2017])) == ([day, None], {1: "not_a_date"})
    assert parsed("date", pa.array([float("nan"), None])) == ([None, None], {0: "not_a_date"})
    assert parsed("date", pa.array([True]))[1] == {0: "not_a_date"}
    assert parsed("date", pa.array([date(201, 7, 18)]))[1] == {0: "no_such_day"}


def test_codes_that_were_stored_as_numbers() -> None:
    """A whole number is its digits; beyond what a double holds, digits are lost and the code is not believed."""
    values, wrong = parsed("text", pa.array([3390939.0, 12.5, 2.0**60, None]))
    assert values[:2] == ["3390939", "12.5"]
    assert wrong == {2: "digits_lost"}


def test_words() -> None:
    """Choices and yes or no ignore blanks, case and width; what is not listed is named; a 10 MB cell is too long."""
    choices = {"有效": "valid", "void": "void"}
    assert parsed("choice", [" 有效 ", "ＶＯＩＤ", "?", None], choices=choices) == (
        ["valid", "void", None, None],
        {2: "not_a_choice"},
    )
    assert parsed("flag", ["是", "N", "1", "maybe"]) == ([True, False, True, None], {3: "not_yes_or_no"})
    assert parsed("text", [" \u3000x ", "y" * 10_000_000, "  "]) == (["x", None, None], {1: "too_long"})


def test_numbers() -> None:
    """Percentages are fractions; a number has to be finite and in bounds; a whole number has to be whole."""
    assert parsed("number", ["13%", "1,000.5", "x", "inf"]) == (
        [0.13, 1000.5, None, None],
        {2: "not_a_number", 3: "not_finite"},
    )
    assert parsed("number", ["1.2"], maximum=1)[1] == {0: "above_maximum"}
    assert parsed("integer", ["12.0", "12.5", "-3"]) == ([12, None, -3], {1: "not_whole"})
    assert parsed("integer", pa.array([7])) == ([7], {})


@pytest.mark.parametrize("type_", sorted(PARSERS))
@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=10))
def test_no_text_breaks_a_reader(type_: str, cells: list[str | None]) -> None:
    """Whatever a cell holds, it becomes a value, null, or a problem, never a crash."""
    values, _ = parsed(type_, cells)
    assert len(values) == len(cells)
