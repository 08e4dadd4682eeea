"""Months counted back from a day: the grid on which every window of the invoice features lies.

A window of k months at `as_of` is the half-open stretch (as_of - k months, as_of]. `as_of - k months` keeps the day of
the month; where that month is shorter it is its last day; and the last day of a month goes to the last day of a month
(30 April back 3 months is 31 January, so that the window is February, March and April). Hence

- month slots tile: k one-month windows laid end to end are the window of k months, with no day twice or left out;
- every month-end date shares one grid, whatever the lengths of the months, and so does every 15th.

The grid is named by its anchor, the day of the month that ends a slot (31 = the last day).
"""

from __future__ import annotations

import calendar
from datetime import date

LAST_DAY = 31


def anchor_day(as_of: date) -> int:
    """The day of the month on which the slots of `as_of` end; 31 when `as_of` is the last day of its month."""
    return LAST_DAY if as_of.day == calendar.monthrange(as_of.year, as_of.month)[1] else as_of.day


def slot_number(as_of: date) -> int:
    """The number of the slot that ends on `as_of`: months since year 0."""
    return as_of.year * 12 + as_of.month - 1


def slot_end(slot: int, anchor: int) -> date:
    """The last day of a slot of the grid with this anchor."""
    year, month = divmod(slot, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))


def months_before(as_of: date, months: int) -> date:
    """The day that a window of `months` months at `as_of` begins after.

    >>> months_before(date(2024, 5, 31), 3), months_before(date(2023, 4, 30), 3), months_before(date(2024, 2, 29), 12)
    (datetime.date(2024, 2, 29), datetime.date(2023, 1, 31), datetime.date(2023, 2, 28))
    """
    return slot_end(slot_number(as_of) - months, anchor_day(as_of))


def slot_lengths(as_of: date, months: int) -> list[int]:
    """Days in each of the last `months` slots, newest first."""
    return [(months_before(as_of, age) - months_before(as_of, age + 1)).days for age in range(months)]


def slot_sql(day: str, anchor: int) -> str:
    """SQL of the number of the slot in which a date column lies."""
    month = f"(year({day}) * 12 + month({day}) - 1)"
    return month if anchor == LAST_DAY else f"({month} + CASE WHEN day({day}) > {anchor} THEN 1 ELSE 0 END)"


def days_to_slot_end_sql(day: str, anchor: int) -> str:
    """SQL of the number of days from a date column to the last day of its slot, 0 to 30."""
    this_month = f"least({anchor}, day(last_day({day})))"
    if anchor == LAST_DAY:
        return f"({this_month} - day({day}))"
    next_month = f"least({anchor}, day(last_day(last_day({day}) + 1)))"
    return (
        f"CASE WHEN day({day}) <= {this_month} THEN {this_month} - day({day}) "
        f"ELSE day(last_day({day})) - day({day}) + {next_month} END"
    )
