"""Invoice (发票): one VAT invoice as seen in the books of one enterprise, as its seller or as its buyer.

Occurs on the day it was issued. A red-letter invoice (红字发票) is one with a negative total. A void invoice (作废)
was cancelled before it was filed; new electronic invoices (数电票) have no void state, only red-letter.
"""

from __future__ import annotations

from models.records.kind import Field, RecordKind

VALID = "valid"
VOID = "void"
SALES = "sales"
PURCHASE = "purchase"

INVOICE = RecordKind(
    name="invoice",
    zh="发票",
    en="invoice",
    fields=(
        Field(
            "enterprise_id",
            "text",
            "企业代号",
            "enterprise id",
            ("企业编号", "统一社会信用代码", "company_id", "uscc"),
        ),
        Field(
            "direction",
            "choice",
            "进销方向",
            "direction",
            ("方向",),
            choices={
                "sales": SALES,
                "sale": SALES,
                "output": SALES,
                "销项": SALES,
                "销项发票": SALES,
                "purchase": PURCHASE,
                "purchases": PURCHASE,
                "input": PURCHASE,
                "进项": PURCHASE,
                "进项发票": PURCHASE,
            },
        ),
        Field("invoice_no", "text", "发票号码", "invoice number", ("发票号", "发票编号", "invoice_number")),
        Field("issued_on", "date", "开票日期", "issue date", ("开票时间", "issue_date", "invoice_date")),
        Field("counterparty_id", "text", "对方单位代号", "counterparty id", ("对方代号", "counterparty")),
        Field("amount_fen", "money", "金额", "amount without tax", ("不含税金额", "amount", "amount_ex_tax")),
        Field("tax_fen", "money", "税额", "tax", ("税金", "tax_amount")),
        Field("total_fen", "money", "价税合计", "total with tax", ("含税金额", "total", "total_amount")),
        Field(
            "status",
            "choice",
            "发票状态",
            "status",
            ("状态", "invoice_status"),
            choices={
                "有效发票": VALID,
                "有效": VALID,
                "正常": VALID,
                "valid": VALID,
                "normal": VALID,
                "作废发票": VOID,
                "作废": VOID,
                "void": VOID,
                "voided": VOID,
                "cancelled": VOID,
            },
        ),
    ),
    natural_key=("enterprise_id", "direction", "invoice_no", "issued_on", "counterparty_id", "total_fen"),
    occurred="issued_on",
)
