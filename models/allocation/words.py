"""A plan in sentences, Chinese and English."""

from __future__ import annotations

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
    return (
        f"预算剩余{unused}元未用：没有更多可获利的合格客户；再增加100万元，预期多赚约{earned}元。",
        f"{unused} yuan of the budget stay unused: nobody else may be lent to at a profit; one more million would earn "
        f"about {earned} yuan.",
    )
