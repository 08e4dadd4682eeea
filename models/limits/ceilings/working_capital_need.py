"""Working-capital need (流动资金贷款需求测算), less own funds and what other loans finance already. DOMAIN 1.1.

    need = (revenue - profit) * (1 + growth) * cycle days / 360 - own funds - working-capital loans
    cycle days = inventory + receivable + prepaid - payable - advance days, on average balances

The cost share (1 - margin) is taken as revenue less net profit, and a loss counts as no profit: losses must not raise
the need. Growth is the forecast, else last year's, but at most the industry mean plus a margin. A forecast above that
is not believed: the need stands at the most and the case is referred, unless orders in hand carry the growth. Days are
rounded to the nearest hundredth; a statement without a prepaid or advance line has none. A cycle of zero days needs
nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.limits.arithmetic import FenColumn, FloatColumn, Mask, product_over, scaled
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, Status
from models.limits.standing import fact_inputs, standing

_GROWTH, _ABOVE, _AGE = "need.industry_growth", "need.growth_above_industry", "statements.maximum_age_days"
_YEAR = 36_000  # a bank year of 360 days in hundredths
_MILLION = 10**6


def working_capital_need(cases: Cases) -> AmountColumns:
    """What trade needs and nothing else finances yet."""
    revenue, has_revenue = cases.amount("statement_revenue_fen")
    profit, has_profit = cases.amount("statement_net_profit_fen")
    cash, has_cash = cases.amount("statement_cash_fen")
    cycle, has_cycle = cycle_days(cases, revenue)
    growth = growth_millionths(cases)
    sold = np.maximum(revenue, 0)
    cost = sold - np.clip(profit, 0, sold)
    turned = product_over(cost, np.maximum(_MILLION + growth, 0), _MILLION)
    gross = product_over(turned, np.maximum(cycle, 0), _YEAR)
    own = np.maximum(cash - cases.amount("statement_restricted_cash_fen")[0], 0)
    need = gross - own - other_working_capital(cases)
    fresh = statement_is_fresh(cases)
    column = standing(
        cases,
        "working_capital_need",
        need,
        known=has_revenue & has_profit & has_cash & has_cycle & fresh,
        document=Document.YEARLY_STATEMENT,
        policy_names=(_GROWTH, _ABOVE, _AGE),
        concerns=cases.has_revenue,
        inputs={
            **fact_inputs(
                cases,
                statement_revenue_fen="fen",
                statement_net_profit_fen="fen",
                statement_cash_fen="fen",
                statement_restricted_cash_fen="fen",
            ),
            "cycle_days": InputColumn("cycle_days", "days", np.where(has_cycle, cycle / 100, np.nan)),
            "growth": InputColumn("growth", "fraction", growth / _MILLION),
            "gross_need_fen": InputColumn("gross_need_fen", "fen", gross.astype(np.float64)),
            "working_capital_loans_fen": InputColumn(
                "working_capital_loans_fen", "fen", other_working_capital(cases).astype(np.float64)
            ),
            **fact_inputs(cases, forecast_growth="fraction"),
        },
    )
    doubted = (column.status == Status.APPLIED) & forecast_unproved(cases)
    return replace(
        column,
        status=np.where(doubted, Status.PENDING, column.status).astype(np.int8),
        document=np.where(doubted, Document.FORECAST_PROOF, Document.YEARLY_STATEMENT).astype(np.int8),
    )


def forecast_unproved(cases: Cases) -> Mask:
    """Where the forecast is above the most that the policy believes and orders in hand do not carry the growth."""
    asked = np.rint(np.nan_to_num(cases.known_fact("forecast_growth")) * _MILLION).astype(np.int64)
    revenue = np.maximum(cases.amount("statement_revenue_fen")[0], 0)
    more = product_over(revenue, np.maximum(asked, 0), _MILLION, up=True)
    result: Mask = (asked > _most_growth(cases)) & (cases.amount("orders_open_fen")[0] < more)
    return result


def _most_growth(cases: Cases) -> int:
    return scaled(cases.policy.number(_GROWTH) + cases.policy.number(_ABOVE), _MILLION)


def statement_is_fresh(cases: Cases) -> Mask:
    """Where there is a yearly statement that is not too old."""
    result: Mask = cases.known_fact("statement_age_days") <= cases.policy.whole(_AGE)
    return result


def other_working_capital(cases: Cases) -> FenColumn:
    """Working-capital loans of all lenders: by the loans on file or by the balance sheet, whichever is more.

    Lines of this bank that are committed and not drawn count besides, as in `models.limits.debt`.
    """
    loans, sheet = cases.amount("debt_working_capital_debt_fen")[0], cases.amount("statement_short_term_debt_fen")[0]
    return np.maximum(np.maximum(np.maximum(loans, sheet), 0) + cases.committed_beyond_loans, 0)


def growth_millionths(cases: Cases) -> FenColumn:
    """The growth that counts: forecast, else last year's, at most the industry mean plus the margin."""
    most = _most_growth(cases)
    before, known = cases.amount("statement_opening_revenue_fen")
    now, _ = cases.amount("statement_revenue_fen")
    usable = known & (before > 0) & (now >= 0)
    ratio = product_over(np.where(usable, np.minimum(now, 100 * before), 0), _MILLION, np.where(usable, before, 1))
    asked: FloatColumn = cases.known_fact("forecast_growth")
    forecast = np.rint(np.nan_to_num(asked) * _MILLION).astype(np.int64)
    usual = scaled(cases.policy.number(_GROWTH), _MILLION)
    growth = np.where(np.isnan(asked), np.where(usable, ratio - _MILLION, min(usual, most)), forecast)
    result: FenColumn = np.clip(growth, -_MILLION, most)
    return result


def cycle_days(cases: Cases, revenue: FenColumn) -> tuple[FenColumn, Mask]:
    """Days that money is bound, in hundredths of a day, and where every line that it needs is given."""
    sales = np.maximum(revenue, 0)
    cost, known = cases.amount("statement_cost_of_sales_fen")
    usable = known & (cost > 0) & (sales > 0)
    days: FenColumn = np.zeros(len(cases), dtype=np.int64)
    for line, base, sign, needed in (
        ("inventory", cost, 1, True),
        ("receivables", sales, 1, True),
        ("prepaid", cost, 1, False),
        ("payables", cost, -1, True),
        ("advances_received", sales, -1, False),
    ):
        closing, given = cases.amount(f"statement_{line}_fen")
        opening, had = cases.amount(f"statement_opening_{line}_fen")
        twice = np.maximum(closing + np.where(had, opening, closing), 0)
        divisor = np.where(usable, 2 * base, 1)
        halves = product_over(np.where(usable, twice, 0), 2 * _YEAR, divisor)
        days = days + sign * ((halves + 1) // 2)
        usable = usable & given if needed else usable
    return days, usable
