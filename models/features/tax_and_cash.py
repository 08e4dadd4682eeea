"""Tax and cash: whether what is declared, paid and received agrees with what is invoiced (DOMAIN 1.2, 2.1).

Tax paid is net of refunds. Returns are filed after their period, so what is declared is compared with the invoices of
the same 12 months ending three months before as_of: otherwise every return not yet filed would look like concealment.
"""

from __future__ import annotations

from functools import partial

from models.features.closed_loop import RECEIPTS
from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

FAMILY = "tax_and_cash"
FILING_LAG = 3  # months

_PAID = "paid_fen - coalesce(refund_fen, 0)"
_RETURNS = Rollup(
    name="tax",
    kinds=("tax_return",),
    sql=f"""
        SELECT e,
            coalesce(sum({_PAID}) FILTER (tax = 'vat' AND period_end > {{ago_12}}), 0) AS vat_12m,
            coalesce(sum({_PAID}) FILTER (tax = 'cit' AND period_end > {{ago_12}}), 0) AS cit_12m,
            coalesce(sum({_PAID}) FILTER (tax IN ('vat', 'cit') AND period_end > {{ago_24}}
                AND period_end <= {{ago_12}}), 0) AS paid_before,
            sum(declared_sales_fen) FILTER (tax = 'vat' AND period_end > {{ago_15}} AND period_end <= {{ago_3}})
                AS declared,
            count(*) FILTER (period_end > {{ago_12}} AND due_on IS NOT NULL
                AND (filed_on > due_on OR (filed_on IS NULL AND due_on < {{as_of}}) OR late_fee_fen > 0)) AS late_12m,
            count(*) FILTER (period_end > {{ago_12}} AND due_on IS NOT NULL) AS filed_12m,
            max(arrears_fen) FILTER (period_end > {{ago_12}}) AS arrears
        FROM {{tax_return}} GROUP BY e""",
)
_GRADE = Rollup(
    name="taxpayer",
    kinds=("tax_grade",),
    sql="""
        SELECT e, arg_max(CASE grade WHEN 'A' THEN 1 WHEN 'B' THEN 2 WHEN 'M' THEN 3 WHEN 'C' THEN 4 ELSE 5 END,
            "year" * 10 + CASE grade WHEN 'A' THEN 1 WHEN 'B' THEN 2 WHEN 'M' THEN 3 WHEN 'C' THEN 4 ELSE 5 END)
            AS grade
        FROM {tax_grade} GROUP BY e""",
)
_CASH = Rollup(
    name="cash",
    kinds=("payment",),
    where={"payment": RECEIPTS},
    sql="""
        SELECT e, sum(net) AS net, sum(net * net) AS squares
        FROM (SELECT e, {age:paid_on} AS age, sum(amount_fen) AS net FROM {payment} GROUP BY e, age)
        WHERE age < 12 GROUP BY e""",
)
_POWER = Rollup(
    name="power",
    kinds=("machine_day",),
    sql="""
        SELECT e, coalesce(sum(wh) FILTER (reported_day > {ago_12}), 0) AS wh_12m,
            coalesce(sum(wh) FILTER (reported_day > {ago_3}), 0) AS wh_3m
        FROM (SELECT e, reported_day, round(kwh * 1000)::BIGINT AS wh FROM {machine_day}) GROUP BY e""",
)

_feature = partial(Feature, family=FAMILY, needs=(), source="DOMAIN 1.2, 2.1")
_NEVER = "or no tax return was ever seen"
_POWER_CHANGE = ratio("power.wh_3m * s.net_0_12::DOUBLE", "(power.wh_12m * greatest(s.net_0_3, 0)::DOUBLE)")
_ZERO = "0 when no return of the window shows any; null when no tax return was ever seen"


def _tax(name: str, zh: str, en: str, expression: str, definition: str) -> Feature:
    return _feature(
        name=name,
        unit="fen",
        window=12,
        direction=LOWERS_RISK,
        zh=zh,
        en=en,
        reason_zh="纳税额偏低",
        reason_en="little tax paid",
        source="DOMAIN 1.2 (tax limit on paid, net-of-refund tax)",
        definition=definition,
        empty=_ZERO,
        expression=expression,
    )


_FEATURES = (
    _tax(
        "vat_paid_12m_fen", "近12个月实缴增值税", "value added tax paid in 12 months", "tax.vat_12m", "net of refunds"
    ),
    _tax("cit_paid_12m_fen", "近12个月实缴企业所得税", "income tax paid in 12 months", "tax.cit_12m", "net of refunds"),
    _feature(
        name="tax_paid_growth_yoy",
        unit="fraction",
        window=24,
        direction=LOWERS_RISK,
        zh="实缴税额同比增速",
        en="growth of tax paid",
        reason_zh="纳税额同比下滑",
        reason_en="tax paid fell against a year earlier",
        definition="VAT and income tax paid for the periods of 12 months / the same of the 12 months before - 1",
        empty=f"null when no tax was paid for the earlier year, {_NEVER}",
        expression=f"{ratio('(tax.vat_12m + tax.cit_12m)', 'tax.paid_before')} - 1",
    ),
    _feature(
        name="declared_to_invoiced_12m",
        unit="ratio",
        window=15,
        direction=NO_DIRECTION,
        zh="申报销售与开票销售比",
        en="declared sales against invoiced sales",
        reason_zh="申报销售与开票不一致",
        reason_en="declared sales do not match the invoices",
        source="DOMAIN 2.1 (tax_to_invoice, band)",
        definition=f"sales declared for VAT / net invoiced sales, both over 12 months that end {FILING_LAG} months ago",
        empty=f"null when net sales are not positive, nothing was declared for the window, {_NEVER}",
        expression=ratio("tax.declared", f"s.net_{FILING_LAG}_{12 + FILING_LAG}"),
    ),
    _feature(
        name="late_tax_returns_12m",
        unit="count",
        window=12,
        direction=RAISES_RISK,
        zh="逾期申报次数",
        en="late tax returns",
        reason_zh="纳税申报逾期",
        reason_en="tax returns were filed late",
        definition="returns filed after their due day, not filed though due, or with a late payment fee",
        empty="0 when all with a due day were in time; null when none of the window states its due day, "
        "or no tax return was ever seen",
        expression="CASE WHEN tax.filed_12m > 0 THEN tax.late_12m END",
    ),
    _feature(
        name="tax_arrears_12m_fen",
        unit="fen",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月最高欠税余额",
        en="largest tax arrears in 12 months",
        reason_zh="存在欠税",
        reason_en="tax arrears",
        definition="largest arrears that a return of the window states",
        empty=f"null when none states them, {_NEVER}",
        expression="tax.arrears",
    ),
    _feature(
        name="tax_grade_level",
        unit="grade",
        window=None,
        direction=RAISES_RISK,
        zh="纳税信用等级（序数）",
        en="tax credit grade as a number",
        reason_zh="纳税信用等级偏低",
        reason_en="low tax credit grade",
        source="DOMAIN 1.2",
        definition="A 1, B 2, M (new) 3, C 4, D 5; of the latest assessed year, the worse where two are known",
        empty="null when no grade was ever seen",
        expression="taxpayer.grade",
    ),
    _feature(
        name="cash_in_cv_12m",
        unit="ratio",
        window=12,
        direction=RAISES_RISK,
        zh="月度回款波动系数",
        en="volatility of monthly receipts",
        reason_zh="月度回款波动大",
        reason_en="monthly receipts swing widely",
        source="DOMAIN 2.1, 1.2 (volatility)",
        definition="population standard deviation / mean of 12 monthly receipts for goods, empty months as 0",
        empty="null when nothing was received in the window, or no receipt was ever seen",
        expression=(
            "CASE WHEN cash.net > 0 THEN sqrt((12 * cash.squares - cash.net * cash.net)::DOUBLE) / cash.net::DOUBLE END"
        ),
    ),
    _feature(
        name="power_to_output_change_3m",
        unit="fraction",
        window=12,
        direction=NO_DIRECTION,
        zh="单位销售用电变化",
        en="change of power used per yuan of sales",
        reason_zh="用电与销售走势背离",
        reason_en="power used and sales go different ways",
        source="DOMAIN 2.1 (power_to_output)",
        definition="(kWh of 3 months / kWh of 12) / (net sales of 3 months / net sales of 12) - 1",
        empty="null when net sales of 3 or 12 months are not positive, no power was used in 12 months, "
        "or no machine ever reported",
        expression=f"CASE WHEN s.net_0_12 > 0 THEN {_POWER_CHANGE} - 1 END",
    ),
)

TAX_AND_CASH = Family(name=FAMILY, rollups=(_RETURNS, _GRADE, _CASH, _POWER), features=_FEATURES)
