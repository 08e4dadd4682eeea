"""What an offer is expected to earn in a year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.allocation.applicants import Applicants
from models.allocation.menu import RateMenu
from models.allocation.terms import LendingTerms

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Offers:
    """Every offer that could be made: N applicants at R rates.

    An offer of amount a at rate r to an enterprise with default probability p, of whom the share s(r) stays:

        expected profit = s(r) * (a * ((1 - p) * r - p * LGD - funding rate) - handling cost)

    `stays` [N, R]; `margin` [N, R]: expected profit per fen offered; `cost_fen` [N, R]: expected handling cost.
    `lowest_fen`, `highest_fen` [N]: the product's minimum and the most that enterprise may get, in whole steps
    (highest 0: not even the minimum fits).
    """

    stays: Numbers
    margin: Numbers
    cost_fen: Numbers
    lowest_fen: int
    highest_fen: NDArray[np.int64]

    def profit_fen(self, applicant: int, rate: int, amount_fen: int) -> float:
        """Expected profit of one offer in fen."""
        return float(self.margin[applicant, rate] * amount_fen - self.cost_fen[applicant, rate])


def offers(applicants: Applicants, menu: RateMenu, terms: LendingTerms, budget_fen: int) -> Offers:
    """All offers of a budget: limits, the product's maximum and the share of one enterprise cut the amounts."""
    rating = np.array(terms.rating_of_grade)[applicants.grade]
    stays = 1.0 - menu.lost[rating]
    p = applicants.pd[:, None]
    per_fen = (1 - p) * menu.rates[None, :] - p * terms.loss_given_default - terms.funding_rate
    most = min(terms.maximum_fen, int(terms.enterprise_share * budget_fen), budget_fen)
    highest = np.minimum(applicants.limit_fen, most) // terms.step_fen * terms.step_fen
    lowest = -(-terms.minimum_fen // terms.step_fen) * terms.step_fen
    return Offers(
        stays=stays,
        margin=stays * per_fen,
        cost_fen=stays * terms.handling_cost_fen,
        lowest_fen=lowest,
        highest_fen=np.where(highest >= lowest, highest, 0),
    )


def worth_offering(offers: Offers) -> list[tuple[int, int]]:
    """Pairs of applicant and rate that no other rate of the same applicant beats at both ends of the amount.

    An offer earns a straight line of its amount, so a rate that is no better at the least and at the largest amount is
    no better anywhere; every rate takes the same share of the budget. A rate that loses at both ends is left out too.
    """
    pairs = []
    for applicant in np.flatnonzero(offers.highest_fen):
        ends = np.array([offers.lowest_fen, offers.highest_fen[applicant]])
        earned = offers.margin[applicant][:, None] * ends[None, :] - offers.cost_fen[applicant][:, None]
        for rate in range(len(earned)):
            mine = earned[rate]
            beaten = (earned >= mine).all(axis=1) & ((earned > mine).any(axis=1) | (np.arange(len(earned)) < rate))
            if (mine > 0).any() and not beaten.any():
                pairs.append((int(applicant), rate))
    return pairs
