"""Loan repayment (还款记录): one instalment of one loan, what fell due and what was paid.

Occurs on the day it fell due; instalments still to come do not count. A payment, and every month that an unpaid
instalment grows older, is a new version. Null `paid_on`: not paid as far as known. Default by DOMAIN.md 7 is 90
days past due on any instalment, so labels are made from this kind.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID

LOAN_REPAYMENT = RecordKind(
    name="loan_repayment",
    zh="还款记录",
    en="loan repayment",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "loan_no",
            "text",
            "借据号",
            "loan number",
            ("贷款编号", "借据编号", "贷款账号", "loan_id"),
            example="L20230901001",
        ),
        Field(
            "instalment_no",
            "integer",
            "期次",
            "instalment number",
            ("期数", "还款期次", "period_no"),
            minimum=1,
            maximum=1200,
            example="7",
        ),
        Field(
            "due_on",
            "date",
            "应还日期",
            "instalment due on",
            ("应还款日", "还款到期日", "due_date"),
            planned=True,
            example="2024-04-01",
        ),
        Field(
            "due_principal_fen",
            "money",
            "应还本金",
            "principal due",
            ("本期应还本金", "due_principal"),
            minimum=0,
            example="250000.00",
        ),
        Field(
            "due_interest_fen",
            "money",
            "应还利息",
            "interest due",
            ("本期应还利息", "due_interest"),
            False,
            minimum=0,
            example="6525.00",
        ),
        Field(
            "paid_on",
            "date",
            "实还日期",
            "repaid on",
            ("实际还款日", "还款日期", "repaid_date"),
            False,
            note="Day it was paid in full.",
            example="2024-04-03",
        ),
        Field(
            "paid_fen",
            "money",
            "实还金额",
            "repaid amount",
            ("已还金额", "实还本息", "repaid_amount"),
            False,
            minimum=0,
            example="256525.00",
        ),
        Field(
            "days_past_due",
            "integer",
            "逾期天数",
            "days past due",
            ("本期逾期天数", "dpd"),
            False,
            minimum=0,
            maximum=36500,
            note="On the day of report, or when paid.",
            example="2",
        ),
        Field("waived", "flag", "是否减免展期", "waived or extended", ("展期标志", "is_waived"), False, example="否"),
    ),
    natural_key=("enterprise_id", "loan_no", "instalment_no"),
    occurred="due_on",
    checks=(
        Check(
            "repayment_dpd",
            "days_past_due >= 0 AND (paid_on IS NULL OR paid_on > due_on OR days_past_due = 0)",
            "按期还款却有逾期天数",
            "paid by the due day, yet past due",
            ("days_past_due", "paid_on", "due_on"),
        ),
    ),
)
