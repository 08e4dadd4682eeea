"""Risk events: lawsuits, lists, freezes and other trouble on public or internal record (DOMAIN 2.2).

Open = not resolved by as_of. What the enterprise itself brought to court, or was only third party in, is not held
against it. Nobody is reported clean, so where the feed is connected an enterprise without an event has 0.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import RAISES_RISK, Feature, ratio

NAME = "risk_events"
_IN_COURT = ("lawsuit", "judgment_debtor", "labour_dispute")
_LISTS = ("dishonest_debtor", "consumption_limit", "serious_violation")
_FREEZES = ("asset_freeze", "equity_freeze")
_TAX = ("tax_abnormal", "tax_arrears")
_RED = (
    *("dishonest_debtor", "asset_freeze", "tax_abnormal", "serious_violation", "bankruptcy", "duplicate_pledge"),
    *("account_redirected", "founder_unreachable"),
)

EVENTS = Rollup(
    name="events",
    kinds=("risk_event",),
    by_kind=True,
    sql=f"""
    SELECT e, sum(amount_fen) FILTER (open AND event IN {_IN_COURT}) AS claimed,
        count(*) FILTER (open AND event IN {_LISTS}) AS listed,
        count(*) FILTER (open AND event IN {_FREEZES}) AS frozen,
        count(*) FILTER (open AND event IN {_TAX}) AS tax, count(*) FILTER (happened_on > {{ago_12}}) AS n_12,
        count(*) FILTER (happened_on > {{ago_12}} AND (level = 'red' OR event IN {_RED})) AS red_12
    FROM (
        SELECT *, resolved_on IS NULL OR resolved_on > {{as_of}} AS open FROM {{risk_event}}
        WHERE coalesce(role NOT IN ('plaintiff', 'third_party'), true)
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), direction=RAISES_RISK, source="DOMAIN 2.2")
_EMPTY = "0 when the feed is connected and reports none; null when it is not connected"


def _count(name: str, column: str, window: int | None, words: tuple[str, str, str, str], definition: str) -> Feature:
    zh, en, reason_zh, reason_en = words
    return _entry(
        name=name,
        unit="count",
        window=window,
        zh=zh,
        en=en,
        reason_zh=reason_zh,
        reason_en=reason_en,
        definition=definition,
        empty=_EMPTY,
        expression=f"coalesce(events.{column}, 0)",
    )


FEATURES: tuple[Feature, ...] = (
    _entry(
        name="open_claims_fen",
        unit="fen",
        window=None,
        zh="未结涉诉金额",
        en="amount claimed in open lawsuits",
        reason_zh="未结诉讼金额大",
        reason_en="large claims against it in court",
        definition="amounts of open lawsuits, enforcement cases and labour disputes against the enterprise",
        empty=_EMPTY,
        expression="coalesce(events.claimed, 0)",
    ),
    _entry(
        name="open_claims_to_net_assets",
        unit="ratio",
        window=None,
        zh="未结涉诉金额与净资产之比",
        en="open claims to net assets",
        reason_zh="涉诉金额相对净资产大",
        reason_en="claims against it are large against its net assets",
        definition="amounts of open cases against the enterprise / equity of the latest statement (orange above 5 %)",
        empty="null when equity is not positive or not known, or a feed is not connected; 0 without open cases",
        expression=ratio("coalesce(events.claimed, 0)", "accounts.f.equity"),
    ),
    _count(
        "dishonest_lists_open",
        "listed",
        None,
        (
            "失信及限高名单在列数",
            "entries on dishonest-debtor lists",
            "被列入失信或限高名单",
            "it is on a list of dishonest debtors",
        ),
        "open entries: dishonest debtor, limited consumption, serious violation",
    ),
    _count(
        "freezes_open",
        "frozen",
        None,
        ("资产股权冻结数", "freezes of assets or equity", "资产或股权被冻结", "its assets or equity are frozen"),
        "open freezes of assets or equity",
    ),
    _count(
        "tax_abnormal_open",
        "tax",
        None,
        ("税务异常及欠税公告数", "open tax abnormalities", "税务非正常或欠税", "it is on the tax office's list"),
        "open events: abnormal taxpayer, tax arrears",
    ),
    _count(
        "risk_events_12m",
        "n_12",
        12,
        ("近12个月风险事件数", "risk events in 12 months", "近期风险事件多", "many recent risk events"),
        "events of any type against the enterprise in the window, resolved or not",
    ),
    _count(
        "red_events_12m",
        "red_12",
        12,
        ("近12个月红色风险事件数", "red risk events in 12 months", "近期有严重风险事件", "severe recent risk events"),
        "events of the window marked red, or red by type: dishonest list, freeze, abnormal taxpayer, bankruptcy ...",
    ),
)

RISK_EVENTS = Family(name=NAME, rollups=(EVENTS,), features=FEATURES)
