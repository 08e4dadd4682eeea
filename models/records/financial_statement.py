"""Financial statement (财务报表): balance sheet, income and cash figures of one period.

Occurs on the last day of the period; `months` says how many months the flows cover (a year's cumulative September
statement has 9). A restatement is a new version. Null: the line is not given, which is not zero. Fields: DOMAIN.md 1.1
and 10; lines by 企业会计准则 (general enterprise statement format).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID


def _line(name: str, zh: str, en: str, aliases: tuple[str, ...], example: str, minimum: float | None = None) -> Field:
    return Field(f"{name}_fen", "money", zh, en, aliases, False, minimum=minimum, example=example)


FINANCIAL_STATEMENT = RecordKind(
    name="financial_statement",
    zh="财务报表",
    en="financial statement",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "period_end",
            "date",
            "报表日期",
            "period end",
            ("报告期", "会计期末", "报表截止日", "statement_date"),
            example="2023-12-31",
        ),
        Field(
            "months",
            "integer",
            "报表月数",
            "months covered",
            ("期间月数", "累计月数"),
            minimum=1,
            maximum=12,
            example="12",
        ),
        Field("audited", "flag", "是否审计", "audited", ("审计标志", "is_audited"), False, example="是"),
        Field(
            "consolidated", "flag", "是否合并", "consolidated", ("合并报表标志", "is_consolidated"), False, example="否"
        ),
        Field(
            "revenue_fen",
            "money",
            "营业收入",
            "revenue",
            ("营业总收入", "主营业务收入", "sales_revenue"),
            minimum=0,
            example="42000000.00",
        ),
        _line("cost_of_sales", "营业成本", "cost of sales", ("主营业务成本",), "30500000.00"),
        _line("operating_profit", "营业利润", "operating profit", (), "2100000.00"),
        _line("net_profit", "净利润", "net profit", (), "1800000.00"),
        _line("rd_expense", "研发费用", "R&D expense", ("研发支出",), "3900000.00", 0),
        _line("interest_expense", "利息支出", "interest expense", ("利息费用",), "210000.00", 0),
        _line("depreciation", "折旧摊销", "depreciation and amortisation", ("折旧与摊销",), "1300000.00", 0),
        _line("total_assets", "资产总计", "total assets", ("总资产",), "51000000.00", 0),
        _line("total_liabilities", "负债合计", "total liabilities", ("总负债",), "23000000.00", 0),
        _line("equity", "所有者权益合计", "equity", ("净资产", "股东权益合计"), "28000000.00"),
        _line("cash", "货币资金", "cash", ("现金及等价物",), "6100000.00", 0),
        _line("restricted_cash", "受限资金", "restricted cash", ("受限货币资金", "保证金存款"), "800000.00", 0),
        _line("receivables", "应收账款", "receivables", ("应收账款净额",), "11200000.00", 0),
        _line("notes_receivable", "应收票据", "notes receivable", ("应收款项融资",), "1500000.00", 0),
        _line("inventory", "存货", "inventory", (), "7400000.00", 0),
        _line("prepaid", "预付款项", "prepayments", ("预付账款",), "900000.00", 0),
        _line("payables", "应付账款", "payables", (), "8300000.00", 0),
        _line("notes_payable", "应付票据", "notes payable", (), "600000.00", 0),
        _line("advances_received", "合同负债", "advances received", ("预收款项", "预收账款"), "1200000.00", 0),
        _line("short_term_debt", "短期借款", "short-term debt", (), "5000000.00", 0),
        _line("long_term_debt", "长期借款", "long-term debt", (), "2000000.00", 0),
        _line("fixed_assets", "固定资产", "fixed assets", ("固定资产净值",), "9300000.00", 0),
        _line("intangible_assets", "无形资产", "intangible assets", (), "2600000.00", 0),
        _line("data_resources", "数据资源", "data resources", ("其中：数据资源", "其中:数据资源"), "950000.00", 0),
        _line(
            "operating_cash_flow",
            "经营活动现金流量净额",
            "operating cash flow",
            ("经营活动产生的现金流量净额",),
            "2450000.00",
        ),
        _line("capital_expenditure", "资本支出", "capital expenditure", ("购建固定资产支付的现金",), "1100000.00", 0),
    ),
    natural_key=("enterprise_id", "period_end", "months"),
    occurred="period_end",
    checks=(
        Check(
            "statement_balance",
            "abs(total_assets_fen - total_liabilities_fen - equity_fen) <= 100",
            "资产不等于负债加权益（容差1元）",
            "assets differ from liabilities plus equity by more than one yuan",
            ("total_assets_fen", "total_liabilities_fen", "equity_fen"),
        ),
        Check(
            "statement_cash",
            "restricted_cash_fen <= cash_fen",
            "受限资金大于货币资金",
            "more restricted cash than cash",
            ("restricted_cash_fen", "cash_fen"),
        ),
        Check(
            "statement_month",
            "period_end = last_day(period_end)",
            "报表日期不是月末",
            "the period does not end on a month's last day",
            ("period_end",),
        ),
    ),
)
