"""Reasons and words of the sources and ceilings: a cap that is the lowest, and a rule that lacks a fact of its own."""

from __future__ import annotations

from collections.abc import Mapping

from models.explanation.figures import money
from models.explanation.wording import ReasonText, Words
from models.limits import COMMITTED_LINES, EXISTING_EXPOSURE, SOURCES_TOTAL


def _binding(code: str, zh: str, en: str) -> ReasonText:
    """A ceiling that is the lowest of all caps."""
    return ReasonText(
        code,
        "amount",
        f"额度由{zh}决定",
        f"{en} sets the limit",
        f"{zh} {{value}} 是最低的一项",
        f"{en} of {{value}} is the lowest of all caps",
    )


def _pending(code: str, zh: str, en: str) -> ReasonText:
    """A rule that lacks a fact and stands at its prudent value."""
    return ReasonText(
        code,
        "evidence",
        f"{zh}待补充资料",
        f"{en}: evidence missing",
        f"{zh}缺少资料，暂按审慎值 {{value}} 计；请提供：{{document}}",
        f"{en} lacks a fact and stands at its prudent value of {{value}}; please provide: {{document}}",
    )


BINDING_REASONS: Mapping[str, ReasonText] = {
    SOURCES_TOTAL: ReasonText(
        "LIM-SRC-01",
        "amount",
        "额度由各项来源合计决定",
        "the sources set the amount",
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
        "等级 {grade} 的单户上限余额 {value} 是最低的一项",
        "the maximum of {value} for grade {grade} is the lowest of all caps",
    ),
    "product_maximum": _binding("LIM-PRD-04", "产品上限", "the product maximum"),
    "inclusive_line": _binding("LIM-INC-05", "普惠小微单户口径", "the inclusive-finance line"),
    "working_capital_need": _binding("LIM-WC-08", "营运资金需求", "the working-capital need"),
    "debt_service_capacity": _binding("LIM-DSC-09", "偿债能力", "the debt service capacity"),
    "total_debt": _binding("LIM-DEBT-10", "全部负债占收入上限的余额", "the room for total debt"),
    "net_assets": _binding("LIM-NET-11", "净资产倍数上限的余额", "the room under the multiple of net assets"),
    "single_name": _binding("LIM-CONC-12", "单一客户集中度的余额", "the room under the single-name limit"),
    "group": _binding("LIM-GRP-13", "集团客户集中度的余额", "the room under the group limit"),
    "early_warning": _binding("LIM-EW-14", "预警状态", "the early-warning state"),
    "model_uncertainty": _binding("LIM-MOD-15", "模型不确定性上限", "the ceiling of model uncertainty"),
}
LOSS_MAKER = ReasonText(
    "LIM-LOSS-16",
    "amount",
    "亏损企业利润率按零计",
    "loss counted as zero margin",
    "最近年度亏损，测算需求时利润率按零计，亏损不增加需求",
    "the latest year shows a loss: the margin counts as zero, so that losses do not raise the need",
)

# Where this bank has lent or committed something already; told to people, never kept (`models.decision.told`).
EXPOSURE_USES_UP = ReasonText(
    "LIM-EXP-17",
    "amount",
    "本行已有授信占满额度",
    "what this bank has lent or committed already uses up the limit",
    "本行{taken}，已占满可给予的额度",
    "this bank has {taken}, which uses up all that can be granted",
)
EXPOSED_REASON = Words(
    "exposed",
    "{rule} {own}，扣除本行{taken}后剩余 {left}，是最低的一项",
    "{rule} of {own}: this bank has {taken}, which leaves {left}, the lowest of all caps",
)


def exposure_words(lent_fen: int, committed_fen: int) -> Words:
    """What is lent, and what is committed beyond it, as far as there is any."""
    lent, committed = money(lent_fen), money(committed_fen)
    zh = [f"已发放贷款 {lent.zh}"] if lent_fen else []
    en = [f"lent {lent.en}"] if lent_fen else []
    if committed_fen:
        zh.append(f"已批未用授信 {committed.zh}")
        en.append(f"committed {committed.en} in lines that are not drawn")
    return Words("exposure", "、".join(zh), " and ".join(en) + " already")


# Signals of the early warning by policy value or kind of event, and how the value stands to its threshold.
WARNING_SIGNALS: Mapping[str, tuple[Words, str]] = {
    code: (Words(code, zh, en), sign)
    for code, zh, en, sign in (
        ("early_warning.sales_drop", "近3个月销售同比", "sales of 3 months against a year before", "≤"),
        ("early_warning.sales_gap_days", "距最近一次开票", "time since the last sale", ">"),
        ("early_warning.days_past_due", "逾期", "past due", "≥"),
        ("early_warning.capture_below", "回款归集率", "receipts on the controlled account", "<"),
        ("early_warning.enquiries_2m", "近2个月征信查询次数", "bureau enquiries in 2 months", "≥"),
        ("early_warning.reciprocal_share", "互为买卖占销售比重", "share of sales to suppliers", ">"),
        ("early_warning.related_sales_share", "关联交易占销售比重", "share of sales to related parties", ">"),
        ("early_warning.lawsuit_share", "被诉金额", "lawsuits", ">"),
        ("warning_red_events", "红色预警事件", "events of the red list", ">"),
        ("warning_other_events", "其他预警事件", "other warning events", ">"),
    )
}


# A source or ceiling that lacks a fact of its own; by the rule's code.
PENDING_REASONS: Mapping[str, ReasonText] = {
    "working_capital_need": _pending("DAT-WC-05", "营运资金需求", "the working-capital need"),
    "debt_service_capacity": _pending("DAT-DSC-06", "偿债能力", "the debt service capacity"),
    "total_debt": _pending("DAT-DEBT-07", "全部负债", "total debt"),
    "net_assets": _pending("DAT-NET-08", "净资产", "net assets"),
    "single_name": _pending("DAT-CONC-09", "单一客户集中度", "the single-name limit"),
    "group": _pending("DAT-GRP-10", "集团客户集中度", "the group limit"),
    "early_warning": _pending("DAT-EW-11", "预警复核", "the early-warning review"),
    "orders": _pending("DAT-ORD-12", "订单来源", "the order base"),
    "supplier": _pending("DAT-SUP-13", "核心企业供应商额度", "the supplier limit"),
    "tax": _pending("DAT-TAX-14", "纳税来源", "the tax source"),
    "runway": _pending("DAT-RUN-15", "股权资金来源", "the runway source"),
    "pool": _pending("DAT-POOL-16", "资产池", "the asset pool"),
    "ip_uplift": _pending("DAT-IP-17", "知识产权增额", "the uplift for IP"),
    "data_uplift": _pending("DAT-DA-18", "数据资产增额", "the uplift for data assets"),
}

AMOUNT_WORDS: tuple[Words, ...] = (
    Words("receivables", "应收账款借款基数", "receivables borrowing base"),
    Words("supplier", "核心企业供应商额度", "supplier limit by core enterprise"),
    Words("invoice_turnover", "发票销售额来源", "invoice turnover"),
    Words("tax", "纳税来源", "tax paid"),
    Words("orders", "订单来源", "order base"),
    Words("pool", "资产池", "asset pool"),
    Words("runway", "股权资金来源", "runway of a pre-revenue firm"),
    Words("ip_uplift", "知识产权增额", "uplift for IP"),
    Words("data_uplift", "数据资产增额", "uplift for data assets"),
    Words(EXISTING_EXPOSURE, "扣除本行存量敞口", "less what this bank has lent"),
    Words(COMMITTED_LINES, "扣除本行已批未用授信", "less lines of this bank that are committed and not drawn"),
    Words(SOURCES_TOTAL, "来源合计", "sources together"),
    Words("requested", "申请金额", "requested amount"),
    Words("working_capital_need", "营运资金需求", "working-capital need"),
    Words("debt_service_capacity", "偿债能力", "debt service capacity"),
    Words("total_debt", "全部负债上限", "total debt"),
    Words("net_assets", "净资产倍数", "multiple of net assets"),
    Words("single_name", "单一客户集中度", "single-name limit"),
    Words("group", "集团客户集中度", "group limit"),
    Words("early_warning", "预警状态", "early-warning state"),
    Words("grade_maximum", "等级上限", "grade maximum"),
    Words("model_uncertainty", "模型不确定性", "model uncertainty"),
    Words("product_maximum", "产品上限", "product maximum"),
    Words("inclusive_line", "普惠小微口径", "inclusive-finance line"),
)
