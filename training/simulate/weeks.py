"""The simulated calendar: weeks of seven days from the first day of the first month, and what falls into which week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from training.simulate import calibration

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

WAGE_DAY, TAX_DAY, INSTALMENT_DAY = 10, 15, 20
DEFAULT_DAYS = 90


@dataclass(frozen=True)
class Calendar:
    """`weeks` whole weeks that cover the months; days are counted since 1970-01-01 as Parquet does."""

    first_day: int
    last_day: int  # inclusive
    weeks: int
    month_of_week: Whole  # months since the first, by the week's last day
    season: Real  # of demand, mean about one
    pace: Real  # of invoicing within the month, mean one: it gathers before the tax month closes
    macro: Real  # 1 is normal, below is a bad year
    wage_weeks: npt.NDArray[np.bool_]
    tax_weeks: npt.NDArray[np.bool_]
    instalment_weeks: npt.NDArray[np.bool_]
    instalment_day: Whole  # by week: the day since 1970 on which an instalment of that week falls due

    def monday(self, week: Whole) -> Whole:
        """First day of the given weeks, since 1970."""
        return self.first_day + 7 * week


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def calendar(start: date, months: int) -> Calendar:
    """The calendar of so many months from the first of the month of `start`."""
    first_month = np.datetime64(start, "M")
    first = int(first_month.astype("datetime64[D]").astype(np.int64))
    end = int((first_month + months).astype("datetime64[D]").astype(np.int64))
    weeks = (end - first) // 7
    last_of_week = (first + 7 * np.arange(weeks) + 6).astype("datetime64[D]")
    month = last_of_week.astype("datetime64[M]")
    month_index = (month - first_month).astype(np.int64)
    calendar_month = month.astype(np.int64) % 12
    season = np.array(calibration.MONTH_WEIGHTS)[calendar_month] * 12

    def contains(day: int) -> tuple[npt.NDArray[np.bool_], Whole]:
        candidate = month.astype("datetime64[D]").astype(np.int64) + day - 1
        begin = first + 7 * np.arange(weeks)
        earlier = (month - 1).astype("datetime64[D]").astype(np.int64) + day - 1
        inside, inside_before = ((day_ >= begin) & (day_ <= begin + 6) for day_ in (candidate, earlier))
        return inside | inside_before, np.where(inside_before, earlier, candidate)

    instalments, instalment_day = contains(INSTALMENT_DAY)
    days = first + np.arange(weeks * 7)
    of_month = (
        days.astype("datetime64[D]") - days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]")
    ).astype(np.int64)
    weight = np.array(calibration.DAY_WEIGHTS, dtype=np.float64)[of_month].reshape(weeks, 7).mean(axis=1)
    pace = weight / weight.mean()
    # A four-year wave: normal, good, bad, recovering.
    year = (np.arange(weeks) + 0.5) * 7 / 365.25
    knots, level = (0.0, 0.7, 1.3, 1.7, 2.5, 2.9, 4.0), (1.0, 1.05, 1.08, 0.83, 0.81, 1.05, 1.05)
    macro = np.interp(year % 4.0, knots, level)
    return Calendar(
        first, end - 1, weeks, month_index, season, pace, macro,
        contains(WAGE_DAY)[0], contains(TAX_DAY)[0], instalments, instalment_day,
    )  # fmt: skip
