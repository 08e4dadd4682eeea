"""Invoice (发票): one VAT invoice as seen in the books of one enterprise, as its seller or as its buyer.

Occurs on the day it was issued. A red-letter invoice (红字发票) is one with a negative total. A void invoice (作废)
was cancelled before it was filed; new electronic invoices (数电票) have no void state, only red-letter.

Zero totals: a void invoice may print zeros (the tax system does so) and counts as void. A valid one of zero is no sale
and no purchase, but would count as a month of activity, so it is quarantined.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, Sides
from models.records.shared_fields import CURRENCY, ENTERPRISE_ID

VALID = "valid"
VOID = "void"
SALES = "sales"
PURCHASE = "purchase"

# Amount and tax are each rounded to the fen, so their sum may miss the printed total by one. More is another invoice.
ROUNDING_FEN = 1

INVOICE = RecordKind(
    name="invoice",
    zh="发票",
    en="invoice",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "direction",
            "choice",
            "进销方向",
            "direction",
            ("方向",),
            example="销项",
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
        Field(
            "invoice_no",
            "text",
            "发票号码",
            "invoice number",
            ("发票号", "发票编号", "invoice_number"),
            example="24442000000012345678",
        ),
        Field(
            "issued_on",
            "date",
            "开票日期",
            "issue date",
            ("开票时间", "issue_date", "invoice_date"),
            example="2024-02-18",
        ),
        Field(
            "counterparty_id",
            "text",
            "对方单位代号",
            "counterparty id",
            ("对方代号", "counterparty"),
            example="91440300192317458F",
        ),
        Field(
            "amount_fen",
            "money",
            "金额",
            "amount without tax",
            ("不含税金额", "amount", "amount_ex_tax"),
            example="200000.00",
        ),
        Field("tax_fen", "money", "税额", "tax", ("税金", "tax_amount"), example="26000.00"),
        Field(
            "total_fen",
            "money",
            "价税合计",
            "total with tax",
            ("含税金额", "total", "total_amount"),
            example="226000.00",
        ),
        Field("invoice_code", "text", "发票代码", "invoice code", ("票代码",), required=False, note="Paper invoices."),
        Field(
            "goods_code",
            "text",
            "税收分类编码",
            "goods code",
            ("商品编码", "tax_class_code"),
            required=False,
            example="1090512990000000000",
        ),
        Field(
            "goods_name",
            "text",
            "货物或应税劳务名称",
            "goods name",
            ("货物名称", "商品名称"),
            required=False,
            example="*电动机*伺服电机",
        ),
        Field("red_of", "text", "对应蓝字发票号码", "red-letter of", ("原发票号码", "蓝字发票号码"), required=False),
        Field(
            "due_on",
            "date",
            "付款到期日",
            "payment due on",
            ("应付日期", "due_date"),
            required=False,
            planned=True,
            example="2024-04-18",
        ),
        CURRENCY,
        Field(
            "status",
            "choice",
            "发票状态",
            "status",
            ("状态", "invoice_status"),
            example="有效发票",
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
    checks=(
        Check(
            "total_off",
            f"abs(amount_fen + tax_fen - total_fen) <= {ROUNDING_FEN}",
            "金额加税额不等于价税合计",
            "amount plus tax is not the total",
            ("amount_fen", "tax_fen", "total_fen"),
        ),
        Check(
            "valid_zero",
            "status <> 'valid' OR total_fen <> 0 OR amount_fen <> 0",
            "有效发票的金额为零",
            "a valid invoice of zero is no sale",
            ("total_fen", "amount_fen", "status"),
        ),
    ),
    prudence="status = 'void'",
    sides=Sides(
        direction="direction",
        counterparty="counterparty_id",
        seller=(
            "销方单位代号",
            "销方代号",
            "销方单位",
            "销售方代号",
            "销方纳税人识别号",
            "销售方纳税人识别号",
            "seller_id",
            "seller",
        ),
        buyer=(
            "购方单位代号",
            "购方代号",
            "购方单位",
            "购买方代号",
            "购方纳税人识别号",
            "购买方纳税人识别号",
            "buyer_id",
            "buyer",
        ),
        when_seller=PURCHASE,
        when_buyer=SALES,
    ),
)
