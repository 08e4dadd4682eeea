"""The two languages of papers, and where each fact of a reason comes from."""

from __future__ import annotations

from enum import StrEnum

from models.decision.record import ReasonV1
from models.features import CATALOGUE


class Language(StrEnum):
    """The language of a paper."""

    ZH = "zh"
    EN = "en"

    def say(self, zh: str, en: str) -> str:
        """Words in the language."""
        return zh if self is Language.ZH else en


INVOICES = ("增值税进销项发票", "VAT invoices, sales and purchases")
STATEMENTS = ("年度财务报表", "yearly financial statements")
BUREAU = ("征信报告与本行信贷台账", "credit bureau report and this bank's loan book")
APPLICATION = ("本次授信申请", "this application")
PRODUCT = ("本行产品与信贷政策", "this bank's product terms and credit policy")
RATING = ("本行内部评级（依据所列数据）", "this bank's internal rating, made from the data named here")

SOURCE_OF_FAMILY: dict[str, tuple[str, str]] = {
    "trade": INVOICES,
    "counterparties": INVOICES,
    "invoice_quality": INVOICES,
    "purchases": INVOICES,
    "margin_and_tax": INVOICES,
    "network": ("增值税发票与企业关系", "VAT invoices and relations between enterprises"),
    "closed_loop": ("订单、发票、交付与回款的比对", "orders, invoices, deliveries and payments compared"),
    "settlement": ("应收账款与回款流水", "receivables and payments received"),
    "orders": ("订单与交付记录", "orders and delivery records"),
    "core_enterprise": ("核心企业确认与付款记录", "confirmations and payments of core enterprises"),
    "telemetry": ("设备运行数据（工业互联网）", "machine data (industrial internet)"),
    "statements": STATEMENTS,
    "debt": BUREAU,
    "tax_and_cash": ("纳税申报与银行流水", "tax returns and bank statements"),
    "ip": ("知识产权登记", "register of intellectual property"),
    "data_assets": ("数据资产登记", "register of data assets"),
    "people_and_qualifications": ("社保人数与资质证书", "social insurance headcount and certificates"),
    "risk_events": ("司法、行政处罚等公开风险信息", "public records of lawsuits and penalties"),
    "funding": ("股权融资凭证", "proof of equity funding"),
    "expert_opinion": ("本行尽调意见", "this bank's site visit"),
}
SOURCE_OF_RULE: dict[str, tuple[str, str]] = {
    "inactive": INVOICES,
    "turnover_not_positive": INVOICES,
    "void_rate_too_high": INVOICES,
    "no_sales_feed": INVOICES,
    "data_too_old": INVOICES,
    "history_too_short": INVOICES,
    "no_probability": INVOICES,
    "circular_trade": SOURCE_OF_FAMILY["network"],
    "circular_trade_grave": SOURCE_OF_FAMILY["network"],
    "grade_too_weak": RATING,
    "grade_maximum": RATING,
    "model_uncertainty": RATING,
    "receivables": SOURCE_OF_FAMILY["settlement"],
    "supplier": SOURCE_OF_FAMILY["core_enterprise"],
    "invoice_turnover": INVOICES,
    "tax": ("纳税申报", "tax returns"),
    "orders": SOURCE_OF_FAMILY["orders"],
    "pool": ("资产池登记与估值", "register and valuation of the asset pool"),
    "runway": SOURCE_OF_FAMILY["funding"],
    "ip_uplift": SOURCE_OF_FAMILY["ip"],
    "data_uplift": SOURCE_OF_FAMILY["data_assets"],
    "existing_exposure": BUREAU,
    "committed_lines": ("本行授信台账", "this bank's own register of credit lines"),
    "sources_total": ("发票及已接入的其他交易数据", "invoices and the other trade data on file"),
    "requested": APPLICATION,
    "working_capital_need": STATEMENTS,
    "debt_service_capacity": STATEMENTS,
    "net_assets": STATEMENTS,
    "total_debt": BUREAU,
    "single_name": BUREAU,
    "group": BUREAU,
    "early_warning": ("预警信号（发票、司法与经营数据）", "warning signals from invoices, courts and operations"),
    "product_maximum": PRODUCT,
    "inclusive_line": PRODUCT,
    "product_minimum": PRODUCT,
    "step_rounding": PRODUCT,
    "limit": PRODUCT,
}
OF_RATING = frozenset(("grade", "grade_too_weak", "grade_maximum", "model_uncertainty", "pd"))
RATING_CODES = frozenset(("KO-GRD-04", "LIM-GRD-03", "LIM-MOD-15"))  # they say that the score is too low, not why
_FAMILIES = {feature.name: feature.family for feature in CATALOGUE}


def source_of(reason: ReasonV1) -> tuple[str, str]:
    """The records behind a reason, in Chinese and English."""
    if reason.code in RATING_CODES or reason.fact in OF_RATING:
        return RATING
    family = _FAMILIES.get(reason.fact)
    if family is not None:
        return SOURCE_OF_FAMILY[family]
    return SOURCE_OF_RULE.get(reason.fact, INVOICES)
