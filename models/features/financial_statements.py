"""Financial statements: growth, margins, leverage, turnover days and cash, from the latest one (DOMAIN 1.1, 10).

The latest statement is that of the latest last day, of several the one over most months. Days are of a 360-day year on
closing balances. A line nobody gave is unknown, never 0.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

NAME = "statements"
DAYS_A_MONTH = 30  # the bank's year has 360 days
_LINES = (
    *("revenue", "cost_of_sales", "operating_profit", "net_profit", "rd_expense", "interest_expense"),
    *("total_assets", "total_liabilities", "equity", "cash", "receivables", "notes_receivable", "inventory", "prepaid"),
    *("payables", "notes_payable", "advances_received", "short_term_debt", "operating_cash_flow"),
)

ACCOUNTS = Rollup(
    name="accounts",
    kinds=("financial_statement",),
    sql=f"""
    SELECT l.e, any_value(l.f) AS f, max(p.revenue_fen) AS revenue_before
    FROM (
        SELECT e, max(struct_pack(on_day := period_end, months := months, {
        ", ".join(f"{name} := {name}_fen" for name in _LINES)
    })) AS f
        FROM {{financial_statement}} GROUP BY e
    ) l LEFT JOIN {{financial_statement}} p ON p.e = l.e AND p.months = l.f.months
        AND p.period_end = last_day(l.f.on_day - to_months(12))
    GROUP BY l.e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), window=None, source="DOMAIN 1.1")
_F = "accounts.f"
_REVENUE = f"{_F}.revenue"
_LIQUID = " + ".join(
    [f"{_F}.cash", f"{_F}.receivables", f"{_F}.inventory"]
    + [f"coalesce({_F}.{name}, 0)" for name in ("notes_receivable", "prepaid")]
)
_SHORT = " + ".join(
    [f"{_F}.payables"]
    + [f"coalesce({_F}.{name}, 0)" for name in ("notes_payable", "advances_received", "short_term_debt")]
)


def _of_revenue(name: str, numerator: str, zh: str, en: str, words: tuple[str, str], definition: str) -> Feature:
    return _entry(
        name=name,
        unit="fraction",
        direction=LOWERS_RISK,
        zh=zh,
        en=en,
        reason_zh=words[0],
        reason_en=words[1],
        definition=f"{definition} of the latest statement",
        empty="null when revenue is not positive or a line is not given",
        expression=ratio(numerator, _REVENUE),
    )


def _days(name: str, line: str, flow: str, direction: int, zh: str, en: str, words: tuple[str, str]) -> Feature:
    return _entry(
        name=name,
        unit="days",
        direction=direction,
        zh=zh,
        en=en,
        reason_zh=words[0],
        reason_en=words[1],
        definition=f"closing {line} x 30 x months / {flow.replace('_', ' ')} of the latest statement",
        empty=f"null when {flow.replace('_', ' ')} is not positive or a line is not given",
        expression=ratio(f"{_F}.{line}::HUGEINT * {_F}.months * {DAYS_A_MONTH}", f"{_F}.{flow}"),
    )


FEATURES: tuple[Feature, ...] = (
    _entry(
        name="statement_revenue_growth_yoy",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="报表营业收入同比增速",
        en="revenue growth by statements",
        reason_zh="报表收入同比下滑",
        reason_en="stated revenue fell against a year earlier",
        definition="revenue of the latest statement / that of the same months one year earlier - 1",
        empty="null when there is no such earlier statement or its revenue is not positive",
        expression=f"{ratio(_REVENUE, 'accounts.revenue_before')} - 1",
    ),
    _of_revenue(
        "statement_gross_margin",
        f"{_REVENUE} - {_F}.cost_of_sales",
        "报表毛利率",
        "gross margin by statements",
        ("毛利率低", "low gross margin"),
        "(revenue - cost of sales) / revenue",
    ),
    _of_revenue(
        "statement_net_margin",
        f"{_F}.net_profit",
        "报表净利率",
        "net margin by statements",
        ("净利率低或亏损", "thin or negative net margin"),
        "net profit / revenue",
    ),
    _of_revenue(
        "statement_rd_intensity",
        f"{_F}.rd_expense",
        "研发强度",
        "R&D intensity",
        ("研发投入低", "little spent on R&D"),
        "R&D expense / revenue",
    ),
    _of_revenue(
        "statement_operating_cash_to_revenue",
        f"{_F}.operating_cash_flow",
        "经营现金流与收入之比",
        "operating cash flow to revenue",
        ("经营现金流差", "operations bring in little cash"),
        "operating cash flow / revenue",
    ),
    _entry(
        name="statement_leverage",
        unit="fraction",
        direction=RAISES_RISK,
        zh="资产负债率",
        en="liabilities to assets",
        reason_zh="资产负债率高",
        reason_en="high leverage",
        definition="total liabilities / total assets of the latest statement",
        empty="null when total assets are not positive or a line is not given",
        expression=ratio(f"{_F}.total_liabilities", f"{_F}.total_assets"),
    ),
    _entry(
        name="statement_current_ratio",
        unit="ratio",
        direction=LOWERS_RISK,
        zh="流动比率",
        en="current ratio",
        reason_zh="短期偿债能力弱",
        reason_en="few current assets against what is due soon",
        definition=(
            "(cash + receivables + notes receivable + inventory + prepaid) / (payables + notes payable + advances "
            "received + short-term debt) of the latest statement; notes, prepaid, advances and debt not given are 0"
        ),
        empty="null when the denominator is not positive, or cash, receivables, inventory or payables are not given",
        expression=ratio(_LIQUID, f"({_SHORT})"),
    ),
    _entry(
        name="statement_net_assets_fen",
        unit="fen",
        direction=LOWERS_RISK,
        zh="净资产",
        en="net assets",
        reason_zh="净资产低",
        reason_en="low net assets",
        definition="equity of the latest statement",
        empty="null when the line is not given or no statement is on record",
        expression=f"{_F}.equity",
    ),
    _days(
        "statement_inventory_days",
        "inventory",
        "cost_of_sales",
        RAISES_RISK,
        "存货周转天数",
        "inventory days",
        ("存货周转慢", "stock moves slowly"),
    ),
    _days(
        "statement_receivable_days",
        "receivables",
        "revenue",
        RAISES_RISK,
        "应收账款周转天数",
        "receivable days",
        ("应收账款回收慢", "customers pay late"),
    ),
    _days(
        "statement_payable_days",
        "payables",
        "cost_of_sales",
        NO_DIRECTION,
        "应付账款周转天数",
        "payable days",
        ("应付账款周转异常", "unusual days of payables"),
    ),
    _entry(
        name="statement_interest_cover",
        unit="ratio",
        direction=LOWERS_RISK,
        zh="利息保障倍数",
        en="interest cover",
        reason_zh="利润难以覆盖利息",
        reason_en="profit hardly covers interest",
        definition="(operating profit + interest expense) / interest expense of the latest statement",
        empty="null when there is no interest expense or a line is not given",
        expression=ratio(f"({_F}.operating_profit + {_F}.interest_expense)", f"{_F}.interest_expense"),
    ),
    _entry(
        name="days_since_statement",
        unit="days",
        direction=RAISES_RISK,
        zh="最近报表距今天数",
        en="days since the latest statement",
        reason_zh="财务报表陈旧",
        reason_en="financial statements are old",
        definition="days from the last day of the latest statement to as_of",
        empty="null when no statement is on record",
        expression=f"{{as_of}} - {_F}.on_day",
    ),
)

STATEMENTS = Family(name=NAME, rollups=(ACCOUNTS,), features=FEATURES)
