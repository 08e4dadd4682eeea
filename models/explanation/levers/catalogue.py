"""The catalogue of levers: what an enterprise can do, in Chinese and English, and what the bank must see done.

Never in it: what cannot be changed (age of the firm, past sales, past delays) and what only games a measure (an invoice
split in two, patents bought before applying, sales to a related party, debt moved to another name).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LeverText:
    """One lever. `{change}` is the smallest change in readable figures, `{subject}` the debtor where there is one."""

    code: str
    unit: str  # of the change: fen, count or months
    rule: str  # the source or ceiling that it lifts; empty: whichever binds
    zh: str
    en: str
    verification_zh: str
    verification_en: str


LEVERS: Mapping[str, LeverText] = {
    text.code: text
    for text in (
        LeverText(
            "collect_aged",
            "fen",
            "receivables",
            "收回 {subject} 的逾龄应收账款 {change}，解除交叉账龄",
            "collect {change} of the aged receivables of {subject}, which cures the cross-ageing",
            "回款流水进入监管账户，应收账款台账同步核销",
            "receipts on the controlled account, matched to the ledger of receivables",
        ),
        LeverText(
            "confirm",
            "count",
            "receivables",
            "请 {subject} 对 {change} 笔应收账款确权",
            "have {subject} confirm {change} of its receivables",
            "债务人书面或线上确权，中登网登记转让",
            "confirmation by the debtor, and the assignment registered",
        ),
        LeverText(
            "settle_contra",
            "fen",
            "receivables",
            "结清对 {subject} 的应付账款 {change}，消除对销",
            "pay {change} of what is owed to {subject}, which ends the contra",
            "付款凭证与双方对账单",
            "proof of payment and a statement agreed by both sides",
        ),
        LeverText(
            "diversify",
            "fen",
            "receivables",
            "向其他买方新增已确权应收账款 {change}，降低单一债务人集中度",
            "build {change} of confirmed receivables on other buyers, so that no debtor is above its share of the pool",
            "新买方合同、发票、验收单及确权；买方须非关联方",
            "contracts, invoices, acceptance and confirmation of new buyers that are not related parties",
        ),
        LeverText(
            "route_receipts",
            "fen",
            "early_warning",
            "将到期回款中的 {change} 归集至监管账户",
            "route {change} of the receipts that fall due to the controlled account",
            "监管账户三个月回款流水，付款方变更账户确认函",
            "three months of receipts on the controlled account, and the payers' notice of the account",
        ),
        LeverText(
            "repay_debt",
            "fen",
            "",
            "偿还他行借款 {change}，且不以新借款置换",
            "repay {change} of debt to other lenders, not out of new debt",
            "结清证明及更新后的征信报告",
            "proof of settlement, and a bureau report that shows it",
        ),
        LeverText(
            "extend_tenor",
            "months",
            "debt_service_capacity",
            "将期限延长至 {change} 个月，降低每期还款额",
            "extend the tenor to {change} months, so that each instalment is lower",
            "回款周期与用途支持该期限，按产品审批权限办理",
            "use and cash cycle that support the tenor, within the approval powers for the product",
        ),
        LeverText(
            "ask_more",
            "fen",
            "requested",
            "申请金额提高 {change}（现有资料可支持）",
            "apply for {change} more, which the evidence carries",
            "更新后的申请与用途说明",
            "a new application that states the use",
        ),
        LeverText(
            "provide_document",
            "count",
            "",
            "补充资料：{subject}；按合理乐观值测算",
            "provide: {subject}; computed at what it may plausibly say at best",
            "资料原件或授权接口取得，客户经理核验",
            "the original or an authorised feed, checked by the officer",
        ),
    )
}
