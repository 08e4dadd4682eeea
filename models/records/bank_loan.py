"""Bank loan (银行贷款): one debt of the enterprise to a bank or other lender, from this bank's books or the bureau.

Occurs on the day it was drawn. Balance, class and days past due are the latest known and arrive as new versions. Null
balance: unknown, which is not zero. Fields: DOMAIN.md 1.1, 1.5 and 7; classes by 商业银行金融资产风险分类办法 (2023).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import CURRENCY, ENTERPRISE_ID

RISK_CLASSES = spellings(
    normal="正常|正常类|1|pass",
    special_mention="关注|关注类|2",
    substandard="次级|次级类|3",
    doubtful="可疑|可疑类|4",
    loss="损失|损失类|5",
)

BANK_LOAN = RecordKind(
    name="bank_loan",
    zh="银行贷款",
    en="bank loan",
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
            "lender",
            "text",
            "贷款机构",
            "lender",
            ("放款机构", "贷款银行", "bank"),
            False,
            example="某股份制银行深圳分行",
        ),
        Field("own_bank", "flag", "是否本行", "own bank", ("本行标志", "is_own_bank"), False, example="是"),
        Field(
            "credit_type",
            "choice",
            "业务品种",
            "credit type",
            ("贷款品种", "授信品种"),
            False,
            choices=spellings(
                working_capital="流动资金贷款|流贷",
                fixed_asset="固定资产贷款|项目贷款",
                trade_finance="贸易融资|保理|供应链融资",
                acceptance="银行承兑汇票|承兑",
                letter_of_credit="信用证",
                guarantee="保函",
                lease="融资租赁",
                other="其他",
            ),
            example="流动资金贷款",
        ),
        Field(
            "drawn_on", "date", "放款日期", "drawn on", ("发放日期", "贷款起始日", "start_date"), example="2023-09-01"
        ),
        Field(
            "matures_on",
            "date",
            "贷款到期日",
            "matures on",
            ("到期日", "到期日期", "maturity_date"),
            planned=True,
            example="2024-09-01",
        ),
        Field(
            "principal_fen",
            "money",
            "贷款金额",
            "principal",
            ("放款金额", "贷款本金", "loan_amount"),
            minimum=0,
            example="3000000.00",
        ),
        Field(
            "balance_fen",
            "money",
            "贷款余额",
            "balance",
            ("未还本金", "本金余额", "loan_balance"),
            False,
            minimum=0,
            example="1200000.00",
        ),
        Field(
            "annual_rate",
            "number",
            "年利率",
            "annual rate",
            ("利率", "执行利率", "interest_rate"),
            False,
            minimum=0,
            maximum=1,
            note="A fraction: 0.0435 is 4.35 %.",
            example="0.0435",
        ),
        Field(
            "repayment_method",
            "choice",
            "还款方式",
            "repayment method",
            ("还本付息方式",),
            False,
            choices=spellings(
                instalments="等额本息|等额本金|分期还款|按月等额本息",
                interest_monthly="按月付息到期还本|先息后本|按季付息到期还本",
                bullet="到期一次还本付息|利随本清",
            ),
            example="等额本息",
        ),
        Field(
            "security",
            "choice",
            "担保方式",
            "security",
            ("主要担保方式", "security_type"),
            False,
            choices=spellings(
                unsecured="信用|无担保", guarantee="保证", mortgage="抵押", pledge="质押", mixed="组合|组合担保"
            ),
            example="信用",
        ),
        Field(
            "limit_fen",
            "money",
            "授信额度",
            "credit line",
            ("授信金额", "credit_limit"),
            False,
            minimum=0,
            example="5000000.00",
        ),
        Field(
            "days_past_due",
            "integer",
            "逾期天数",
            "days past due",
            ("当前逾期天数", "dpd"),
            False,
            minimum=0,
            maximum=36500,
            example="0",
        ),
        Field(
            "risk_class",
            "choice",
            "五级分类",
            "risk class",
            ("风险分类", "five_class"),
            False,
            choices=RISK_CLASSES,
            example="正常",
        ),
        Field(
            "restructured", "flag", "是否重组", "restructured", ("展期重组标志", "is_restructured"), False, example="否"
        ),
        Field("closed_on", "date", "结清日期", "closed on", ("贷款结清日", "close_date"), False, example=""),
        CURRENCY,
    ),
    natural_key=("enterprise_id", "loan_no"),
    occurred="drawn_on",
    checks=(
        Check(
            "loan_maturity",
            "matures_on >= drawn_on",
            "到期日早于放款日期",
            "matures before it was drawn",
            ("matures_on", "drawn_on"),
        ),
        Check(
            "loan_closed",
            "closed_on >= drawn_on",
            "结清日期早于放款日期",
            "closed before it was drawn",
            ("closed_on", "drawn_on"),
        ),
        Check(
            "loan_balance",
            "balance_fen <= principal_fen",
            "贷款余额大于贷款金额",
            "the balance is above the principal",
            ("balance_fen", "principal_fen"),
        ),
    ),
)
