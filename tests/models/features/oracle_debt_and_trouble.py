"""Debt, statements and risk events again, for one enterprise and one day, from the definitions of their features."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from tests.models.features.oracle_assets import over
from tests.models.features.oracle_people_and_money import largest
from tests.models.features.oracle_settlement import rows_of
from tests.models.features.oracles import Values, begins_after, divided, minus_one

LINES = (
    *("revenue", "cost_of_sales", "operating_profit", "net_profit", "rd_expense", "interest_expense", "total_assets"),
    *("total_liabilities", "equity", "cash", "receivables", "notes_receivable", "inventory", "prepaid", "payables"),
    *("notes_payable", "advances_received", "short_term_debt", "operating_cash_flow"),
)
RED = (
    *("dishonest_debtor", "asset_freeze", "tax_abnormal", "serious_violation", "bankruptcy", "duplicate_pledge"),
    *("account_redirected", "founder_unreachable"),
)


def debt(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family debt."""
    loans = rows_of(seen["bank_loan"])
    open_ = [
        (row, row.principal_fen if row.balance_fen is None else row.balance_fen)
        for row in loans
        if (row.closed_on is None or row.closed_on > as_of) and row.credit_type not in ("guarantee", "letter_of_credit")
    ]
    owed = sum(balance for _, balance in open_)
    own = sum(balance for row, balance in open_ if row.own_bank)
    soon = (pd.Timestamp(as_of) + pd.DateOffset(months=3)).date()
    maturing = sum(balance for row, balance in open_ if row.matures_on <= soon)
    year_ago = begins_after(as_of, 12)
    invoices = [row for row in rows_of(seen["invoice"]) if row.direction == "sales"]
    sales = sum(row.amount_fen for row in invoices if row.status == "valid" and row.issued_on > year_ago)
    reports = [row for row in rows_of(seen["bureau_report"]) if row.reported_on > year_ago]
    names = ("reported_on", "report_no", "lenders", "debt_fen", "credit_lines_fen", "guarantees_fen", "enquiries_2m")
    report = largest(reports, names)
    return instalments(rows_of(seen["loan_repayment"]), as_of) | {
        "own_bank_debt_fen": own if loans else None,
        "other_bank_debt_fen": owed - own if loans else None,
        "debt_to_sales_12m": divided(owed, sales) if loans else None,
        "debt_maturing_soon_share": divided(maturing, owed),
        "credit_line_utilisation": over(report.debt_fen, report.credit_lines_fen) if report else None,
        "guarantees_given_fen": report.guarantees_fen if report else None,
        "bureau_enquiries_2m": report.enquiries_2m if report else None,
        "lenders": report.lenders if report else None,
    }


def instalments(rows: list[Any], as_of: date) -> Values:
    year_ago = begins_after(as_of, 12)

    def paid(row: Any) -> bool:
        return row.paid_on is not None and row.paid_on <= as_of

    def late(row: Any) -> int:
        days = 0 if row.waived else ((row.paid_on if paid(row) else as_of) - row.due_on).days
        return max(days, row.days_past_due or 0)

    recent = [row for row in rows if row.due_on > year_ago or not paid(row) or row.paid_on > year_ago]
    due = [row for row in rows if row.due_on > year_ago]
    overdue = [
        max(row.due_principal_fen + (row.due_interest_fen or 0) - (row.paid_fen or 0), 0)
        for row in rows
        if not paid(row) and not row.waived and row.due_on < as_of
    ]
    return {
        "dpd_max_12m": max((late(row) for row in recent), default=0) if rows else None,
        "instalments_late_share_12m": divided(sum(late(row) > 0 for row in due), len(due)),
        "overdue_fen": sum(overdue) if rows else None,
    }


def statements(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family statements."""
    rows = rows_of(seen["financial_statement"])
    row = largest(rows, ("period_end", "months", *(f"{name}_fen" for name in LINES)))
    if row is None:
        return dict.fromkeys(STATEMENT_NAMES)
    line = {name: getattr(row, f"{name}_fen") for name in LINES}
    zero = {name: value or 0 for name, value in line.items()}
    a_year_before = (pd.Timestamp(row.period_end) - pd.DateOffset(months=12) + pd.offsets.MonthEnd(0)).date()
    before = [r.revenue_fen for r in rows if r.months == row.months and r.period_end == a_year_before]

    def minus(first: str, second: str) -> int | None:
        return None if line[first] is None or line[second] is None else line[first] - line[second]

    def turnover(stock: str, flow: str) -> float | None:
        return over(None if line[stock] is None else line[stock] * row.months * 30, line[flow])

    needed = ("cash", "receivables", "inventory", "payables")
    liquid = sum(zero[name] for name in ("cash", "receivables", "notes_receivable", "inventory", "prepaid"))
    short = sum(zero[name] for name in ("payables", "notes_payable", "advances_received", "short_term_debt"))
    earned = (
        None
        if line["operating_profit"] is None or line["interest_expense"] is None
        else line["operating_profit"] + line["interest_expense"]
    )
    return {
        "statement_revenue_growth_yoy": minus_one(divided(line["revenue"], max(before))) if before else None,
        "statement_gross_margin": over(minus("revenue", "cost_of_sales"), line["revenue"]),
        "statement_net_margin": over(line["net_profit"], line["revenue"]),
        "statement_rd_intensity": over(line["rd_expense"], line["revenue"]),
        "statement_operating_cash_to_revenue": over(line["operating_cash_flow"], line["revenue"]),
        "statement_leverage": over(line["total_liabilities"], line["total_assets"]),
        "statement_current_ratio": None if any(line[n] is None for n in needed) else divided(liquid, short),
        "statement_net_assets_fen": line["equity"],
        "statement_inventory_days": turnover("inventory", "cost_of_sales"),
        "statement_receivable_days": turnover("receivables", "revenue"),
        "statement_payable_days": turnover("payables", "cost_of_sales"),
        "statement_interest_cover": over(earned, line["interest_expense"]),
        "days_since_statement": (as_of - row.period_end).days,
    }


STATEMENT_NAMES = (
    *("statement_revenue_growth_yoy", "statement_gross_margin", "statement_net_margin", "statement_rd_intensity"),
    *("statement_operating_cash_to_revenue", "statement_leverage", "statement_current_ratio"),
    *("statement_net_assets_fen", "statement_inventory_days", "statement_receivable_days", "statement_payable_days"),
    *("statement_interest_cover", "days_since_statement"),
)


def risk_events(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family risk_events, its feed being connected."""
    against = [row for row in rows_of(seen["risk_event"]) if row.role not in ("plaintiff", "third_party")]
    standing = [row for row in against if row.resolved_on is None or row.resolved_on > as_of]
    recent = [row for row in against if row.happened_on > begins_after(as_of, 12)]
    in_court = ("lawsuit", "judgment_debtor", "labour_dispute")
    claimed = sum(row.amount_fen or 0 for row in standing if row.event in in_court)
    accounts = largest(
        rows_of(seen["financial_statement"]), ("period_end", "months", *(f"{name}_fen" for name in LINES))
    )

    def open_of(*types: str) -> int:
        return sum(row.event in types for row in standing)

    return {
        "open_claims_fen": claimed,
        "open_claims_to_net_assets": over(claimed, accounts.equity_fen) if accounts else None,
        "dishonest_lists_open": open_of("dishonest_debtor", "consumption_limit", "serious_violation"),
        "freezes_open": open_of("asset_freeze", "equity_freeze"),
        "tax_abnormal_open": open_of("tax_abnormal", "tax_arrears"),
        "risk_events_12m": len(recent),
        "red_events_12m": sum(row.level == "red" or row.event in RED for row in recent),
    }


ORACLES: dict[str, Callable[[dict[str, pd.DataFrame], date], Values]] = {
    "debt": debt,
    "statements": statements,
    "risk_events": risk_events,
}
