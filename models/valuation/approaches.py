"""Cost, income and market: the three approaches, and how they become one range.

Formulas: DOMAIN.md 3.2, after the appraisal guidance 中评协〔2023〕17号. All columns are fen or shares, int64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from models.valuation.rates import ONE, Flags, Int64, checked_fen, discount_shares, of


@dataclass(frozen=True)
class Range:
    """Low, central and high of N assets, fen or shares; low <= central <= high."""

    low: Int64
    central: Int64
    high: Int64

    @property
    def ends(self) -> tuple[Int64, Int64, Int64]:
        """The three columns in order."""
        return self.low, self.central, self.high

    def times(self, part: Range | Int64 | int) -> Range:
        """Each end times a share, floored."""
        parts = part.ends if isinstance(part, Range) else (part, part, part)
        return Range(*(of(end, by) for end, by in zip(self.ends, parts, strict=True)))

    def capped(self, ceiling: Range) -> Range:
        """The lower of the two, end by end."""
        return Range(*(np.minimum(end, other) for end, other in zip(self.ends, ceiling.ends, strict=True)))

    def where(self, condition: Flags, other: Range) -> Range:
        """This range where the condition holds, the other elsewhere."""
        return Range(*(np.where(condition, end, last) for end, last in zip(self.ends, other.ends, strict=True)))

    @classmethod
    def point(cls, value: Int64) -> Range:
        """A range without width."""
        return cls(value, value, value)

    @classmethod
    def zero(cls, size: int) -> Range:
        """Nothing, for N assets."""
        return cls.point(np.zeros(size, np.int64))


@dataclass(frozen=True)
class Approach:
    """One approach over N assets: its range, where it has any evidence, where that evidence was verified by others."""

    value: Range
    known: Flags
    verified: Flags


def present_value(cash_flows: Sequence[Int64], yearly: Decimal) -> Int64:
    """`Σ CF_t / (1+i)^t`, t = 1.. (DOMAIN 3.2 income). Each year is floored to the fen, factors to 12 decimals."""
    total = np.zeros_like(np.asarray(cash_flows[0], np.int64))
    for flow, factor in zip(cash_flows, discount_shares(yearly, len(cash_flows)), strict=True):
        total = total + of(checked_fen(np.asarray(flow, np.int64)), factor)
    return total


def annuity_shares(yearly: Decimal, decline: Decimal, horizon: int) -> tuple[int, ...]:
    """What one yuan of last year's income is worth if it goes on for 0, 1, .. horizon years, shrinking each year."""
    kept, sums = Decimal(1), [0]
    factors = discount_shares(yearly, horizon)
    for factor in factors:
        kept *= 1 - decline
        sums.append(sums[-1] + int(factor * kept))
    return tuple(sums)


def declining_income(yearly_income: Range, years: Int64, *, rate: Decimal, decline: Decimal, horizon: int) -> Range:
    """Present value of income that shrinks by `decline` yearly, over each asset's own whole years."""
    table = np.array(annuity_shares(rate, decline, horizon), np.int64)
    return yearly_income.times(table[np.clip(years, 0, horizon)])


def relief_from_royalty(revenue: Range, royalty: Int64, after_tax: int, strength: Range) -> Range:
    """Royalty after tax that the owner is spared each year: revenue × royalty rate × strength × (1 - tax)."""
    return revenue.times(royalty).times(strength).times(after_tax)


def data_cost(cost: Range, cost_return: int, quality: Range, circulation: Range, scarcity: Range, risk: int) -> Range:
    """`V = cost × (1 + r_c) × U`, `U = α_quality × β_circulation × (1 + scarcity) × (1 - risk)` (DOMAIN 3.2 cost)."""
    rarer = Range(*(end + ONE for end in scarcity.ends))
    return cost.times(ONE + cost_return).times(quality).times(circulation).times(rarer).times(ONE - risk)


def market_price(reference: Range, *adjustments: Range | Int64 | int) -> Range:
    """`V = P_ref × k_quality × k_supply-demand × k_date × k_volume × k_other` (DOMAIN 3.2), floored after each."""
    value = reference
    for factor in adjustments:
        value = value.times(factor)
    return value


@dataclass(frozen=True)
class Reconciled:
    """One range out of up to three approaches."""

    value: Range
    count: Int64
    disagree: Flags


def reconcile(
    cost: Approach, income: Approach, market: Approach, *, cost_multiple: int, lone_share: int, tolerance: int
) -> Reconciled:
    """Lower of income and cost × multiple; a market price is a further ceiling (DOMAIN 3.2 reconcile).

    One approach alone: low and central count at `lone_share`; high is what a second approach could still confirm.
    Two centrals further apart than `tolerance` of the larger one disagree: manual referral.
    """
    both = cost.known & income.known
    ceiling = cost.value.times(cost_multiple)
    value = income.value.capped(ceiling).where(both, income.value.where(income.known, cost.value))
    priced = cost.known | income.known
    value = value.capped(market.value).where(priced & market.known, value.where(priced, market.value))
    count = cost.known.astype(np.int64) + income.known + market.known
    alone = count == 1
    top = np.where(cost.known & alone, ceiling.high, value.high)
    value = Range(of(value.low, lone_share), of(value.central, lone_share), top).where(alone, value)
    disagree = np.zeros(len(count), bool)
    for one, other in ((cost, income), (income, market), (cost, market)):
        larger = np.maximum(one.value.central, other.value.central)
        gap = np.abs(one.value.central - other.value.central)
        disagree |= one.known & other.known & (gap > of(larger, tolerance))
    return Reconciled(value.where(count > 0, Range.zero(len(count))), count, disagree)
