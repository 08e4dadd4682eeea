"""The same allocation by dynamic programming: no solver, no pairs left out, every rate at every amount.

Without bounds on groups the plan is a knapsack with one choice for each enterprise, so the best plan for every budget
in steps follows from the best of one enterprise more. Exact, and slow where the programme is not: the programme also
knows groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.allocation import Applicants, LendingTerms, RateMenu

Numbers = NDArray[np.float64]


def best_profit_fen(applicants: Applicants, menu: RateMenu, terms: LendingTerms, budget_fen: int) -> float:
    """The most that any plan within limits, product and budget is expected to earn, in fen. Groups are not bounded."""
    steps = budget_fen // terms.step_fen
    best = np.zeros(steps + 1)  # by how many steps may be spent
    for row in range(len(applicants)):
        earned = _one(applicants, row, menu, terms, budget_fen)
        richer = best.copy()
        for amount in np.flatnonzero(earned > 0):
            richer[amount:] = np.maximum(richer[amount:], best[: steps + 1 - amount] + earned[amount])
        best = richer
    return float(best[-1])


def _one(applicants: Applicants, row: int, menu: RateMenu, terms: LendingTerms, budget_fen: int) -> Numbers:
    """The best that one enterprise earns by its number of steps, over all rates; 0 steps earn nothing."""
    most = min(int(applicants.limit_fen[row]), terms.maximum_fen, int(terms.enterprise_share * budget_fen), budget_fen)
    earned = np.zeros(max(most // terms.step_fen, 0) + 1)
    p, lost = float(applicants.pd[row]), menu.lost[terms.rating_of_grade[int(applicants.grade[row])]]
    for number in range(1, len(earned)):
        amount = number * terms.step_fen
        if amount < terms.minimum_fen:
            continue
        of_who_stay = amount * ((1 - p) * menu.rates - p * terms.loss_given_default - terms.funding_rate)
        earned[number] = float(((1 - lost) * (of_who_stay - terms.handling_cost_fen)).max())
    return earned
