"""What a plan is compared with: simple rules under the same bounds, each at the best rates it can choose."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.allocation.applicants import Applicants
from models.allocation.menu import RateMenu
from models.allocation.profit import offers
from models.allocation.terms import GROUPS, LendingTerms

SIMPLE_RULES: Mapping[str, tuple[str, str]] = {
    "equal_split": ("平均分配、统一利率", "equal split, best single rate"),
    "by_grade": ("按等级由优到劣给足额度", "by grade, best first, full limits, best rate of each rating"),
}


def simple_rule(
    name: str, applicants: Applicants, menu: RateMenu, terms: LendingTerms, budget_fen: int
) -> tuple[NDArray[np.int64], float]:
    """Amounts in fen and the expected profit of a rule of SIMPLE_RULES; it keeps every bound of the programme."""
    every = offers(applicants, menu, terms, budget_fen)
    able = np.flatnonzero(every.highest_fen)
    wanted = every.highest_fen.copy()
    order = able
    if name == "equal_split":
        each = budget_fen // max(1, len(able)) // terms.step_fen * terms.step_fen
        wanted = np.minimum(wanted, max(each, every.lowest_fen))
    else:
        order = able[np.lexsort((able, applicants.pd[able], applicants.grade[able]))]
    amount = _within_bounds(order, wanted, applicants, terms, budget_fen, every.lowest_fen)
    profit = every.margin * amount[:, None] - np.where(amount[:, None] > 0, every.cost_fen, 0.0)  # [N, R]
    if name == "equal_split":
        return amount, float(profit.sum(axis=0).max(initial=0.0))
    rating = np.array(terms.rating_of_grade)[applicants.grade]
    return amount, float(sum(profit[rating == each].sum(axis=0).max(initial=0.0) for each in np.unique(rating)))


def _within_bounds(
    order: NDArray[np.int64],
    wanted: NDArray[np.int64],
    applicants: Applicants,
    terms: LendingTerms,
    budget_fen: int,
    lowest_fen: int,
) -> NDArray[np.int64]:
    """One after the other, as much as every bound still has room for."""
    amount = np.zeros(len(applicants), dtype=np.int64)
    room = {("budget", ""): budget_fen}
    for row in order:
        keys = [("budget", "")]
        for kind in GROUPS:
            names = applicants.groups.get(kind, ())
            if names and names[row]:
                keys.append((kind, names[row]))
                room.setdefault(keys[-1], int(terms.group_share[kind] * budget_fen))
        fits = min([int(wanted[row]), *(room[key] for key in keys)]) // terms.step_fen * terms.step_fen
        if fits >= lowest_fen:
            amount[row] = fits
            for key in keys:
                room[key] -= fits
    return amount
