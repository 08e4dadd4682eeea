"""What the simulation knows and the bank does not: who defaulted when, who was what, and every cash book."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from training.simulate.population import ROLE_NAMES
from training.simulate.rows import ORIGIN
from training.simulate.world import World, month_end


def label_rows(world: World) -> list[tuple[object, ...]]:
    """(enterprise, defaulted, day or empty, first loan, origin) of every borrower: nobody else can default."""
    h = world.history
    first_loan = np.full(world.population.size, -1)
    first_loan[h.loans.enterprise[::-1]] = world.when.monday(h.loans.drawn_week[::-1]) + 2
    days, loans = (np.datetime_as_string(x.astype("datetime64[D]")).tolist() for x in (h.default_day, first_loan))
    return [
        (code, int(day >= 0), text if day >= 0 else "", loan_text, ORIGIN)
        for code, day, text, loan, loan_text in zip(
            world.ids.to_pylist(), h.default_day.tolist(), days, first_loan.tolist(), loans, strict=True
        )
        if loan >= 0
    ]


def role_rows(world: World) -> list[tuple[object, ...]]:
    """(enterprise, role, ring or empty, origin): to judge detection of fraud with, never to train on."""
    p = world.population
    rows = zip(world.ids.to_pylist(), p.role.tolist(), p.ring.tolist(), strict=True)
    return [(code, ROLE_NAMES[role], ring if ring >= 0 else "", ORIGIN) for code, role, ring in rows]


def cash_book(world: World) -> pa.Table:
    """Every flow of every month and enterprise, with the balances before and after."""
    h = world.history
    months, enterprises = h.cash.shape
    before = np.vstack([h.opening_cash, h.cash[:-1]])
    ends = month_end(world.when, np.arange(months)).astype("datetime64[D]")
    columns: dict[str, Any] = {
        "enterprise_id": pa.concat_arrays([world.ids] * months),
        "month_end": pa.array(np.repeat(ends, enterprises)),
        "opening_fen": before.ravel(),
        **{f"{name}_fen": flow.ravel() for name, flow in h.flows.items()},
        "closing_fen": h.cash.ravel(),
        "origin": pa.repeat(pa.scalar(ORIGIN), months * enterprises),
    }
    return pa.table(columns)


def rates(world: World) -> dict[str, Any]:
    """Default rates by year (defaults of the year over borrowers that had not defaulted before it), and loans."""
    h, when = world.history, world.when
    year = h.default_day.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    defaulted = h.default_day >= 0
    first = int(np.datetime64(when.first_day, "D").astype("datetime64[Y]").astype(int)) + 1970
    borrowed_by = {}
    for loan_year in range(first, first + world.months // 12 + 1):
        end = np.datetime64(f"{loan_year + 1}-01-01", "D").astype(np.int64)
        borrower = np.zeros(world.population.size, dtype=bool)
        borrower[h.loans.enterprise[when.monday(h.loans.drawn_week) < end]] = True
        borrowed_by[loan_year] = borrower & ~(defaulted & (year < loan_year))
    by_year = {
        str(y): round(float((defaulted & (year == y)).sum() / max(1, at_risk.sum())), 4)
        for y, at_risk in borrowed_by.items()
        if np.datetime64(f"{y}-01-01", "D").astype(np.int64) <= when.last_day
    }
    principal = h.loans.principal_fen
    return {
        "defaults": int(defaulted.sum()),
        "default_rate": round(float(defaulted.mean()), 4),
        "default_rate_by_year": by_year,
        "loans": len(principal),
        "mean_loan_yuan": round(float(principal.mean()) / 100) if len(principal) else 0,
        "closed_without_default": int((h.closed_week >= 0).sum()),
    }
