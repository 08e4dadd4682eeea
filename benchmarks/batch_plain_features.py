"""Features of raw records by group-by, kind by kind, as an analyst writes them in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.feature_engines import COLUMNS, SUBSET, pandas_rows
from benchmarks.raw_records import Frame, Raw, count_of, is_true, over, sum_of
from models.features.catalogue import CATALOGUE

STATEMENT = (
    *("statement_revenue_growth_yoy", "statement_gross_margin", "statement_net_margin", "statement_rd_intensity"),
    *("statement_operating_cash_to_revenue", "statement_leverage", "statement_current_ratio"),
    *("statement_net_assets_fen", "statement_inventory_days", "statement_receivable_days", "statement_payable_days"),
    *("statement_interest_cover", "days_since_statement"),
)
DEBT = (
    *("own_bank_debt_fen", "other_bank_debt_fen", "debt_to_sales_12m", "debt_maturing_soon_share", "dpd_max_12m"),
    *("instalments_late_share_12m", "overdue_fen", "credit_line_utilisation", "guarantees_given_fen"),
    *("bureau_enquiries_2m", "lenders"),
)
TAX = (
    *("vat_paid_12m_fen", "cit_paid_12m_fen", "tax_paid_growth_yoy", "late_tax_returns_12m", "tax_arrears_12m_fen"),
    "tax_grade_level",
)
ORDERS = (
    *("order_fulfil_rate_12m", "order_on_time_rate_12m", "orders_12m_fen", "order_growth_yoy", "order_growth_3m_yoy"),
    *("order_return_rate_12m", "order_cancel_rate_12m", "order_dispute_share_12m", "days_since_last_order"),
)
EVENTS = (
    *("open_claims_fen", "open_claims_to_net_assets", "dishonest_lists_open", "freezes_open", "tax_abnormal_open"),
    *("risk_events_12m", "red_events_12m"),
)
_OF_MODEL = {*SUBSET, *DEBT, *STATEMENT, *TAX, *ORDERS, "open_claims_fen"}
MODEL_FEATURES = tuple(feature.name for feature in CATALOGUE if feature.name in _OF_MODEL)
RED = {
    *("dishonest_debtor", "asset_freeze", "tax_abnormal", "serious_violation", "bankruptcy", "duplicate_pledge"),
    *("account_redirected", "founder_unreachable"),
}


def enterprises_of(raw: Raw) -> pd.Index:
    """Everybody of whom something was known on the day, sorted."""
    names: set[str] = set()
    for kind in raw.files:
        names.update(raw.known(kind, []).index)
    return pd.Index(sorted(names), name="enterprise_id")


def features_of(raw: Raw) -> Frame:
    """The features of `MODEL_FEATURES` and of `EVENTS`, a row for each enterprise, NaN where not known."""
    listed = enterprises_of(raw)
    invoices = pd.concat(
        [pd.read_parquet(path, columns=list(COLUMNS), dtype_backend="pyarrow") for path in raw.files["invoice"]]
    )
    trade = pandas_rows(invoices, raw.as_of).reindex(listed)
    parts = [trade, _loans(raw, listed, trade["sales_12m_fen"]), _instalments(raw), _bureau(raw)]
    statements = _statements(raw)
    parts += [statements, _taxes(raw), _orders(raw)]
    equity = statements["statement_net_assets_fen"].reindex(listed)
    parts += [_events(raw, listed, equity)]
    found = pd.concat([part.reindex(listed) for part in parts], axis=1)
    return found[[*MODEL_FEATURES, *(name for name in EVENTS if name not in MODEL_FEATURES)]].astype(float)


def _loans(raw: Raw, listed: pd.Index, sales: pd.Series) -> Frame:
    rows = raw.known(
        "bank_loan", ["own_bank", "credit_type", "matures_on", "principal_fen", "balance_fen", "closed_on"]
    )
    rows["owed"] = rows["balance_fen"].fillna(rows["principal_fen"]).astype(float)
    is_open = rows["closed_on"].isna() | (rows["closed_on"] > raw.today)
    is_open &= ~rows["credit_type"].isin(["guarantee", "letter_of_credit"])
    any_row = rows.index.unique()
    owed = sum_of(rows, "owed", is_open).reindex(any_row).fillna(0)
    own = sum_of(rows, "owed", is_open & is_true(rows["own_bank"])).reindex(any_row).fillna(0)
    soon = sum_of(rows, "owed", is_open & (rows["matures_on"] <= raw.today + pd.DateOffset(months=3)))
    return pd.DataFrame(
        {
            "own_bank_debt_fen": own,
            "other_bank_debt_fen": owed - own,
            "debt_to_sales_12m": over(owed, sales.reindex(any_row)),
            "debt_maturing_soon_share": over(soon.reindex(any_row).fillna(0), owed),
        }
    ).reindex(listed)


def _instalments(raw: Raw) -> Frame:
    columns = ["due_principal_fen", "due_interest_fen", "paid_on", "paid_fen", "days_past_due", "waived"]
    rows = raw.known("loan_repayment", columns)
    paid, extended = rows["paid_on"] <= raw.today, is_true(rows["waived"])
    until = rows["paid_on"].where(paid, raw.today)
    by_days = (until - rows["due_on"]).dt.days.where(~extended, 0)
    rows["late"] = np.maximum(rows["days_past_due"].fillna(0), by_days)
    rows["left"] = (rows["due_principal_fen"] + rows["due_interest_fen"].fillna(0) - rows["paid_fen"].fillna(0)).clip(
        lower=0
    )
    due = rows["due_on"] > raw.ago(12)
    of_window = due | ~paid | (rows["paid_on"] > raw.ago(12))
    any_row = rows.index.unique()
    overdue = sum_of(rows, "left", ~paid & ~extended & (rows["due_on"] < raw.today))
    return pd.DataFrame(
        {
            "dpd_max_12m": rows.loc[of_window.to_numpy(), "late"].groupby(level=0).max().reindex(any_row).fillna(0),
            "instalments_late_share_12m": over(count_of(rows, due & (rows["late"] > 0)), count_of(rows, due)),
            "overdue_fen": overdue.reindex(any_row).fillna(0),
        }
    )


def latest_report(raw: Raw, since: pd.Timestamp | None) -> Frame:
    columns = [
        "report_no",
        "lenders",
        "debt_fen",
        "credit_lines_fen",
        "guarantees_fen",
        "enquiries_2m",
        "days_past_due",
    ]
    rows = raw.known("bureau_report", columns)
    rows = rows if since is None else rows[rows["reported_on"] > since]
    return rows.sort_values(["reported_on", "report_no"]).groupby(level=0).tail(1)


def _bureau(raw: Raw) -> Frame:
    last = latest_report(raw, raw.ago(12))
    return pd.DataFrame(
        {
            "credit_line_utilisation": over(last["debt_fen"], last["credit_lines_fen"]),
            "guarantees_given_fen": last["guarantees_fen"],
            "bureau_enquiries_2m": last["enquiries_2m"],
            "lenders": last["lenders"],
        }
    )


def _statements(raw: Raw) -> Frame:
    lines = [
        *("revenue", "cost_of_sales", "operating_profit", "net_profit", "rd_expense", "interest_expense"),
        *("total_assets", "total_liabilities", "equity", "cash", "receivables", "notes_receivable", "inventory"),
        *("prepaid", "payables", "notes_payable", "advances_received", "short_term_debt", "operating_cash_flow"),
    ]
    rows = raw.known("financial_statement", ["months", *(f"{name}_fen" for name in lines)])
    last = rows.sort_values(["period_end", "months"]).groupby(level=0).tail(1)
    earlier = rows.reset_index().set_index(["enterprise_id", "period_end", "months"])["revenue_fen"]
    year_ago = (last["period_end"] - pd.DateOffset(months=12)) + pd.offsets.MonthEnd(0)
    wanted = pd.MultiIndex.from_arrays([last.index, year_ago, last["months"]])
    before = pd.Series(earlier.groupby(level=[0, 1, 2]).max().reindex(wanted).to_numpy(), index=last.index)
    f = {name: last[f"{name}_fen"].astype(float) for name in lines}
    short = f["payables"] + sum(f[name].fillna(0) for name in ("notes_payable", "advances_received", "short_term_debt"))
    liquid = f["cash"] + f["receivables"] + f["inventory"] + f["notes_receivable"].fillna(0) + f["prepaid"].fillna(0)
    year = last["months"] * 30
    return pd.DataFrame(
        {
            "statement_revenue_growth_yoy": over(f["revenue"], before) - 1,
            "statement_gross_margin": over(f["revenue"] - f["cost_of_sales"], f["revenue"]),
            "statement_net_margin": over(f["net_profit"], f["revenue"]),
            "statement_rd_intensity": over(f["rd_expense"], f["revenue"]),
            "statement_operating_cash_to_revenue": over(f["operating_cash_flow"], f["revenue"]),
            "statement_leverage": over(f["total_liabilities"], f["total_assets"]),
            "statement_current_ratio": over(liquid, short),
            "statement_net_assets_fen": f["equity"],
            "statement_inventory_days": over(f["inventory"] * year, f["cost_of_sales"]),
            "statement_receivable_days": over(f["receivables"] * year, f["revenue"]),
            "statement_payable_days": over(f["payables"] * year, f["cost_of_sales"]),
            "statement_interest_cover": over(f["operating_profit"] + f["interest_expense"], f["interest_expense"]),
            "days_since_statement": (raw.today - last["period_end"]).dt.days,
        }
    )


def _taxes(raw: Raw) -> Frame:
    columns = ["tax", "filed_on", "due_on", "paid_fen", "refund_fen", "arrears_fen", "late_fee_fen"]
    rows = raw.known("tax_return", columns)
    rows["paid"] = rows["paid_fen"] - rows["refund_fen"].fillna(0)
    year = rows["period_end"] > raw.ago(12)
    before = ~year & (rows["period_end"] > raw.ago(24)) & rows["tax"].isin(["vat", "cit"])
    any_row = rows.index.unique()
    vat, cit = (
        sum_of(rows, "paid", year & (rows["tax"] == name)).reindex(any_row).fillna(0) for name in ("vat", "cit")
    )
    earlier = sum_of(rows, "paid", before).reindex(any_row).fillna(0)
    stated = year & rows["due_on"].notna()
    not_filed = rows["filed_on"].isna() & (rows["due_on"] < raw.today)
    late = stated & ((rows["filed_on"] > rows["due_on"]) | not_filed | (rows["late_fee_fen"] > 0))
    grades = raw.known("tax_grade", ["year", "grade"])
    grades["level"] = grades["grade"].map({"A": 1, "B": 2, "M": 3, "C": 4}).fillna(5)
    return pd.DataFrame(
        {
            "vat_paid_12m_fen": vat,
            "cit_paid_12m_fen": cit,
            "tax_paid_growth_yoy": over(vat + cit, earlier) - 1,
            "late_tax_returns_12m": count_of(rows, late).where(count_of(rows, stated) > 0),
            "tax_arrears_12m_fen": rows.loc[year.to_numpy(), "arrears_fen"].groupby(level=0).max(),
            "tax_grade_level": grades.sort_values(["year", "level"]).groupby(level=0)["level"].last(),
        }
    )


def _orders(raw: Raw) -> Frame:
    columns = [
        *("direction", "promised_on", "delivered_on", "amount_fen", "delivered_fen", "returned_fen", "disputed"),
        "cancelled_on",
    ]
    rows = raw.known("trade_order", columns)
    rows = rows[(rows["direction"] == "sales").to_numpy()]
    cancelled = rows["cancelled_on"] <= raw.today
    rows["done"] = rows["delivered_fen"].fillna(0)
    rows["fulfilled"] = np.minimum(rows["done"], rows["amount_fen"])
    due = ~cancelled & (rows["promised_on"] > raw.ago(12)) & (rows["promised_on"] <= raw.today)
    in_time = due & (rows["done"] >= rows["amount_fen"]) & (rows["delivered_on"] <= rows["promised_on"])
    since = {months: rows["ordered_on"] > raw.ago(months) for months in (3, 12, 15, 24)}
    any_row = rows.index.unique()

    def total(column: str, where: pd.Series) -> pd.Series:
        return sum_of(rows, column, where).reindex(any_row).fillna(0)

    amount = "amount_fen"
    year, quarter = total(amount, since[12]), total(amount, since[3])
    owing = total(amount, due)
    return pd.DataFrame(
        {
            "order_fulfil_rate_12m": over(total("fulfilled", due), owing),
            "order_on_time_rate_12m": over(total(amount, in_time), owing),
            "orders_12m_fen": year,
            "order_growth_yoy": over(year, total(amount, since[24] & ~since[12])) - 1,
            "order_growth_3m_yoy": over(quarter, total(amount, since[15] & ~since[12])) - 1,
            "order_return_rate_12m": over(total("returned_fen", since[12]), total("done", since[12])),
            "order_cancel_rate_12m": over(total(amount, cancelled & since[12]), year),
            "order_dispute_share_12m": over(
                total(amount, is_true(rows["disputed"]) & since[12]),
                total(amount, rows["disputed"].notna() & since[12]),
            ),
            "days_since_last_order": (raw.today - rows["ordered_on"].groupby(level=0).max()).dt.days,
        }
    )


def _events(raw: Raw, listed: pd.Index, equity: pd.Series) -> Frame:
    rows = raw.known("risk_event", ["event", "level", "amount_fen", "role", "resolved_on"])
    rows = rows[~rows["role"].isin(["plaintiff", "third_party"]).to_numpy()]
    is_open = rows["resolved_on"].isna() | (rows["resolved_on"] > raw.today)
    year, event = rows["happened_on"] > raw.ago(12), rows["event"]
    in_court = event.isin(["lawsuit", "judgment_debtor", "labour_dispute"])
    lists = event.isin(["dishonest_debtor", "consumption_limit", "serious_violation"])
    counts = {
        "dishonest_lists_open": is_open & lists,
        "freezes_open": is_open & event.isin(["asset_freeze", "equity_freeze"]),
        "tax_abnormal_open": is_open & event.isin(["tax_abnormal", "tax_arrears"]),
        "risk_events_12m": year,
        "red_events_12m": year & ((rows["level"] == "red") | event.isin(RED)),
    }
    claims = sum_of(rows, "amount_fen", is_open & in_court).reindex(listed).fillna(0)
    found = pd.DataFrame({name: count_of(rows, where) for name, where in counts.items()}).reindex(listed).fillna(0)
    return found.assign(open_claims_fen=claims, open_claims_to_net_assets=over(claims, equity))
