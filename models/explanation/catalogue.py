"""The fixed catalogue of reasons and the words for every rule and document, Chinese and English.

A reason code never changes its meaning. `{value}` and `{threshold}` are filled with the case's own figures in readable
units; the short titles go into flat files. Families: KO knock-out, DAT missing evidence, LIM amount, PD probability.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.explanation.amount_words import AMOUNT_WORDS, BINDING_REASONS, LOSS_MAKER, PENDING_REASONS
from models.explanation.wording import About, ReasonText, Words
from models.limits import ELIGIBILITY, PRODUCT_MINIMUM, STEP_ROUNDING, Document

__all__ = [
    "AVERAGE",
    "BELOW_MINIMUM",
    "BINDING_REASONS",
    "DOCUMENTS",
    "GATE_REASONS",
    "LOSS_MAKER",
    "OUTCOME_WORDS",
    "PENDING_REASONS",
    "PROBABILITY_EN",
    "PROBABILITY_TITLE_EN",
    "PROBABILITY_TITLE_ZH",
    "PROBABILITY_ZH",
    "ROUNDED",
    "RULE_WORDS",
    "STATUS_WORDS",
    "About",
    "ReasonText",
    "Words",
    "rule_words",
]

# A gate that fired, or that cannot say; by the gate's code.
GATE_REASONS: Mapping[str, ReasonText] = {
    "inactive": ReasonText(
        "KO-ACT-01",
        "eligibility",
        "久无销项发票",
        "no recent sales invoice",
        "距最近一张有效销项发票已 {value}，超过准入上限 {threshold}",
        "last valid sales invoice {value} ago, above the maximum of {threshold}",
    ),
    "turnover_not_positive": ReasonText(
        "KO-TRN-02",
        "eligibility",
        "近12个月净销售额不达标",
        "net 12-month sales too low",
        "近12个月净销售额（扣除作废与红字）为 {value}，须高于 {threshold}",
        "net sales of 12 months (void and red-letter invoices off) are {value}, they must be above {threshold}",
    ),
    "void_rate_too_high": ReasonText(
        "KO-INV-03",
        "eligibility",
        "作废率过高",
        "void rate too high",
        "近12个月销项发票作废率 {value}，超过准入上限 {threshold}",
        "{value} of the sales invoices of 12 months were voided, above the maximum of {threshold}",
    ),
    "grade_too_weak": ReasonText(
        "KO-GRD-04",
        "eligibility",
        "信用等级低于准入等级",
        "grade below the entry grade",
        "信用等级 {value}，低于最低准入等级 {threshold}",
        "grade {value} is worse than the worst eligible grade {threshold}",
    ),
    "no_sales_feed": ReasonText(
        "DAT-INV-01",
        "evidence",
        "缺少销项发票数据",
        "sales invoices missing",
        "没有销项发票数据，无法测算营业额；请提供：{document}",
        "no sales invoices on file, so turnover is unknown; please provide: {document}",
    ),
    "data_too_old": ReasonText(
        "DAT-AGE-02",
        "evidence",
        "发票数据过期",
        "invoice data out of date",
        "最近一张发票距今 {value}，超过数据时效 {threshold}，无法区分停业与断供数据；请提供：{document}",
        "the newest invoice is {value} old, above the maximum of {threshold}: the firm or the feed may have stopped; "
        "please provide: {document}",
    ),
    "history_too_short": ReasonText(
        "DAT-HIS-03",
        "evidence",
        "开票历史过短",
        "invoice history too short",
        "首张销项发票距今：{value}，需不少于 {threshold}；请提供：{document}",
        "time since the first sales invoice: {value}, needed: {threshold}; please provide: {document}",
    ),
    "no_probability": ReasonText(
        "DAT-PD-04",
        "evidence",
        "无法计算违约概率",
        "default probability not available",
        "模型所需数据全部缺失，无法计算违约概率；请提供：{document}",
        "everything the model reads is missing, so there is no default probability; please provide: {document}",
    ),
    "circular_trade": ReasonText(
        "DAT-CIR-19",
        "evidence",
        "部分销售处于循环交易",
        "some sales go round in circles",
        "循环交易占销售额 {value}，高于 {threshold}：暂停新增用信并在3日内复核；请提供：{document}",
        "{value} of sales go round in short cycles, above {threshold}: new draws are frozen, review in three days; "
        "please provide: {document}",
    ),
    "circular_trade_grave": ReasonText(
        "DAT-CIR-20",
        "evidence",
        "大量销售处于循环交易",
        "many sales go round in circles",
        "循环交易占销售额 {value}，高于红色线 {threshold}：冻结用信并提交审批委员会；请提供：{document}",
        "{value} of sales go round in short cycles, above the red line of {threshold}: frozen, goes to the committee; "
        "please provide: {document}",
    ),
}

ROUNDED = ReasonText(
    "LIM-STP-06",
    "amount",
    "按额度单位取整",
    "rounded down to the step",
    "按 {threshold} 的单位向下取整，减少 {value}",
    "rounding down to a step of {threshold} takes {value} off",
)
BELOW_MINIMUM = ReasonText(
    "LIM-MIN-07",
    "eligibility",
    "低于产品最低额度",
    "below the product minimum",
    "测算额度 {value}，低于产品最低额度 {threshold}",
    "the computed amount of {value} is below the product minimum of {threshold}",
)
# Neutral on purpose: a feature can cost points against the average case while its value looks sound.
PROBABILITY_ZH = "{name}为 {value}，相对{whom}使评分减少 {points} 分"
PROBABILITY_EN = "{name}: {value}, which takes {points} points off against {whom}"
AVERAGE = Words("training_average", "平均水平", "the average case")
PROBABILITY_TITLE_ZH = "{name}（减分）"
PROBABILITY_TITLE_EN = "{name} (costs points)"

DOCUMENTS: Mapping[Document, Words] = {
    Document.SALES_INVOICES: Words(
        "sales_invoices",
        "近24个月销项发票明细（电子税务局导出或授权接口）",
        "sales invoices of the last 24 months (tax bureau export or authorised feed)",
    ),
    Document.FRESH_INVOICES: Words(
        "fresh_invoices", "截至本月的最新进销项发票明细", "sales and purchase invoices up to the present month"
    ),
    Document.OLDER_INVOICES: Words(
        "older_invoices",
        "更早期间的发票、纳税申报表或银行流水",
        "earlier invoices, tax returns or bank statements that show twelve months of trade",
    ),
    Document.MODEL_INPUTS: Words(
        "model_inputs", "模型所需的进销项发票明细", "the sales and purchase invoices that the model reads"
    ),
    Document.RECEIVABLE_LIST: Words("receivable_list", "应收账款明细", "list of open receivables by debtor"),
    Document.CONFIRMATIONS: Words(
        "confirmations", "债务人确权与中登网登记", "confirmation by the debtors and registration of the assignment"
    ),
    Document.YEARLY_STATEMENT: Words(
        "yearly_statement",
        "最近两个年度财务报表（含现金流量表）",
        "yearly financial statements of the last two years, with cash flow",
    ),
    Document.BANK_CAPITAL: Words(
        "bank_capital", "本行资本净额与一级资本净额（政策参数）", "net capital and tier 1 capital of the bank (policy)"
    ),
    Document.GROUP_EXPOSURE: Words(
        "group_exposure", "集团其他成员在本行的敞口清单", "exposure of the other members of the group to this bank"
    ),
    Document.LOAN_LIST: Words(
        "loan_list", "全部银行负债清单（征信报告）", "list of all bank debt (credit bureau report)"
    ),
    Document.DELIVERY_RECORDS: Words(
        "delivery_records", "历史订单交付与验收记录", "delivery and acceptance records of earlier orders"
    ),
    Document.PAYMENT_HISTORY: Words(
        "payment_history",
        "核心企业近12个月付款流水",
        "payments received from the core enterprise in the last 12 months",
    ),
    Document.ANCHOR_REPORT: Words(
        "anchor_report",
        "核心企业应付账款确认及付款表现",
        "what the core enterprise owes, and how late it pays, confirmed by it",
    ),
    Document.TAX_GRADE: Words("tax_grade", "最近年度纳税信用等级", "latest yearly tax credit grade"),
    Document.CASH_PROOF: Words(
        "cash_proof", "最近一轮到账凭证与现金余额证明", "proof of cash received of the last round and of cash held"
    ),
    Document.ASSET_REVIEW: Words(
        "asset_review", "资产人工复核意见", "a reviewer's opinion on the assets that the valuation refers"
    ),
    Document.WARNING_REVIEW: Words(
        "warning_review", "预警事项说明与复核", "the firm's explanation of the warning, and its review"
    ),
    Document.TRADE_PROOF: Words(
        "trade_proof",
        "相关交易的合同、物流签收与付款凭证",
        "contracts, signed delivery papers and proof of payment of the trades in question",
    ),
    Document.FORECAST_PROOF: Words(
        "forecast_proof",
        "支持预测增长的在手订单与合同",
        "orders in hand and contracts that carry the forecast growth",
    ),
}

RULE_WORDS: Mapping[str, Words] = {
    words.code: words
    for words in (
        Words("inactive", "经营活跃", "active trade"),
        Words("turnover_not_positive", "净销售额为正", "positive net turnover"),
        Words("void_rate_too_high", "作废率", "void rate"),
        Words("grade_too_weak", "准入等级", "eligible grade"),
        Words("no_sales_feed", "销项发票数据", "sales invoices on file"),
        Words("data_too_old", "数据时效", "data fresh enough"),
        Words("history_too_short", "开票历史", "history long enough"),
        Words("no_probability", "违约概率", "default probability"),
        Words("circular_trade", "循环交易", "circular trade"),
        Words("circular_trade_grave", "循环交易（红色）", "circular trade (red)"),
        Words(ELIGIBILITY, "准入", "eligibility"),
        *AMOUNT_WORDS,
        Words(STEP_ROUNDING, "按单位取整", "rounding to the step"),
        Words(PRODUCT_MINIMUM, "产品最低额度", "product minimum"),
    )
}
OUTCOME_WORDS: Mapping[str, Words] = {
    words.code: words
    for words in (
        Words("approve", "同意", "approve"),
        Words("reduce", "减额同意", "reduce"),
        Words("refer", "转人工", "refer"),
        Words("decline", "拒绝", "decline"),
    )
}
STATUS_WORDS: Mapping[str, Words] = {
    words.code: words
    for words in (
        Words("applied", "适用", "applied"),
        Words("not_applicable", "不适用", "not applicable"),
        Words("pending", "待补充", "pending"),
        Words("passed", "通过", "passed"),
        Words("fired", "触发", "fired"),
    )
}


def rule_words(code: str) -> Words:
    """The words of a rule or step; a code without an entry speaks for itself."""
    return RULE_WORDS.get(code, Words(code, code, code))
