"""Receivable (应收账款): one claim on a debtor, from the day it arose to the day it is settled or written off.

Occurs on `arisen_on`. Confirmation, disputes, partial payments and settlement arrive as new versions. `registered_no`
is the entry in the movable-collateral register (中登网). Null `due_on`: no term agreed; null flags: nobody said.
Fields: DOMAIN.md 1.3 (each exclusion of the borrowing base has its field) and 10.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import COUNTERPARTY_TYPES, CURRENCY, ENTERPRISE_ID

RECEIVABLE = RecordKind(
    name="receivable",
    zh="应收账款",
    en="receivable",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "receivable_no",
            "text",
            "应收账款编号",
            "receivable number",
            ("应收编号", "凭证编号", "receivable_id"),
            example="AR-2024-0099",
        ),
        Field(
            "debtor_id",
            "text",
            "债务人代号",
            "debtor id",
            ("债务人", "买方代号", "付款方代号", "debtor"),
            example="91440300192317458F",
        ),
        Field(
            "debtor_type",
            "choice",
            "债务人类型",
            "debtor type",
            ("买方类型",),
            False,
            choices=COUNTERPARTY_TYPES,
            example="大型企业",
        ),
        Field(
            "invoice_no",
            "text",
            "发票号码",
            "invoice number",
            ("发票号", "发票编号", "invoice_number"),
            False,
            example="24442000000012345678",
        ),
        Field("order_no", "text", "订单号", "order number", ("订单编号", "合同编号"), False, example="PO-2024-0318"),
        Field(
            "arisen_on",
            "date",
            "应收发生日期",
            "arisen on",
            ("发生日期", "应收日期", "起算日", "invoice_date"),
            example="2024-02-18",
        ),
        Field(
            "due_on",
            "date",
            "到期日",
            "due on",
            ("应收到期日", "到期日期", "应付日期", "due_date"),
            False,
            planned=True,
            example="2024-04-18",
        ),
        Field(
            "face_fen",
            "money",
            "应收金额",
            "face amount",
            ("应收账款金额", "票面金额", "original_amount"),
            minimum=0,
            example="226000.00",
        ),
        Field(
            "outstanding_fen",
            "money",
            "应收余额",
            "outstanding amount",
            ("未收金额", "应收账款余额", "outstanding"),
            False,
            minimum=0,
            note="Null: face less settled, credited and written off.",
            example="0.00",
        ),
        Field(
            "credited_fen",
            "money",
            "贷项金额",
            "credited amount",
            ("退货折让金额", "折扣折让", "credit_notes"),
            False,
            minimum=0,
            note="Returns, discounts, credit notes: dilution.",
            example="0.00",
        ),
        Field(
            "written_off_fen",
            "money",
            "核销金额",
            "written-off amount",
            ("坏账核销金额", "written_off"),
            False,
            minimum=0,
            example="0.00",
        ),
        Field(
            "settled_fen",
            "money",
            "已收金额",
            "settled amount",
            ("回款金额", "累计回款", "settled_amount"),
            False,
            minimum=0,
            example="226000.00",
        ),
        Field(
            "settled_on",
            "date",
            "结清日期",
            "settled on",
            ("回款日期", "清偿日期", "settled_date"),
            False,
            example="2024-04-02",
        ),
        Field(
            "confirmed_on",
            "date",
            "确权日期",
            "confirmed on",
            ("债务人确认日期", "confirmed_date"),
            False,
            example="2024-02-25",
        ),
        Field(
            "confirmed", "flag", "是否确权", "confirmed by debtor", ("确权标志", "is_confirmed"), False, example="是"
        ),
        Field(
            "registered_no",
            "text",
            "中登网登记编号",
            "collateral register number",
            ("登记编号", "中登登记号", "register_no"),
            False,
            example="ZD-20240301-001",
        ),
        Field(
            "pledged_elsewhere", "flag", "是否已质押他行", "pledged elsewhere", ("他行质押标志",), False, example="否"
        ),
        Field("disputed", "flag", "是否争议", "disputed", ("争议标志", "is_disputed"), False, example="否"),
        Field(
            "related_party", "flag", "是否关联方", "related party", ("关联方标志", "is_related"), False, example="否"
        ),
        Field("insured", "flag", "是否投保", "insured", ("信用保险标志", "is_insured"), False, example="否"),
        Field(
            "conditional",
            "flag",
            "是否附条件",
            "conditional",
            ("进度款或质保金", "is_conditional"),
            False,
            note="Progress billing, retention, consignment, bill-and-hold.",
            example="否",
        ),
        Field(
            "owed_to_debtor_fen",
            "money",
            "对销应付金额",
            "owed to the debtor",
            ("对同一方应付", "contra_payable"),
            False,
            minimum=0,
            note="What the enterprise itself owes this debtor (contra).",
            example="0.00",
        ),
        CURRENCY,
    ),
    natural_key=("enterprise_id", "receivable_no", "debtor_id"),
    occurred="arisen_on",
    checks=(
        Check(
            "receivable_due", "due_on >= arisen_on", "到期日早于应收发生日期", "due before it arose", ("due_on", "arisen_on")
        ),
        Check(
            "receivable_settled",
            "settled_on >= arisen_on",
            "结清日期早于应收发生日期",
            "settled before it arose",
            ("settled_on", "arisen_on"),
        ),
        Check(
            "receivable_confirmed",
            "confirmed OR confirmed_on IS NULL",
            "有确权日期但标为未确权",
            "has a day of confirmation but is marked unconfirmed",
            ("confirmed", "confirmed_on"),
        ),
        Check(
            "receivable_outstanding",
            "outstanding_fen <= face_fen",
            "应收余额大于应收金额",
            "more outstanding than its face",
            ("outstanding_fen", "face_fen"),
        ),
    ),
)
