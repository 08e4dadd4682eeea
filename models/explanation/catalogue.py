"""The fixed catalogue of reasons and the words for every rule and document, Chinese and English.

A reason code never changes its meaning. `{value}` and `{threshold}` are filled with the case's own figures in readable
units; the short titles go into flat files. Families: KO knock-out, DAT missing evidence, LIM amount, PD probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.limits import (
    ELIGIBILITY,
    PRODUCT_MINIMUM,
    SOURCES_TOTAL,
    STEP_ROUNDING,
    Document,
)

About = Literal["eligibility", "evidence", "amount", "probability"]


@dataclass(frozen=True)
class ReasonText:
    """One entry of the catalogue."""

    code: str
    about: About
    title_zh: str
    title_en: str
    zh: str
    en: str


@dataclass(frozen=True)
class Words:
    """A code of the system in Chinese and English."""

    code: str
    zh: str
    en: str


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
}

# A source or ceiling that lacks a fact of its own; by the rule's code. The rules of today lack nothing that one of the
# evidence gates above does not already name.
PENDING_REASONS: Mapping[str, ReasonText] = {}

# A cap that is the lowest; by the cap's code.
BINDING_REASONS: Mapping[str, ReasonText] = {
    SOURCES_TOTAL: ReasonText(
        "LIM-SRC-01",
        "amount",
        "额度由开票销售额决定",
        "invoice turnover sets the amount",
        "各来源合计 {value}（{basis}），是最低的一项",
        "the sources add up to {value} ({basis}), the lowest of all caps",
    ),
    "requested": ReasonText(
        "LIM-REQ-02",
        "amount",
        "额度由申请金额决定",
        "the requested amount sets the limit",
        "申请金额 {value} 是最低的一项",
        "the requested {value} is the lowest of all caps",
    ),
    "grade_maximum": ReasonText(
        "LIM-GRD-03",
        "amount",
        "额度由等级上限决定",
        "the grade maximum sets the limit",
        "等级 {grade} 的单户上限 {value} 是最低的一项",
        "the maximum of {value} for grade {grade} is the lowest of all caps",
    ),
    "product_maximum": ReasonText(
        "LIM-PRD-04",
        "amount",
        "额度由产品上限决定",
        "the product maximum sets the limit",
        "产品上限 {value} 是最低的一项",
        "the product maximum of {value} is the lowest of all caps",
    ),
    "inclusive_line": ReasonText(
        "LIM-INC-05",
        "amount",
        "额度由普惠口径决定",
        "the inclusive-finance line sets the limit",
        "普惠小微单户口径 {value} 是最低的一项",
        "the inclusive-finance line of {value} is the lowest of all caps",
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
PROBABILITY_ZH = "{name}为 {value}，相对平均水平使评分减少 {points} 分"
PROBABILITY_EN = "{name}: {value}, which takes {points} points off against the average case"
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
        Words("invoice_turnover", "发票销售额来源", "invoice turnover"),
        Words(SOURCES_TOTAL, "来源合计", "sources together"),
        Words(ELIGIBILITY, "准入", "eligibility"),
        Words("requested", "申请金额", "requested amount"),
        Words("grade_maximum", "等级上限", "grade maximum"),
        Words("product_maximum", "产品上限", "product maximum"),
        Words("inclusive_line", "普惠小微口径", "inclusive-finance line"),
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
