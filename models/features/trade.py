"""Trade: how much the enterprise sells, how steadily, and whether it still does (DOMAIN 2.1)."""

from __future__ import annotations

from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, growth, ratio, variation

FAMILY = "trade"
_ZERO = "0 when nothing was sold in the window but sales invoices were seen before; null without any sales invoice"
_RATIO = "null when the denominator is not positive or no sales invoice was ever seen"


def _net_sales(months: int) -> Feature:
    return Feature(
        name=f"sales_{months}m_fen",
        family=FAMILY,
        unit="fen",
        window=months,
        direction=LOWERS_RISK,
        zh=f"近{months}个月净销售额",
        en=f"net sales, last {months} months",
        reason_zh=f"近{months}个月开票销售额偏低",
        reason_en=f"low invoiced sales in the last {months} months",
        source="DOMAIN 1.2, 2.1",
        definition="sum of amount without tax of valid sales invoices, red-letter ones deducted",
        empty=_ZERO,
        expression=f"s.net_0_{months}",
    )


def _growth(name: str, months: int, zh: str, en: str) -> Feature:
    return Feature(
        name=name,
        family=FAMILY,
        unit="fraction",
        window=12 + months,
        direction=LOWERS_RISK,
        zh=f"{zh}销售同比增速",
        en=f"sales growth, {en} against the same months a year earlier",
        reason_zh=f"{zh}销售同比下滑",
        reason_en=f"sales of the {en} fell against a year earlier",
        source="DOMAIN 1.2 (bank invoice loan entry rules), 2.1",
        definition=f"net sales of the last {months} months / net sales of the {months} months one year earlier - 1",
        empty=_RATIO,
        expression=growth("s.net", (0, months), (12, 12 + months)),
    )


# Position of the months in the window is 0 (oldest) to 11 (newest): their mean is 5.5, their squared spread 143.
_TREND = ratio("5.5 * s.net_0_12 - s.moment_0_12", "143 * s.net_0_12")

# One character per day of the 12 months, oldest first, '1' where something was sold; a run of '0' is a silence, and the
# longest piece between ones is the greatest one, for all pieces are made of '0'.
_DAY_TEXT = " || ".join(
    f"lpad(bin(s.days_{age}_{age + 4}::HUGEINT), {{days_{age}_{age + 4}}}, '0')" for age in (8, 4, 0)
)
_GAP = (
    f"CASE WHEN s.first_blue IS NOT NULL THEN length(list_max(string_split("
    f"CASE WHEN s.first_blue > {{year_ago}} THEN ltrim({_DAY_TEXT}, '0') ELSE {_DAY_TEXT} END, '1'))) END"
)

FEATURES: tuple[Feature, ...] = (
    *(_net_sales(months) for months in (3, 6, 12, 24)),
    _growth("sales_growth_yoy", 12, "近12个月", "last 12 months"),
    _growth("sales_growth_6m_yoy", 6, "近6个月", "last 6 months"),
    _growth("sales_growth_3m_yoy", 3, "近3个月", "last 3 months"),
    Feature(
        name="sales_recent_share_3m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="近3个月销售占近12个月比重",
        en="share of the last 12 months' sales that fell in the last 3",
        reason_zh="近3个月销售明显萎缩",
        reason_en="sales have faded in the last 3 months",
        source="DOMAIN 2.2 (early warning: sales -20 % over 3 months)",
        definition="net sales of 3 months / net sales of 12 months; a quarter when sales are even",
        empty=_RATIO,
        expression=ratio("s.net_0_3", "s.net_0_12"),
    ),
    Feature(
        name="sales_trend_12m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月销售月度趋势",
        en="monthly trend of sales over 12 months",
        reason_zh="月度销售呈下降趋势",
        reason_en="monthly sales are trending down",
        source="ordinary least squares; analyst",
        definition="least-squares slope of the 12 monthly net sales per month / their mean",
        empty=_RATIO,
        expression=f"12 * ({_TREND})",
    ),
    Feature(
        name="sales_cv_12m",
        family=FAMILY,
        unit="ratio",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月销售波动系数",
        en="volatility of monthly sales over 12 months",
        reason_zh="月度销售波动大",
        reason_en="monthly sales swing widely",
        source="DOMAIN 2.1",
        definition="population standard deviation / mean of the 12 monthly net sales, empty months as 0",
        empty=_RATIO,
        expression=variation("s", 12),
    ),
    Feature(
        name="peak_month_share_12m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="最高单月销售占比",
        en="share of the best month in 12 months' sales",
        reason_zh="全年销售集中在个别月份",
        reason_en="a year's sales hang on one month",
        source="analyst, after DOMAIN 2.1 volatility",
        definition="largest monthly net sales / net sales of 12 months",
        empty=_RATIO,
        expression=ratio("s.peak_0_12", "s.net_0_12"),
    ),
    Feature(
        name="active_months_12m",
        family=FAMILY,
        unit="months",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月有销售的月数",
        en="months with sales in the last 12",
        reason_zh="有销售的月份少",
        reason_en="few months with sales",
        source="DOMAIN 2.1",
        definition="month slots of the window with at least one valid sales invoice of positive amount",
        empty=_ZERO,
        expression="s.active_0_12",
    ),
    Feature(
        name="max_gap_days_12m",
        family=FAMILY,
        unit="days",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月最长无销售天数",
        en="longest run of days without a sale in 12 months",
        reason_zh="出现较长时间停止开票",
        reason_en="long stretch without any sales invoice",
        source="DOMAIN 1.2, 2.1 (bank invoice loan: no gap over 90 days)",
        definition=(
            "longest run of consecutive days without a valid positive sales invoice inside the window, the days up to "
            "as_of included, the days before the very first sale left out"
        ),
        empty="the whole window when sales lie only before it; null when no valid positive sale was ever seen",
        expression=_GAP,
    ),
    Feature(
        name="days_since_last_sale",
        family=FAMILY,
        unit="days",
        window=None,
        direction=RAISES_RISK,
        zh="距最近一次销售天数",
        en="days since the last sale",
        reason_zh="近期没有开具销售发票",
        reason_en="no recent sales invoice",
        source="DOMAIN 2.1",
        definition="days from the last valid positive sales invoice to as_of; 0 on the day",
        empty="null when no valid positive sale was ever seen",
        expression="{as_of} - s.last_blue",
    ),
    Feature(
        name="days_since_first_sale",
        family=FAMILY,
        unit="days",
        window=None,
        direction=LOWERS_RISK,
        zh="有销售记录的年限（天）",
        en="days since the first known sale",
        reason_zh="可核实的经营时间短",
        reason_en="short verifiable trading history",
        source="DOMAIN 1.2 (first invoice more than 12 months ago)",
        definition="days from the first valid positive sales invoice to as_of",
        empty="null when no valid positive sale was ever seen",
        expression="{as_of} - s.first_blue",
    ),
    Feature(
        name="sales_invoices_12m",
        family=FAMILY,
        unit="count",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月有效销售发票张数",
        en="valid sales invoices in 12 months",
        reason_zh="销售发票张数少",
        reason_en="few sales invoices",
        source="analyst",
        definition="number of valid sales invoices of positive amount",
        empty=_ZERO,
        expression="s.blue_n_0_12",
    ),
    Feature(
        name="average_ticket_12m_fen",
        family=FAMILY,
        unit="fen",
        window=12,
        direction=NO_DIRECTION,
        zh="平均每张销售发票金额",
        en="average sales invoice",
        reason_zh="单张发票金额异常",
        reason_en="unusual size of a typical sales invoice",
        source="analyst",
        definition="amount of valid positive sales invoices / their number",
        empty=_RATIO,
        expression=ratio("s.blue_0_12", "s.blue_n_0_12"),
    ),
)
