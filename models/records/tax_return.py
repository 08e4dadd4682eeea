"""Tax return (纳税申报): one tax of one period as declared and paid.

Occurs on the last day of the period; filing comes later and `known_at` says when the bank learned it. Paid is net of
refund only if the refund is deducted by the reader: both are kept. Null: the form has no such line. Fields: DOMAIN.md
1.2 (tax limit on paid, net-of-refund tax), 2.1 (triangulation).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

TAX_RETURN = RecordKind(
    name="tax_return",
    zh="纳税申报",
    en="tax return",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "tax",
            "choice",
            "税种",
            "tax",
            ("征收项目", "tax_type"),
            choices=spellings(
                vat="增值税|value added tax",
                cit="企业所得税|所得税|corporate income tax",
                iit="个人所得税|代扣个人所得税",
                stamp="印花税",
                surcharge="附加税|城市维护建设税|教育费附加",
                other="其他|其他税",
            ),
            example="增值税",
        ),
        Field(
            "period_start",
            "date",
            "所属期起",
            "tax period start",
            ("税款所属期起", "period_from"),
            False,
            example="2024-01-01",
        ),
        Field("period_end", "date", "所属期止", "tax period end", ("税款所属期止", "period_to"), example="2024-03-31"),
        Field("filed_on", "date", "申报日期", "filed on", ("申报时间", "filing_date"), False, example="2024-04-12"),
        Field(
            "due_on",
            "date",
            "申报期限",
            "filing due on",
            ("申报截止日", "filing_due_date"),
            False,
            planned=True,
            example="2024-04-15",
        ),
        Field(
            "declared_sales_fen",
            "money",
            "申报销售额",
            "declared sales",
            ("应税销售额", "销售额", "declared_sales"),
            False,
            note="Without tax; may be negative after red-letter invoices.",
            example="5400000.00",
        ),
        Field("output_tax_fen", "money", "销项税额", "output tax", ("output_vat",), False, example="702000.00"),
        Field("input_tax_fen", "money", "进项税额", "input tax", ("input_vat",), False, example="520000.00"),
        Field(
            "payable_fen",
            "money",
            "应纳税额",
            "tax payable",
            ("应补退税额", "tax_payable"),
            example="182000.00",
            note="May be negative: a credit.",
        ),
        Field(
            "paid_fen",
            "money",
            "实缴税额",
            "tax paid",
            ("已缴税额", "入库税额", "tax_paid"),
            minimum=0,
            example="182000.00",
        ),
        Field(
            "paid_on", "date", "缴款日期", "tax paid on", ("入库日期", "tax_payment_date"), False, example="2024-04-14"
        ),
        Field(
            "refund_fen", "money", "退税金额", "tax refund", ("退税额", "tax_refund"), False, minimum=0, example="0.00"
        ),
        Field(
            "arrears_fen",
            "money",
            "欠税余额",
            "tax arrears",
            ("欠税金额", "tax_arrears"),
            False,
            minimum=0,
            example="0.00",
        ),
        Field(
            "late_fee_fen",
            "money",
            "滞纳金",
            "late payment fee",
            ("滞纳金金额", "late_fee"),
            False,
            minimum=0,
            example="0.00",
        ),
    ),
    natural_key=("enterprise_id", "tax", "period_end"),
    occurred="period_end",
    checks=(
        Check(
            "tax_return_period",
            "period_end >= period_start",
            "所属期止早于所属期起",
            "the period ends before it starts",
            ("period_end", "period_start"),
        ),
        Check(
            "tax_return_filed",
            "filed_on >= period_start",
            "申报日期早于所属期起",
            "filed before the period started",
            ("filed_on", "period_start"),
        ),
    ),
)
