"""A plan in sentences, Chinese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from models.allocation.plan import Allocation
from models.money import yuan_for_reading

BECAUSE: Mapping[str, tuple[str, str]] = {
    "limit": ("额度用足", "whole limit"),
    "product_maximum": ("产品上限", "product maximum"),
    "enterprise_share": ("单户占比上限", "share of one"),
    "budget": ("预算用完", "the budget is better spent elsewhere"),
    "industry": ("行业占比上限", "its industry is full"),
    "region": ("地区占比上限", "its region is full"),
    "park": ("园区占比上限", "its park is full"),
    "core_enterprise": ("核心企业链占比上限", "the suppliers of its core enterprise are full"),
    "no_rate_pays": ("任何利率均无预期利润", "no rate of the menu is expected to earn anything"),
    "limit_below_minimum": ("额度低于产品起点", "its limit is below the product's minimum"),
    "refer": ("待补充材料", "referred: facts are missing"),
    "decline": ("政策规则拒绝", "declined by a policy rule"),
    "not_graded": ("无评级", "not graded"),
}
_KINDS = {
    "industry": ("行业", "industry"),
    "region": ("地区", "region"),
    "park": ("园区", "park"),
    "core_enterprise": ("核心企业链", "core enterprise"),
}


_ENDS: Mapping[str, tuple[str, ...]] = {  # what ends an offer while money is left, and the codes of BECAUSE for it
    "limit": ("limit",),
    "product": ("product_maximum",),
    "shares": ("enterprise_share", *_KINDS),
    "profit": ("no_rate_pays",),
    "minimum": ("limit_below_minimum",),
    "solver": ("budget",),
}
_END_WORDS: Mapping[str, tuple[str, str]] = {
    "limit": ("{:,}户已用足额度", "{:,} have the whole of their limit"),
    "product": ("{:,}户达到产品上限", "{:,} have the product's maximum"),
    "shares": (
        "{:,}户受占比上限（单户、行业、地区、园区或核心企业）限制",
        "{:,} are held by a share of the budget (of one enterprise, industry, region, park or core enterprise)",
    ),
    "profit": ("{:,}户任何利率均无预期利润", "{:,} would be lent to at a loss at every rate"),
    "minimum": ("{:,}户额度低于产品起点", "{:,} have a limit below the product's minimum"),
    "solver": ("{:,}户再增加一档不足以弥补成本", "{:,} would not earn the cost of what could be added"),
}
_LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "refer": ("{:,}户待补充材料后才能授信", "{:,} wait for facts (referred)"),
    "decline": ("{:,}户被政策规则拒绝", "{:,} are declined"),
    "not_graded": ("{:,}户无评级", "{:,} are not graded"),
}


def sentences(plan: Allocation) -> list[tuple[str, str]]:
    """What bounds the plan and what more room would earn."""
    said = [_budget(plan)]
    for (kind, name), worth in sorted(plan.rooms.items()):
        if kind in _KINDS:
            zh, en = _KINDS[kind]
            more = yuan_for_reading(round(worth / 100) * 100)
            said.append(
                (
                    f"{zh}“{name}”已达占比上限：若再放宽100万元，预期每年多赚约{more}元（预算不变）。",
                    f"The {en} {name} is at its bound: one more million yuan of room would earn about {more} yuan a "
                    "year, the budget held.",
                )
            )
    return said


def _budget(plan: Allocation) -> tuple[str, str]:
    left = plan.budget_fen - plan.offered_fen
    earned = yuan_for_reading(round((plan.next_million_fen or 0.0) / 100) * 100)
    if left < plan.terms.minimum_fen:
        return (
            f"预算已用完：再增加100万元，预期每年多赚约{earned}元。",
            f"The budget is spent: one more million yuan would earn about {earned} yuan a year.",
        )
    unused = yuan_for_reading(left)
    zh, en = _unused(plan)
    return (
        f"预算剩余{unused}元未用：{zh}再增加100万元预算，预期每年多赚约{earned}元。",
        f"{unused} yuan of the budget stay unused: {en} One more million of budget would earn about {earned} yuan a "
        "year.",
    )


def _unused(plan: Allocation) -> tuple[str, str]:
    """Why money is left: what ends the offers of those who may be lent to, and how many may not be lent to yet."""
    number = {code: 0 for codes in _ENDS.values() for code in codes} | Counter(plan.because)
    ends = {end: sum(number[code] for code in codes) for end, codes in _ENDS.items()}
    everybody = len(plan.because)
    if not everybody:
        head = ("没有可授信的企业。", "no enterprise may be lent to.")
    elif ends["limit"] == everybody:
        head = (
            f"可授信的{everybody:,}户均已用足各自额度。",
            f"all {everybody:,} enterprises that may be lent to have the whole of their limits.",
        )
    else:
        said = [
            (zh.format(count), en.format(count))
            for (end, count), (zh, en) in zip(ends.items(), _END_WORDS.values(), strict=True)
            if count
        ]
        head = (
            f"可授信的{everybody:,}户中，" + "，".join(zh for zh, _ in said) + "。",
            f"of {everybody:,} enterprises that may be lent to, " + ", ".join(en for _, en in said) + ".",
        )
    out = Counter(plan.applicants.left_out.values())
    others = [(zh.format(out[code]), en.format(out[code])) for code, (zh, en) in _LEFT_OUT.items() if out[code]]
    if not others:
        return head
    return (
        head[0] + "另有" + "，".join(zh for zh, _ in others) + "。",
        f"{head[1]} Besides, " + ", ".join(en for _, en in others) + ".",
    )
