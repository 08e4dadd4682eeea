"""Margin and tax as the invoices show them: input against output (DOMAIN 2.1).

Margins and tax burdens hurt at both ends (a margin of 90 % is as odd as one of -20 %), so they carry no direction.
"""

from __future__ import annotations

from models.features.feature import NO_DIRECTION, Feature, Side, ratio

FAMILY = "margin_and_tax"
_BOTH: tuple[Side, ...] = ("sales", "purchases")
_NULL = "null when net sales of the window are not positive, or one of the two sides was never seen"


def _of_both(
    name: str, months: int, zh: str, en: str, *, reason_zh: str, reason_en: str, definition: str, expression: str
) -> Feature:
    return Feature(
        name=name,
        family=FAMILY,
        unit="fraction",
        window=months,
        direction=NO_DIRECTION,
        zh=zh,
        en=en,
        reason_zh=reason_zh,
        reason_en=reason_en,
        source="DOMAIN 2.1",
        definition=definition,
        empty=_NULL,
        expression=expression,
        needs=_BOTH,
    )


def _tax_rate(side: Side, name: str, zh: str, en: str) -> Feature:
    prefix = side[0]
    return Feature(
        name=name,
        family=FAMILY,
        unit="fraction",
        window=12,
        direction=NO_DIRECTION,
        zh=f"{zh}平均税率",
        en=f"average tax rate on {en}",
        reason_zh=f"{zh}税率异常",
        reason_en=f"unusual tax rate on {en}",
        source="DOMAIN 2.1 (tax triangulation)",
        definition=f"tax on valid {en} invoices / their net amount",
        empty="null when the net amount of the window is not positive, or the side was never seen",
        expression=ratio(f"{prefix}.tax_0_12", f"{prefix}.net_0_12"),
        needs=(side,),
    )


def _margin(months: int) -> str:
    return f"1 - {ratio(f'p.net_0_{months}', f's.net_0_{months}')}"


FEATURES: tuple[Feature, ...] = (
    _of_both(
        "gross_margin_12m",
        12,
        "近12个月进销毛利率",
        "gross margin by invoices",
        reason_zh="进销毛利率异常",
        reason_en="unusual margin between purchases and sales",
        definition="1 - net purchases / net sales, both without tax, of 12 months",
        expression=_margin(12),
    ),
    _of_both(
        "gross_margin_change_3m",
        12,
        "近3个月毛利率变化",
        "change of gross margin in the last 3 months",
        reason_zh="近期毛利率变动大",
        reason_en="margin moved sharply in the last 3 months",
        definition="gross margin by invoices of 3 months - that of 12 months",
        expression=f"({_margin(3)}) - ({_margin(12)})",
    ),
    _of_both(
        "purchase_to_sales_24m",
        24,
        "近24个月采购销售比",
        "purchases per yuan of sales, 24 months",
        reason_zh="采购与销售规模不匹配",
        reason_en="purchases do not match sales",
        definition="net purchases / net sales of 24 months; the longer window evens out stock",
        expression=ratio("p.net_0_24", "s.net_0_24"),
    ),
    _of_both(
        "vat_burden_12m",
        12,
        "近12个月增值税税负率",
        "VAT burden",
        reason_zh="增值税税负异常",
        reason_en="unusual VAT burden",
        definition="(tax on valid sales invoices - tax on valid purchase invoices) / net sales",
        expression=ratio("s.tax_0_12 - p.tax_0_12", "s.net_0_12"),
    ),
    _tax_rate("sales", "sales_tax_rate_12m", "销项", "sales"),
    _tax_rate("purchases", "purchase_tax_rate_12m", "进项", "purchases"),
)
