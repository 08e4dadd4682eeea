"""What the limit rules read besides features, as far as one group-by of one kind says it, in pandas."""

from __future__ import annotations

import pandas as pd

from benchmarks.batch_plain_features import RED, latest_report
from benchmarks.raw_records import Frame, Raw, count_of, is_true, sum_of


def evidence_of(raw: Raw, listed: pd.Index) -> Frame:
    """Loans, bureau, instalments, statements, taxes and risk events of each enterprise."""
    return pd.concat([part.reindex(listed) for part in _positions(raw)], axis=1).astype(float)


def _positions(raw: Raw) -> list[Frame]:
    """Loans, bureau, instalments, statements, taxes and events as the limit rules are told of them."""
    loans = raw.known(
        "bank_loan",
        ["own_bank", "credit_type", "principal_fen", "balance_fen", "closed_on", "limit_fen", "days_past_due"],
    )
    is_open = loans["closed_on"].isna() | (loans["closed_on"] > raw.today)
    loans["owed"] = loans["balance_fen"].fillna(loans["principal_fen"]).where(is_open, 0).astype(float)
    ours, any_loan = is_true(loans["own_bank"]), loans.index.unique()
    working = loans["credit_type"].fillna("working_capital") == "working_capital"
    debt = pd.DataFrame(
        {
            "debt_own_exposure_fen": sum_of(loans, "owed", ours).reindex(any_loan).fillna(0),
            "debt_debt_fen": sum_of(loans, "owed"),
            "debt_working_capital_debt_fen": sum_of(loans, "owed", working).reindex(any_loan).fillna(0),
            "debt_own_line_fen": sum_of(loans, "limit_fen", ours & is_open),
            "debt_own_loans": count_of(loans, ours & is_open),
            "debt_days_past_due": loans.loc[is_open.to_numpy(), "days_past_due"].groupby(level=0).max(),
        }
    )
    report = latest_report(raw, None)[["debt_fen", "guarantees_fen", "days_past_due", "enquiries_2m"]]
    rows = raw.known("loan_repayment", ["paid_on", "waived"])
    settled = (rows["paid_on"] <= raw.today) | is_true(rows["waived"])
    rows["late"] = (raw.today - rows["due_on"]).dt.days.where(~settled, 0)
    late = rows["late"].groupby(level=0).max().to_frame("debt_instalments_days_past_due")
    events = raw.known("risk_event", ["event", "amount_fen", "role", "resolved_on"])
    against = events["role"].fillna("defendant") == "defendant"
    against &= events["resolved_on"].isna() | (events["resolved_on"] > raw.today)
    red = events["event"].isin(RED - {"serious_violation"})
    warning = pd.DataFrame(
        {
            "warning_red_events": count_of(events, against & red),
            "warning_other_events": count_of(events, against & ~red),
            "warning_lawsuits_fen": sum_of(events, "amount_fen", against & (events["event"] == "lawsuit")),
        }
    )
    warning["warning_lawsuits_fen"] = warning["warning_lawsuits_fen"].fillna(0)
    return [debt, report.add_prefix("bureau_"), late, warning, _yearly(raw), _tax_position(raw)]


def _yearly(raw: Raw) -> Frame:
    """The latest full-year statement, and lines of the one a year before."""
    flows = [
        *("revenue", "cost_of_sales", "net_profit", "operating_profit", "interest_expense", "depreciation"),
        *("operating_cash_flow", "capital_expenditure", "equity", "cash", "restricted_cash", "short_term_debt"),
        "long_term_debt",
    ]
    balances = ["receivables", "inventory", "prepaid", "payables", "advances_received"]
    columns = [f"{name}_fen" for name in (*flows, *balances)]
    rows = raw.known("financial_statement", ["months", *columns])
    rows = rows[(rows["months"] == 12).to_numpy()].sort_values("period_end")
    last = rows.groupby(level=0).tail(1)
    before = (
        rows.reset_index().drop_duplicates(["enterprise_id", "period_end"]).set_index(["enterprise_id", "period_end"])
    )
    year_ago = (last["period_end"] - pd.DateOffset(months=12)) + pd.offsets.MonthEnd(0)
    wanted = pd.MultiIndex.from_arrays([last.index, year_ago])
    opening = before[["revenue_fen", *(f"{name}_fen" for name in balances)]].reindex(wanted).set_index(last.index)
    now = last[columns].assign(age_days=(raw.today - last["period_end"]).dt.days)
    return now.join(opening.add_prefix("opening_")).add_prefix("statement_")


def _tax_position(raw: Raw) -> Frame:
    rows = raw.known("tax_return", ["tax", "paid_fen", "refund_fen", "arrears_fen"])
    rows["paid"] = rows["paid_fen"] - rows["refund_fen"].fillna(0)
    year = rows["period_end"] > raw.today - pd.DateOffset(months=12)
    any_row = rows.index.unique()
    grades = raw.known("tax_grade", ["year", "grade", "taxpayer_status"])
    place = grades["grade"].map({"A": 0, "B": 1, "M": 2, "C": 3, "D": 4})
    grades["place"] = place.where(grades["taxpayer_status"].fillna("normal") == "normal", 4)
    grade = grades.sort_values(["year", "published_on"]).groupby(level=0)["place"].last()
    return pd.DataFrame(
        {
            "tax_vat_12m_fen": sum_of(rows, "paid", year & (rows["tax"] == "vat")).reindex(any_row).fillna(0),
            "tax_cit_12m_fen": sum_of(rows, "paid", year & (rows["tax"] == "cit")).reindex(any_row).fillna(0),
            "tax_arrears_fen": sum_of(rows, "arrears_fen", year).reindex(any_row).fillna(0),
            "tax_grade": grade.reindex(any_row),
        }
    )
