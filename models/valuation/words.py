"""The fixed vocabulary of valuation results, Chinese and English: why cut or referred, what was seen, what is missing.

Sets of words travel as bit masks in int64 columns and become lists of names at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.valuation.rates import Flags, Int64


@dataclass(frozen=True)
class Word:
    """A name that never changes, with words for people."""

    name: str
    zh: str
    en: str


class Vocabulary:
    """At most 62 words; each has one bit."""

    def __init__(self, *words: Word) -> None:
        self.words = words
        self._bit = {word.name: np.int64(1 << place) for place, word in enumerate(words)}

    def mask(self, name: str, where: Flags) -> Int64:
        """The word's bit where the condition holds."""
        return np.where(where, self._bit[name], np.int64(0))

    def has(self, masks: Int64, name: str) -> Flags:
        """Where the word is in the mask."""
        return np.asarray((masks & self._bit[name]) != 0, bool)

    def bit(self, name: str) -> np.int64:
        """The word's bit."""
        return self._bit[name]

    def lists(self, masks: Int64) -> pa.ListArray:
        """Lists of names, one per row, in the vocabulary's order."""
        present = np.stack([(masks & bit) != 0 for bit in self._bit.values()], axis=1)
        names = np.array(list(self._bit), dtype=object)
        offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
        places = np.nonzero(present)[1]
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(names[places], pa.string()))

    def word(self, name: str) -> Word:
        """The word of that name; KeyError if there is none."""
        return next(word for word in self.words if word.name == name)


KNOCK_OUTS = Vocabulary(
    Word("not_granted", "尚未授权", "not granted"),
    Word("lapsed", "权利失效或年费未缴", "lapsed, or its fees are not paid"),
    Word("expired", "已过期", "expired"),
    Word("life_too_short", "剩余期限短于贷款期限加一年", "remaining life shorter than loan tenor plus one year"),
    Word("pledged_elsewhere", "已质押他处", "pledged elsewhere"),
    Word("co_owner_no_consent", "共有人未同意", "a co-owner has not consented"),
    Word("ownership_dispute", "权属争议", "ownership dispute"),
    Word("type_not_accepted", "权利类型不在接受范围", "type of right not accepted by policy"),
    Word("not_owned", "非权利人（仅获许可）", "licensed in, not owned"),
    Word("source_unlawful", "数据来源不合法", "source of the data not lawful"),
    Word("personal_information_no_basis", "个人信息无合法依据", "personal information without a legal basis"),
    Word("not_registered", "未登记", "not registered"),
    Word("important_data_no_approval", "重要数据未经批准", "core or important data without approval"),
    Word("counted_in_pool", "已入资产池", "already counted in the asset pool"),
)

PENDING = Vocabulary(
    Word("legal_status", "法律状态证明", "proof of legal status"),
    Word("fees_paid", "年费缴纳凭证", "receipt of maintenance fees"),
    Word("expiry", "到期日", "day of expiry"),
    Word("pledge_search", "质押登记查询", "search of the pledge register"),
    Word("ownership", "权属证明", "proof of ownership"),
    Word("co_owner_consent", "共有人同意书", "consent of the co-owners"),
    Word("dispute_search", "诉讼争议查询", "search for disputes"),
    Word("lawful_source", "数据来源合法性证明", "proof of lawful source"),
    Word("personal_information", "个人信息处理依据", "basis for personal information"),
    Word("registration", "登记证书", "registration certificate"),
    Word("important_data", "重要数据审批", "important-data assessment"),
)

SIGNALS = Vocabulary(
    Word("bought_before_applying", "申请前十二个月内购入", "bought in the months before applying"),
    Word("designs_en_masse", "批量申请外观设计", "design patents filed en masse"),
    Word("fees_lapsed", "年费曾失效", "fees lapsed on rights of this enterprise"),
    Word("only_customer_related", "唯一客户为关联方", "the only customer is a related party"),
    Word("customers_mostly_related", "客户多为关联方", "most revenue comes from related parties"),
    Word("revenue_above_sales", "申报收入高于开票收入", "reported revenue above invoiced sales"),
    Word("duplicate_register_no", "登记号重复", "register number entered more than once"),
    Word("approaches_disagree", "评估方法差异过大", "approaches disagree by more than the tolerance"),
    Word("updates_depend_on_owner", "数据更新依赖企业存续", "updates end with the enterprise"),
)

EVIDENCE = Vocabulary(
    Word("legal_indicators", "法律价值指标", "indicators of legal value"),
    Word("technical_indicators", "技术价值指标", "indicators of technical value"),
    Word("economic_indicators", "经济价值指标", "indicators of economic value"),
    Word("documented_cost", "凭证支持的成本", "documented cost"),
    Word("reported_cost", "自行申报的成本", "self-reported cost"),
    Word("standard_cost", "标准重置成本", "the bank's standard reproduction cost"),
    Word("invoiced_revenue", "发票支持的收入", "revenue supported by invoices"),
    Word("reported_revenue", "自行申报的收入", "self-reported revenue"),
    Word("transaction_price", "可比交易价格", "a price of comparable transactions"),
    Word("appraisal", "评估报告", "an appraisal report"),
    Word("quality_scores", "六维质量评分", "scores of the six quality dimensions"),
    Word("quality_audit", "第三方质量评估", "a third party's quality assessment"),
    Word("scenes_and_contracts", "应用场景与付费合同", "application scenes and paid contracts"),
    Word("scarcity", "稀缺性", "scarcity"),
    Word("management_maturity", "数据管理成熟度", "data management maturity"),
    Word("refresh", "更新记录", "refresh record"),
)


def knocked_out(masks: Int64) -> Flags:
    """Where an asset is worth nothing; being counted in the pool only moves it."""
    return np.asarray((masks & ~KNOCK_OUTS.bit("counted_in_pool")) != 0, bool)


def evidence_masks(seen: Mapping[str, Flags]) -> tuple[Int64, Int64]:
    """Evidence used and evidence missing; what an enterprise merely states, or the bank assumes, is never missed."""
    used = missing = np.zeros(len(next(iter(seen.values()))), np.int64)
    for name, where in seen.items():
        used = used | EVIDENCE.mask(name, where)
        if not name.startswith(("reported_", "standard_")):
            missing = missing | EVIDENCE.mask(name, ~where)
    return used, missing


CONFIDENCE = ("none", "low", "medium", "high")
# Signals that refer an asset that is not knocked out; their cuts are made by the valuations themselves.
GAMING = (
    "bought_before_applying",
    "designs_en_masse",
    "only_customer_related",
    "customers_mostly_related",
    "revenue_above_sales",
    "duplicate_register_no",
)
