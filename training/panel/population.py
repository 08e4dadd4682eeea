"""Who is in the panel on which day, as what, and who is left out and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.errors import AssetlightError
from models.features.visibility import day_sql
from models.features.windows import anchor_day, months_before, slot_end, slot_number
from models.records.bank_loan import BANK_LOAN
from models.tables import Tables, moments, visible_rows_sql
from training.panel.defaults import first_defaults, last_day_known, loan_records


class NoMatureDay(AssetlightError):
    """No day of the panel has its whole outcome window inside what is known."""


@dataclass(frozen=True)
class DayCount:
    """What became of the borrowers of one day: those with a loan that was open as far as was known then."""

    as_of: date
    borrowers: int
    already_defaulted: int  # by that day, in hindsight: nothing left to predict
    immature: int  # the window of the day ends after the last day known
    rows: int
    defaults: int


@dataclass(frozen=True)
class Population:
    """The rows of the panel in order of (as_of, enterprise_id), with their outcomes."""

    enterprise_ids: pa.Array
    as_of: pa.Array  # date32
    outcome: NDArray[np.float64]  # 1: default within the horizon after as_of
    counts: tuple[DayCount, ...]  # every day asked for, immature ones too
    causes: dict[str, int]  # of the outcomes that are defaults
    last_day_known: date
    horizon_months: int

    @property
    def days(self) -> tuple[date, ...]:
        """The days that have rows."""
        return tuple(count.as_of for count in self.counts if count.rows)


def months_after(day: date, months: int) -> date:
    """The last day of a window of `months` months that begins after `day`; month ends go to month ends."""
    return slot_end(slot_number(day) + months, anchor_day(day))


def quarter_ends(first: date, last: date, every_months: int = 3) -> tuple[date, ...]:
    """The calendar quarter ends (or month ends that many months apart, counted from year ends) from first to last."""
    ends = (slot_end(slot, 31) for slot in range(slot_number(first), slot_number(last) + 1))
    return tuple(end for end in ends if first <= end <= last and end.month % every_months == 0)


def default_days(tables: Tables, last: date, *, every_months: int = 3, history_months: int = 6) -> tuple[date, ...]:
    """Every quarter end from half a year after the first loan was drawn up to `last`."""
    with loan_records(tables) as connection:
        ((found,),) = connection.sql("SELECT min(drawn_on) FROM bank_loan").fetchall()
    if found is None:
        return ()
    return quarter_ends(months_after(date.fromisoformat(str(found)), history_months), last, every_months)


def population(
    tables: Tables, days: Sequence[date], *, horizon_months: int = 12, until: date | None = None
) -> Population:
    """Every enterprise with an open bank loan on each day, with its outcome within `horizon_months`.

    `until`: the last day about which everything is known, by default the last day a loan record was learned. Left out
    and counted: whoever had defaulted by the day (the first default ends an enterprise's part in the panel), and days
    whose window is not over. Raises NoLoansKnown, NoMatureDay.
    """
    last = until or last_day_known(tables)
    ends = [months_after(day, horizon_months) for day in days]
    if not any(end <= last for end in ends):
        raise NoMatureDay(
            f"no day has an outcome window of {horizon_months} months that is over",
            expected=f"a day on or before {months_before(last, horizon_months).isoformat()}",
            found=", ".join(day.isoformat() for day in days) or "no day",
            advice="Choose earlier days, or a shorter --horizon-months",
        )
    windows = pa.table({"as_of": pa.array(days, pa.date32()), "window_end": pa.array(ends, pa.date32())})
    with loan_records(tables) as connection:
        connection.register("moments", moments(days))
        connection.register("windows", windows)
        connection.register("defaults", first_defaults(tables, last))
        rows = connection.sql(_ROWS.replace("{until}", day_sql(last))).to_arrow_table()
    kept = rows.filter(rows.column("state").to_numpy() == _IN_PANEL).combine_chunks()
    outcome = kept.column("outcome").to_numpy().astype(np.float64)
    causes = kept.column("cause").combine_chunks().filter(pa.array(outcome == 1)).value_counts().to_pylist()
    return Population(
        enterprise_ids=_whole(kept.column("enterprise_id")),
        as_of=_whole(kept.column("as_of")),
        outcome=outcome,
        counts=_counts(rows, sorted(set(days))),
        causes={
            str(entry["values"]): int(entry["counts"]) for entry in sorted(causes, key=lambda each: each["values"])
        },
        last_day_known=last,
        horizon_months=horizon_months,
    )


_IN_PANEL, _ALREADY, _IMMATURE = 0, 1, 2
_ROWS = f"""
WITH borrowers AS (
    SELECT DISTINCT m.as_of, r.enterprise_id FROM bank_loan r JOIN moments m ON {visible_rows_sql(BANK_LOAN)}
    WHERE (r.closed_on IS NULL OR r.closed_on > m.as_of) AND coalesce(r.balance_fen, 1) > 0
)
SELECT b.enterprise_id, b.as_of, d.cause,
    coalesce(d.defaulted_on > b.as_of AND d.defaulted_on <= w.window_end, false)::DOUBLE AS outcome,
    CASE WHEN w.window_end > {{until}} THEN {_IMMATURE} WHEN d.defaulted_on <= b.as_of THEN {_ALREADY} ELSE {_IN_PANEL}
    END AS state
FROM borrowers b JOIN windows w USING (as_of) LEFT JOIN defaults d USING (enterprise_id)
ORDER BY b.as_of, b.enterprise_id
"""  # noqa: S608


def _counts(rows: pa.Table, days: Sequence[date]) -> tuple[DayCount, ...]:
    when = rows.column("as_of").to_numpy().astype("datetime64[D]")
    state, outcome = rows.column("state").to_numpy(), rows.column("outcome").to_numpy()
    counts = []
    for day in days:
        here = when == np.datetime64(day, "D")
        inside = here & (state == _IN_PANEL)
        counts.append(
            DayCount(
                as_of=day,
                borrowers=int(here.sum()),
                already_defaulted=int((here & (state == _ALREADY)).sum()),
                immature=int((here & (state == _IMMATURE)).sum()),
                rows=int(inside.sum()),
                defaults=int(outcome[inside].sum()),
            )
        )
    return tuple(counts)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
