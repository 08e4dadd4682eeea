"""The family settlement again, for one enterprise and one day in pandas, from its definitions."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pandas as pd

from tests.models.features.oracles import Values, begins_after, divided


def settlement(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family."""
    return receivables(seen["receivable"], as_of) | own_payments(seen["payment"], seen["invoice"], as_of)


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """The rows as named tuples, without numpy's coercions."""
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False))


def days_late(row: Any) -> int:
    return max((row.settled_on - row.due_on).days, 0)


def mean_late(settled: list[Any]) -> float | None:
    return divided(sum(row.face_fen * days_late(row) for row in settled), sum(row.face_fen for row in settled))


def outstanding(row: Any, as_of: date) -> int:
    if row.settled_on is not None and row.settled_on <= as_of:
        return 0
    if row.outstanding_fen is not None:
        return max(row.outstanding_fen, 0)
    return max(row.face_fen - (row.settled_fen or 0) - (row.credited_fen or 0) - (row.written_off_fen or 0), 0)


def receivables(frame: pd.DataFrame, as_of: date) -> Values:
    """What the receivables say."""
    rows = rows_of(frame)
    settled = {
        k: [
            row
            for row in rows
            if row.due_on is not None
            and row.settled_on is not None
            and begins_after(as_of, k) < row.settled_on <= as_of
        ]
        for k in (3, 12)
    }
    means = {k: mean_late(settled[k]) for k in settled}
    ordered = sorted(days_late(row) for row in settled[12])
    still = [(outstanding(row, as_of), (as_of - row.due_on).days if row.due_on else 0) for row in rows]
    total = sum(amount for amount, _ in still)
    year = [row for row in rows if row.arisen_on > begins_after(as_of, 12)]
    said = [row for row in year if row.disputed is not None]
    face = sum(row.face_fen for row in year)

    def overdue(days: int) -> float | None:
        return divided(sum(amount for amount, past in still if past > days), total)

    def quantile(percent: int) -> float | None:
        return float(ordered[math.ceil(len(ordered) * percent / 100) - 1]) if ordered else None

    return {
        "days_late_mean_12m": means[12],
        "days_late_p75_12m": quantile(75),
        "days_late_p90_12m": quantile(90),
        "days_late_change_3m": None if means[3] is None or means[12] is None else means[3] - means[12],
        "dso_12m": divided(360 * total, face),
        "unpaid_past_due_share": overdue(0),
        **{f"overdue_{days}d_share": overdue(days) for days in (30, 60, 90)},
        "receivable_dpd_max": float(max([past for amount, past in still if amount > 0 < past], default=0))
        if rows
        else None,
        "dilution_12m": divided(sum((r.credited_fen or 0) + (r.written_off_fen or 0) for r in year), face),
        "disputed_share_12m": divided(sum(r.face_fen for r in said if r.disputed), sum(r.face_fen for r in said)),
    }


def own_payments(payments: pd.DataFrame, invoices: pd.DataFrame, as_of: date) -> Values:
    """What the enterprise's own payments say."""
    due: dict[tuple[str, str], date] = {}
    for row in rows_of(invoices):
        if row.direction == "purchase" and row.status == "valid" and row.due_on is not None:
            key = (row.invoice_no, row.counterparty_id)
            due[key] = min(due.get(key, row.due_on), row.due_on)
    paid = [
        (row.amount_fen, max((row.paid_on - due[row.invoice_no, row.counterparty_id]).days, 0))
        for row in rows_of(payments)
        if row.direction == "paid" and not row.returned and row.paid_on > begins_after(as_of, 12)
        if (row.invoice_no, row.counterparty_id) in due
    ]
    total = sum(amount for amount, _ in paid)
    return {
        "own_days_late_mean_12m": divided(sum(amount * late for amount, late in paid), total),
        "own_late_30d_share_12m": divided(sum(amount for amount, late in paid if late > 30), total),
    }
