"""Funding: who put in money, whether the cash came, and how long it lasts (DOMAIN 4, 6).

Cash that nobody verified is not cash: a null amount received counts as nothing received.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, ratio

NAME = "funding"
DAYS_A_MONTH = 30  # the bank's year has 360 days

ROUNDS = Rollup(
    name="rounds",
    kinds=("funding_round",),
    sql="""
    SELECT e, max(signed_on) AS last, sum(amount_fen) AS agreed,
        sum(coalesce(cash_received_fen, 0)) AS received,
        max(CASE investor_tier WHEN 'top' THEN 3 WHEN 'known' THEN 2 WHEN 'industrial' THEN 2 WHEN 'government' THEN 2
            WHEN 'other' THEN 1 END) AS tier,
        sum(coalesce(cash_received_fen, amount_fen)) FILTER (buy_back_clause
            AND buy_back_due_on <= ({as_of} + to_months(12))::DATE) AS buy_back
    FROM {funding_round} GROUP BY e
    """,
)
# The latest statement that gives cash and its flow, and the equity cash that came after its last day.
BURN = Rollup(
    name="burn",
    kinds=("financial_statement",),
    optional=("funding_round",),
    sql="""
    SELECT l.e, any_value(l.f.on_day) AS on_day, any_value(l.f.cash) AS cash,
        any_value(greatest(-l.f.flow, 0) // l.f.months) AS a_month, coalesce(sum(r.cash_received_fen), 0) AS since
    FROM (
        SELECT e, max(struct_pack(on_day := period_end, months := months,
            cash := cash_fen - coalesce(restricted_cash_fen, 0),
            flow := operating_cash_flow_fen - coalesce(capital_expenditure_fen, 0))) AS f
        FROM {financial_statement} WHERE cash_fen IS NOT NULL AND operating_cash_flow_fen IS NOT NULL AND months > 0
        GROUP BY e
    ) l LEFT JOIN {funding_round} r ON r.e = l.e AND r.cash_received_on > l.f.on_day AND r.cash_received_on <= {as_of}
    GROUP BY l.e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), source="DOMAIN 4, 6")

FEATURES: tuple[Feature, ...] = (
    _entry(
        name="days_since_funding_round",
        unit="days",
        window=None,
        direction=RAISES_RISK,
        zh="距最近一轮融资天数",
        en="days since the last funding round",
        reason_zh="长期未获新融资",
        reason_en="no funding round for long",
        definition="days from the signing of the last round to as_of",
        empty="null when no round was ever reported",
        expression="{as_of} - rounds.last",
    ),
    _entry(
        name="funding_cash_share",
        unit="fraction",
        window=None,
        direction=LOWERS_RISK,
        zh="融资到账比例",
        en="share of agreed funding received in cash",
        reason_zh="融资未足额到账",
        reason_en="agreed funding has not arrived",
        definition="cash received / amount agreed, over all rounds; cash that is not verified counts as not received",
        empty="null when nothing was agreed or no round was ever reported",
        expression=ratio("rounds.received", "rounds.agreed"),
    ),
    _entry(
        name="investor_tier",
        unit="score",
        window=None,
        direction=LOWERS_RISK,
        zh="领投方最高级别",
        en="best tier of a lead investor",
        reason_zh="缺少知名投资机构",
        reason_en="no well-known investor",
        definition="best of all rounds: 3 top, 2 known, industrial or government, 1 other",
        empty="null when no round states it",
        expression="rounds.tier",
    ),
    _entry(
        name="buy_back_due_soon_fen",
        unit="fen",
        window=None,
        direction=RAISES_RISK,
        zh="未来12个月内触发的回购金额",
        en="equity to be bought back within 12 months",
        reason_zh="对赌回购即将触发",
        reason_en="investors may soon demand a buy-back",
        definition="cash received (else the amount agreed) of rounds whose buy-back falls due by as_of + 12 months",
        empty="0 when rounds are on record but none falls due; null when no round was ever reported",
        expression="CASE WHEN rounds.last IS NOT NULL THEN coalesce(rounds.buy_back, 0) END",
    ),
    _entry(
        name="burn_a_month_fen",
        unit="fen",
        window=None,
        direction=RAISES_RISK,
        zh="月均净消耗现金",
        en="cash burnt a month",
        reason_zh="现金消耗快",
        reason_en="it burns cash fast",
        definition="(capital expenditure - operating cash flow) of the latest statement with cash lines / its months",
        empty="0 when operations bring in cash; null without such a statement",
        expression="burn.a_month",
    ),
    _entry(
        name="runway_months",
        unit="months",
        window=None,
        direction=LOWERS_RISK,
        zh="现金可支撑月数",
        en="months of runway",
        reason_zh="现金可支撑时间短",
        reason_en="cash runs out soon",
        definition=(
            "(unrestricted cash of that statement + equity cash received since) / cash burnt a month - months since "
            "it (of 30 days), not below 0"
        ),
        empty="null when operations bring in cash, or without such a statement",
        expression=(
            f"greatest({ratio('burn.cash + burn.since', 'burn.a_month')} - "
            f"({{as_of}} - burn.on_day)::DOUBLE / {DAYS_A_MONTH}, "
            "CASE WHEN burn.a_month > 0 THEN 0 END)"
        ),
    ),
)

FUNDING = Family(name=NAME, rollups=(ROUNDS, BURN), features=FEATURES)
