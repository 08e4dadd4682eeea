"""Invoice quality: cancelled and reversed invoices, and the marks of window dressing (DOMAIN 2.1).

New electronic invoices (数电票) cannot be void, only reversed: a void rate that drops to 0 is a change of system, not
an improvement, so void and red-letter rates are kept apart and both are read.
"""

from __future__ import annotations

from models.features.feature import NO_DIRECTION, RAISES_RISK, Feature, Side, ratio
from models.features.rollup import MONTH_END_DAYS

FAMILY = "invoice_quality"
_NULL = "null when the denominator is 0 (nothing issued in the window)"
_WORDS: dict[Side, tuple[str, str]] = {"sales": ("销项", "sales"), "purchases": ("进项", "purchase")}


def _void_rate(months: int, side: Side, direction: int) -> Feature:
    zh, en = _WORDS[side]
    prefix = side[0]
    return Feature(
        name=f"void_rate_{months}m" if side == "sales" else f"purchase_void_rate_{months}m",
        family=FAMILY,
        unit="fraction",
        window=months,
        direction=direction,
        zh=f"近{months}个月{zh}发票作废率",
        en=f"share of {en} invoices voided, last {months} months",
        reason_zh=f"近{months}个月{zh}发票作废比例高",
        reason_en=f"many {en} invoices voided in the last {months} months",
        source="DOMAIN 2.1",
        definition="void invoices / all invoices issued, by number",
        empty=_NULL,
        expression=ratio(f"{prefix}.void_n_0_{months}", f"{prefix}.issued_n_0_{months}"),
        needs=(side,),
    )


def _red_rate(months: int, side: Side, direction: int) -> Feature:
    zh, en = _WORDS[side]
    prefix = side[0]
    return Feature(
        name=f"red_rate_{months}m" if side == "sales" else f"purchase_red_rate_{months}m",
        family=FAMILY,
        unit="fraction",
        window=months,
        direction=direction,
        zh=f"近{months}个月{zh}红字冲销率",
        en=f"share of {en} reversed by red-letter invoices, last {months} months",
        reason_zh=f"近{months}个月{zh}红字冲销金额高",
        reason_en=f"large {en} reversals in the last {months} months",
        source="DOMAIN 2.1",
        definition="amount of valid negative invoices (absolute) / amount of valid positive invoices; may exceed 1",
        empty="null when no positive amount was invoiced in the window",
        expression=ratio(f"{prefix}.red_0_{months}", f"{prefix}.blue_0_{months}"),
        needs=(side,),
    )


FEATURES: tuple[Feature, ...] = (
    _void_rate(3, "sales", RAISES_RISK),
    _void_rate(12, "sales", RAISES_RISK),
    _red_rate(3, "sales", RAISES_RISK),
    _red_rate(12, "sales", RAISES_RISK),
    _void_rate(12, "purchases", RAISES_RISK),
    _red_rate(12, "purchases", NO_DIRECTION),
    Feature(
        name="month_end_spike_12m",
        family=FAMILY,
        unit="ratio",
        window=12,
        direction=RAISES_RISK,
        zh="月末集中开票倍数",
        en="month-end concentration of sales",
        reason_zh="月末突击开票",
        reason_en="sales bunch in the last days of the month",
        source="DOMAIN 2.1 (window dressing)",
        definition=(
            f"share of 12 months' valid positive sales dated in the last {MONTH_END_DAYS} days of a calendar month / "
            f"the share of such days in a year ({12 * MONTH_END_DAYS}/365); 1 when sales are even"
        ),
        empty="null when nothing positive was sold in the window",
        expression=ratio("365 * s.end_blue_0_12", f"{12 * MONTH_END_DAYS} * s.blue_0_12"),
    ),
    Feature(
        name="round_amount_rate_12m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="整数金额发票占比",
        en="share of sales invoices with a round total",
        reason_zh="整数金额发票偏多",
        reason_en="many sales invoices with suspiciously round totals",
        source="DOMAIN 2.1 (window dressing)",
        definition="valid positive sales invoices whose total with tax is a whole multiple of 1,000 yuan, by number",
        empty="null when nothing positive was sold in the window",
        expression=ratio("s.round_n_0_12", "s.blue_n_0_12"),
    ),
    Feature(
        name="largest_invoice_share_12m",
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="最大单张销售发票占比",
        en="share of the largest sales invoice in 12 months' sales",
        reason_zh="销售依赖单张大额发票",
        reason_en="a year's sales hang on one large invoice",
        source="analyst, after DOMAIN 2.1 window dressing",
        definition="largest valid positive sales invoice / amount of all of them",
        empty="null when nothing positive was sold in the window",
        expression=ratio("s.top_0_12", "s.blue_0_12"),
    ),
)
