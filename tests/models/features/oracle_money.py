"""The families closed_loop, tax_and_cash and orders again, for one enterprise and one day, from their definitions."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date
from typing import Any

import pandas as pd

from tests.models.features.oracle_settlement import rows_of
from tests.models.features.oracles import Side, Values, begins_after, divided, minus_one

Seen = dict[str, pd.DataFrame]


def receipts_of(seen: Seen) -> list[Any]:
    return [
        row
        for row in rows_of(seen["payment"])
        if row.direction == "received" and row.returned is not True and row.purpose in (None, "goods")
    ]


def invoiced(seen: Seen, as_of: date, months: int) -> int | None:
    """Net sales with tax; None if sales invoices were never seen."""
    side = Side(seen["invoice"], "sales", as_of)
    return side.net(0, months) + side.tax(months) if side.connected else None


def over(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or denominator is None else divided(numerator, denominator)


def closed_loop(seen: Seen, as_of: date) -> Values:
    """Every feature of the family."""
    receipts = receipts_of(seen)
    told = any(row.controlled is not None for row in receipts)
    values: Values = {}
    for k in (3, 12):
        start = begins_after(as_of, k)
        inside = [row for row in receipts if row.paid_on > start]
        home = sum(row.amount_fen for row in inside if row.controlled is True)
        away = sum(row.amount_fen for row in inside if row.controlled is False)
        due = sum(
            max(row.face_fen - (row.credited_fen or 0) - (row.written_off_fen or 0), 0)
            for row in rows_of(seen["receivable"])
            if row.due_on is not None and start < row.due_on <= as_of
        )
        sales = invoiced(seen, as_of, k)
        values[f"capture_rate_{k}m"] = divided(home, due) if told else None
        values[f"diversion_share_{k}m"] = over(away, sales) if told else None
        values[f"bank_to_invoice_{k}m"] = over(sum(row.amount_fen for row in inside), sales) if receipts else None
        if k == 12:
            values["controlled_receipts_share_12m"] = divided(home, home + away)
            values |= accounts(receipts, inside, start)
    last = max((row.paid_on for row in receipts), default=None)
    return values | {"days_since_last_receipt": None if last is None else float((as_of - last).days)}


def accounts(receipts: list[Any], inside: list[Any], year_ago: date) -> Values:
    """Into which accounts the money goes."""
    first: dict[str, date] = {}
    for row in receipts:
        if row.account_id is not None:
            first[row.account_id] = min(first.get(row.account_id, row.paid_on), row.paid_on)
    into: dict[str, int] = defaultdict(int)
    for row in inside:
        if row.account_id is not None:
            into[row.account_id] += row.amount_fen
    older = any(row.paid_on <= year_ago for row in receipts)
    return {
        "new_receipt_accounts_12m": float(sum(day > year_ago for day in first.values())) if older else None,
        "main_account_share_12m": divided(max(into.values(), default=0), sum(into.values())),
    }


def tax_and_cash(seen: Seen, as_of: date) -> Values:
    """Every feature of the family."""
    returns = rows_of(seen["tax_return"])
    year_ago, sales = begins_after(as_of, 12), Side(seen["invoice"], "sales", as_of)

    def paid(taxes: set[str], newest: int, oldest: int) -> int:
        low, high = begins_after(as_of, oldest), begins_after(as_of, newest)
        return sum(r.paid_fen - (r.refund_fen or 0) for r in returns if r.tax in taxes and low < r.period_end <= high)

    recent = [row for row in returns if row.period_end > year_ago]
    with_day = [row for row in recent if row.due_on is not None]
    late = [
        row
        for row in with_day
        if (row.filed_on is not None and row.filed_on > row.due_on)
        or (row.filed_on is None and row.due_on < as_of)
        or (row.late_fee_fen or 0) > 0
    ]
    declared = [
        row.declared_sales_fen
        for row in returns
        if row.tax == "vat" and row.declared_sales_fen is not None
        if begins_after(as_of, 15) < row.period_end <= begins_after(as_of, 3)
    ]
    arrears = [row.arrears_fen for row in recent if row.arrears_fen is not None]
    grades = [(row.year, "ABMCD".index(row.grade) + 1) for row in rows_of(seen["tax_grade"])]
    both = {"vat", "cit"}
    earlier = paid(both, 12, 24)
    return {
        "vat_paid_12m_fen": float(paid({"vat"}, 0, 12)) if returns else None,
        "cit_paid_12m_fen": float(paid({"cit"}, 0, 12)) if returns else None,
        "tax_paid_growth_yoy": minus_one(divided(paid(both, 0, 12), earlier)),
        "declared_to_invoiced_12m": divided(sum(declared), sales.net(3, 15)) if declared else None,
        "late_tax_returns_12m": float(len(late)) if with_day else None,
        "tax_arrears_12m_fen": float(max(arrears)) if arrears else None,
        "tax_grade_level": float(max(grades)[1]) if grades else None,
        "cash_in_cv_12m": cash_variation(seen, as_of),
        "power_to_output_change_3m": power_change(seen, as_of, sales),
    }


def cash_variation(seen: Seen, as_of: date) -> float | None:
    months = [
        sum(
            row.amount_fen
            for row in receipts_of(seen)
            if begins_after(as_of, age + 1) < row.paid_on <= begins_after(as_of, age)
        )
        for age in range(12)
    ]
    mean = sum(months) / 12
    return math.sqrt(sum((x - mean) ** 2 for x in months) / 12) / mean if mean > 0 else None


def power_change(seen: Seen, as_of: date, sales: Side) -> float | None:
    rows = [row for row in rows_of(seen["machine_day"]) if row.kwh is not None]
    quarter, year = (sum(row.kwh for row in rows if row.reported_day > begins_after(as_of, k)) for k in (3, 12))
    if year <= 0 or sales.net(0, 3) <= 0 or sales.net(0, 12) <= 0:
        return None
    return quarter / year / (sales.net(0, 3) / sales.net(0, 12)) - 1


def orders(seen: Seen, as_of: date) -> Values:
    """Every feature of the family."""
    rows = [row for row in rows_of(seen["trade_order"]) if row.direction == "sales"]
    year = [row for row in rows if row.ordered_on > begins_after(as_of, 12)]

    def cancelled(row: Any) -> bool:
        return row.cancelled_on is not None and row.cancelled_on <= as_of

    def ordered(newest: int, oldest: int) -> int:
        low, high = begins_after(as_of, oldest), begins_after(as_of, newest)
        return sum(row.amount_fen for row in rows if low < row.ordered_on <= high)

    due = [
        row
        for row in rows
        if not cancelled(row) and row.promised_on is not None and begins_after(as_of, 12) < row.promised_on <= as_of
    ]
    in_time = [
        row
        for row in due
        if (row.delivered_fen or 0) >= row.amount_fen
        and row.delivered_on is not None
        and row.delivered_on <= row.promised_on
    ]
    left = sum(
        max(row.amount_fen - (row.delivered_fen or 0), 0)
        for row in rows
        if not cancelled(row) and row.ordered_on > begins_after(as_of, 24)
    )
    said = [row for row in year if row.disputed is not None]
    promised = sum(row.amount_fen for row in due)
    last = max((row.ordered_on for row in rows), default=None)
    return {
        "order_fulfil_rate_12m": divided(sum(min(r.delivered_fen or 0, r.amount_fen) for r in due), promised),
        "order_on_time_rate_12m": divided(sum(r.amount_fen for r in in_time), promised),
        "order_backlog_to_sales_12m": over(left, invoiced(seen, as_of, 12)) if rows else None,
        "orders_12m_fen": float(ordered(0, 12)) if rows else None,
        "order_growth_yoy": minus_one(divided(ordered(0, 12), ordered(12, 24))),
        "order_growth_3m_yoy": minus_one(divided(ordered(0, 3), ordered(12, 15))),
        "order_return_rate_12m": divided(
            sum(r.returned_fen or 0 for r in year), sum(r.delivered_fen or 0 for r in year)
        ),
        "order_cancel_rate_12m": divided(sum(r.amount_fen for r in year if cancelled(r)), ordered(0, 12)),
        "order_dispute_share_12m": divided(
            sum(r.amount_fen for r in said if r.disputed), sum(r.amount_fen for r in said)
        ),
        "days_since_last_order": None if last is None else float((as_of - last).days),
    }
