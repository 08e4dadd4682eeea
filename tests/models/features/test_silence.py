"""The longest silence from bits of months, against counting the days of a year one by one."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.features.silence import MEASURES, WINDOWS, by_month, of_year

LENGTHS = (31, 29, 31, 31, 30, 31, 30, 31, 31, 30, 31, 30)  # of the month slots, the newest first
YEAR = sum(LENGTHS)
BEFORE = date(2023, 3, 31)


def counted_by_day(sold: set[int], *, known_before: bool) -> int:
    """Longest run of days without a sale, day 0 the oldest; days before the first known sale are left out."""
    longest = run = 0
    begun = known_before
    for day in range(YEAR):
        if day in sold:
            run, begun = 0, True
        elif begun:
            run += 1
        longest = max(longest, run)
    return longest


def by_sql(sold: set[int], *, known_before: bool) -> int:
    """The same from the words of the months that have a sale."""
    words = dict.fromkeys(range(12), 0)
    for day in sold:
        left = YEAR - 1 - day
        age = next(age for age in range(12) if left < sum(LENGTHS[: age + 1]))
        words[age] |= 1 << (left - sum(LENGTHS[:age]))
    cells = pa.table(
        {"age": pa.array(list(words), pa.int32()), "days": pa.array(list(words.values()), pa.int32())}
    ).filter(pa.array([bool(word) or age == 0 for age, word in words.items()]))
    totals = ", ".join(
        f"{how}({name}) AS {window}" for (name, how), window in zip(MEASURES.items(), WINDOWS, strict=True)
    )
    first = date(2022, 1, 1) if known_before else date(2023, 4, 1)
    year = f"(SELECT {totals}, DATE '{first}' AS first_blue FROM ({by_month('cells')}))"  # noqa: S608
    text = of_year(year).replace("{year_ago}", f"DATE '{BEFORE}'")
    for age, length in enumerate(LENGTHS):
        text = text.replace(f"{{slot_{age}}}", str(length))
    with duckdb.connect() as connection:
        connection.register("cells", cells)
        ((found,),) = connection.execute(f"SELECT silence FROM ({text})").fetchall()  # noqa: S608
    return int(found)


@given(st.sets(st.integers(0, YEAR - 1), max_size=30), st.booleans())
@example(set(), True)
@example({0}, False)
@example({YEAR - 1}, True)
@example(set(range(YEAR)), True)
@example({0, YEAR - 1}, False)
@example(set(range(0, YEAR, 2)), True)
@settings(max_examples=60, deadline=None)
def test_the_silence_is_what_a_count_of_days_finds(sold: set[int], known_before: bool) -> None:
    """Wherever the sales of the year lie, in a month or over its ends, the words give the count by day."""
    known = known_before or not sold
    assert by_sql(sold, known_before=known) == counted_by_day(sold, known_before=known)
