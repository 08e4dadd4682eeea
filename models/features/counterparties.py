"""Counterparties: on how few customers and suppliers the enterprise hangs, and whether they stay (DOMAIN 2.1)."""

from __future__ import annotations

from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, Side, ratio

FAMILY = "counterparties"
_WORDS: dict[Side, tuple[str, str, str, str]] = {
    "sales": ("customer", "客户", "销售", "sales"),
    "purchases": ("supplier", "供应商", "采购", "purchases"),
}
_NO_TRADE = "null when no counterparty has positive net trade in the window, or the side was never seen"
_YEAR_KNOWN = "null also while the first known trade is less than 12 months old: then everybody is new"


def _history(side: Side, expression: str) -> str:
    """The expression, null unless the side's first blue invoice lies before the 12 months."""
    return f"CASE WHEN {side[0]}.first_blue <= {{year_ago}} THEN {expression} END"


def _of_side(side: Side) -> tuple[Feature, ...]:
    who, who_zh, trade_zh, trade = _WORDS[side]
    cp = f"{side[0]}.cp"
    needs = (side,)

    def concentration(name: str, zh: str, en: str, definition: str, numerator: str, denominator: str) -> Feature:
        return Feature(
            name=name,
            family=FAMILY,
            unit="fraction",
            window=12,
            direction=RAISES_RISK,
            zh=zh,
            en=en,
            reason_zh=f"{who_zh}过于集中",
            reason_en=f"{trade} depend on too few {who}s",
            source="DOMAIN 2.1",
            definition=definition,
            empty=_NO_TRADE,
            expression=ratio(numerator, denominator),
            needs=needs,
        )

    return (
        concentration(
            f"{who}_hhi_12m",
            f"{who_zh}集中度（HHI）",
            f"{who} concentration (HHI)",
            f"sum of squared shares of net {trade} over {who}s with positive net {trade}; 1 = a single {who}",
            f"{cp}_squares",
            f"({cp}_net::DOUBLE * {cp}_net::DOUBLE)",
        ),
        concentration(
            f"{who}_top1_share_12m",
            f"第一大{who_zh}占比",
            f"share of the largest {who}",
            f"largest net {trade} with one {who} / sum over {who}s with positive net {trade}",
            f"{cp}_top",
            f"{cp}_net",
        ),
        concentration(
            f"{who}_top5_share_12m",
            f"前五大{who_zh}占比",
            f"share of the five largest {who}s",
            f"net {trade} with the five largest {who}s / sum over {who}s with positive net {trade}",
            f"{cp}_topfive",
            f"{cp}_net",
        ),
        Feature(
            name=f"{who}s_12m",
            family=FAMILY,
            unit="count",
            window=12,
            direction=LOWERS_RISK,
            zh=f"近12个月{who_zh}数量",
            en=f"number of {who}s in 12 months",
            reason_zh=f"{who_zh}数量少",
            reason_en=f"few {who}s",
            source="DOMAIN 2.1",
            definition=f"{who}s with positive net {trade} in the window",
            empty=f"0 when the window is empty but {trade} were seen before; null when the side was never seen",
            expression=f"{cp}_n",
            needs=needs,
        ),
        Feature(
            name=f"repeat_{who}_share_12m",
            family=FAMILY,
            unit="fraction",
            window=12,
            direction=LOWERS_RISK,
            zh=f"回头{who_zh}{trade_zh}占比",
            en=f"share of {trade} with returning {who}s",
            reason_zh=f"{who_zh}多为一次性交易",
            reason_en=f"most {who}s came only once",
            source="DOMAIN 2.1",
            definition=f"valid positive {trade} with {who}s met in at least two month slots / all of them",
            empty=f"null when there are no valid positive {trade} in the window",
            expression=ratio(f"{cp}_repeat", f"{cp}_blue"),
            needs=needs,
        ),
        Feature(
            name=f"new_{who}_share_12m",
            family=FAMILY,
            unit="fraction",
            window=12,
            direction=RAISES_RISK,
            zh=f"新{who_zh}{trade_zh}占比",
            en=f"share of {trade} with new {who}s",
            reason_zh=f"{trade_zh}主要来自新{who_zh}",
            reason_en=f"{trade} rest on new {who}s",
            source="DOMAIN 2.1",
            definition=f"valid positive {trade} with {who}s first met within the window / all of them",
            empty=f"null when there are no valid positive {trade} in the window; {_YEAR_KNOWN}",
            expression=_history(side, ratio(f"{cp}_fresh", f"{cp}_blue")),
            needs=needs,
        ),
    )


FEATURES: tuple[Feature, ...] = (
    *_of_side("sales"),
    Feature(
        name="lost_customer_share_6m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="近6个月流失客户占比",
        en="share of earlier sales that went to customers since lost",
        reason_zh="原有客户流失",
        reason_en="customers of the half-year before stopped buying",
        source="DOMAIN 2.2 (early warning: top-customer loss)",
        definition=(
            "valid positive sales of (as_of - 12 months, as_of - 6 months] to customers without any in the last "
            "6 months / all valid positive sales of that half-year"
        ),
        empty="null when nothing positive was sold in that half-year",
        expression=ratio("s.cp_lost", "s.cp_half"),
    ),
    Feature(
        name="first_seen_customer_spike_3m",
        family=FAMILY,
        unit="ratio",
        window=12,
        direction=RAISES_RISK,
        zh="新客户突增倍数",
        en="surge of first-seen customers",
        reason_zh="短期内突然出现大量新客户",
        reason_en="sudden surge of customers never seen before",
        source="DOMAIN 2.1 (window dressing)",
        definition=(
            "customers first met in the last 3 months, per month / those first met in the 9 months before, per month"
        ),
        empty=f"null when no customer was first met in those 9 months; {_YEAR_KNOWN}",
        expression=_history("sales", ratio("3 * s.cp_seen_quarter", "s.cp_seen_before")),
    ),
    *_of_side("purchases"),
)
