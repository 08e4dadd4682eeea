"""The groups of evidence that a limit is split over: at most ten, so that every coalition can be computed."""

from __future__ import annotations

from dataclasses import dataclass

GRADE = "grade"  # not a fact by name: the grade is a column of its own
MOST_GROUPS = 10  # 2**10 coalitions


@dataclass(frozen=True)
class EvidenceGroup:
    """Facts of the limit that a loan officer would call one thing; `prefixes` are the beginnings of their names."""

    code: str
    zh: str
    en: str
    prefixes: tuple[str, ...]


# The first group whose prefix fits takes the fact; the last takes whatever is left: figures of the invoice feed.
GROUPS: tuple[EvidenceGroup, ...] = (
    EvidenceGroup("probability", "违约概率与预警", "default probability and warnings", (GRADE, "warning", "model_")),
    EvidenceGroup("receivables", "应收账款", "receivables", ("receivables",)),
    EvidenceGroup(
        "chain", "订单与核心企业", "orders and core enterprises", ("orders", "supplier", "anchor", "capture")
    ),
    EvidenceGroup("tax", "纳税", "tax", ("tax",)),
    EvidenceGroup("pool", "资产池", "asset pool", ("pool",)),
    EvidenceGroup("ip", "知识产权", "intellectual property", ("ip",)),
    EvidenceGroup("data", "数据资产", "data assets", ("data",)),
    EvidenceGroup(
        "accounts", "财务报表与股权融资", "statements and equity", ("statement", "funding", "runway", "forecast")
    ),
    EvidenceGroup("debt", "负债与关联", "debt and connections", ("debt", "bureau", "group", "loan", "line")),
    EvidenceGroup("turnover", "开票流水", "invoiced turnover", ("",)),
)


def group_of(fact: str) -> int:
    """The place in GROUPS of the group that a fact belongs to."""
    for place, group in enumerate(GROUPS):
        if any(not prefix or fact == prefix or fact.startswith(prefix) for prefix in group.prefixes):
            return place
    raise AssertionError("the last group takes every fact")
