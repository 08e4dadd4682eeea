"""Purchases: what the enterprise still buys. Purchases stop before sales do (DOMAIN 2.1; analyst)."""

from __future__ import annotations

from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, Side, growth, ratio, variation

FAMILY = "purchases"
_NEEDS: tuple[Side, ...] = ("purchases",)
_ZERO = "0 when nothing was bought in the window but purchase invoices were seen before; null without any of them"
_RATIO = "null when the denominator is not positive or no purchase invoice was ever seen"


def _net_purchases(months: int) -> Feature:
    return Feature(
        name=f"purchases_{months}m_fen",
        family=FAMILY,
        unit="fen",
        window=months,
        direction=NO_DIRECTION,
        zh=f"近{months}个月净采购额",
        en=f"net purchases, last {months} months",
        reason_zh=f"近{months}个月采购规模异常",
        reason_en=f"unusual purchases in the last {months} months",
        source="DOMAIN 2.1",
        definition="sum of amount without tax of valid purchase invoices, red-letter ones deducted",
        empty=_ZERO,
        expression=f"p.net_0_{months}",
        needs=_NEEDS,
    )


FEATURES: tuple[Feature, ...] = (
    _net_purchases(3),
    _net_purchases(12),
    Feature(
        name="purchases_growth_yoy",
        family=FAMILY,
        unit="fraction",
        window=24,
        direction=LOWERS_RISK,
        zh="近12个月采购同比增速",
        en="purchases growth, last 12 months against the 12 before",
        reason_zh="采购同比下滑",
        reason_en="purchases fell against a year earlier",
        source="analyst, after DOMAIN 2.1 sales_growth_yoy",
        definition="net purchases of 12 months / net purchases of the 12 months before - 1",
        empty=_RATIO,
        expression=growth("p.net", (0, 12), (12, 24)),
        needs=_NEEDS,
    ),
    Feature(
        name="purchases_recent_share_3m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="近3个月采购占近12个月比重",
        en="share of the last 12 months' purchases that fell in the last 3",
        reason_zh="近3个月采购明显萎缩",
        reason_en="purchases have faded in the last 3 months",
        source="analyst",
        definition="net purchases of 3 months / net purchases of 12 months; a quarter when purchases are even",
        empty=_RATIO,
        expression=ratio("p.net_0_3", "p.net_0_12"),
        needs=_NEEDS,
    ),
    Feature(
        name="purchases_cv_12m",
        family=FAMILY,
        unit="ratio",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月采购波动系数",
        en="volatility of monthly purchases over 12 months",
        reason_zh="月度采购波动大",
        reason_en="monthly purchases swing widely",
        source="analyst, after DOMAIN 2.1 sales_cv_12m",
        definition="population standard deviation / mean of the 12 monthly net purchases, empty months as 0",
        empty=_RATIO,
        expression=variation("p", 12),
        needs=_NEEDS,
    ),
    Feature(
        name="active_purchase_months_12m",
        family=FAMILY,
        unit="months",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月有采购的月数",
        en="months with purchases in the last 12",
        reason_zh="有采购的月份少",
        reason_en="few months with purchases",
        source="DOMAIN 2.1",
        definition="month slots of the window with at least one valid purchase invoice of positive amount",
        empty=_ZERO,
        expression="p.active_0_12",
        needs=_NEEDS,
    ),
    Feature(
        name="days_since_last_purchase",
        family=FAMILY,
        unit="days",
        window=None,
        direction=RAISES_RISK,
        zh="距最近一次采购天数",
        en="days since the last purchase",
        reason_zh="近期没有采购",
        reason_en="no recent purchase",
        source="DOMAIN 2.1 (days since last trade)",
        definition="days from the last valid positive purchase invoice to as_of",
        empty="null when no valid positive purchase was ever seen",
        expression="{as_of} - p.last_blue",
        needs=_NEEDS,
    ),
)
