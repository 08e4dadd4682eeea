"""The borrowing base (应收账款借款基数) in its fixed order, each step on the remainder. DOMAIN 1.3.

By debtor: gross, aged, cross-aged, credits in prior, contra, ineligible; then concentration against the pool before the
cap; then the advance rate less dilution, less reserves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column, product_over, scaled
from models.policy import Policy
from models.positions import Rows
from models.valuation.groups import Groups, consecutive
from models.valuation.rates import of, share

RATE_SCALE = 10**9  # rates travel as whole billionths, so that a float64 column holds them exactly


@dataclass(frozen=True)
class ReceivableTerms:
    """The bank's numbers for the borrowing base."""

    aged_days: int
    past_due_days: int
    cross_age_share: Decimal
    concentration_share: Decimal
    anchor_concentration_share: Decimal
    advance_rate: Decimal
    free_dilution: Decimal
    smallest_advance_rate: Decimal
    reserve_share: Decimal

    @classmethod
    def of(cls, policy: Policy) -> ReceivableTerms:
        """The terms in force."""
        days = {name: policy.whole(f"receivables.{name}") for name in ("aged_days", "past_due_days")}
        shares = {name: policy.number(f"receivables.{name}") for name in cls.__annotations__ if name not in days}
        return cls(**days, **shares)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Debtors:
    """One row per enterprise and debtor with an open claim: every step of the base in fen."""

    row: npt.NDArray[np.int64]
    debtor_id: pa.Array
    gross: FenColumn
    aged: FenColumn
    cross_aged: FenColumn
    credits: FenColumn
    contra: FenColumn
    ineligible: FenColumn
    unconfirmed: FenColumn  # the part of `ineligible` that a confirmation by the debtor would cure
    eligible: FenColumn
    counted: FenColumn  # after concentration
    available: FenColumn  # after the advance rate, floored by debtor


@dataclass(frozen=True)
class BorrowingBase:
    """Debtors, and by enterprise the advance rate (in billionths) and the dilution that led to it."""

    debtors: Debtors
    advance: FenColumn
    dilution: FloatColumn
    known: Mask  # enterprises with a receivable on file


def borrowing_base(claims: Rows, size: int, terms: ReceivableTerms) -> BorrowingBase:
    """The base of `size` enterprises from their claims."""
    advance, dilution = _advance(claims, size, terms)
    groups = consecutive(pa.chunked_array([pa.array(claims.row)]), pa.chunked_array([claims.texts["debtor_id"]]))
    row = claims.row[groups.starts]
    amount, _ = fen_column(claims.numbers["counted_fen"], "counted_fen")
    aged = (claims.numbers["age_days"] > terms.aged_days) | (claims.numbers["past_due_days"] > terms.past_due_days)
    owed = np.maximum(amount, 0)
    gross, old = groups.sums(owed), groups.sums(np.where(aged, owed, 0))
    crossed = old > of(gross, share(terms.cross_age_share))
    left = gross - old
    cross_aged = np.where(crossed, left, 0)
    left = left - cross_aged
    prior = np.minimum(left, groups.sums(np.maximum(-amount, 0)))
    left = left - prior
    contra = np.minimum(left, groups.highest(fen_column(claims.numbers["owed_to_debtor_fen"], "owed_to_debtor_fen")[0]))
    left = left - contra
    barred, unconfirmed = _barred(claims)
    out = np.minimum(left, groups.sums(np.where(~aged & (barred | unconfirmed), owed, 0)))
    curable = np.minimum(out, groups.sums(np.where(~aged & ~barred & unconfirmed, owed, 0)))
    eligible = left - out
    counted = np.minimum(
        eligible, _caps(row, eligible, groups.highest(claims.numbers["anchor"].astype(np.int64)), size, terms)
    )
    debtors = Debtors(
        row=row,
        debtor_id=claims.texts["debtor_id"].take(pa.array(groups.starts)),
        gross=gross,
        aged=old,
        cross_aged=cross_aged,
        credits=prior,
        contra=contra,
        ineligible=out,
        unconfirmed=curable,
        eligible=eligible,
        counted=counted,
        available=product_over(counted, advance[row], RATE_SCALE),
    )
    known = np.zeros(size, dtype=np.bool_)
    known[claims.row] = True
    return BorrowingBase(debtors, advance, dilution, known)


def base_columns(base: BorrowingBase) -> Mapping[str, FloatColumn]:
    """The base as facts of the limit: the amount, each exclusion, dilution and advance rate; NaN without claims."""
    size, debtors = len(base.advance), base.debtors
    columns = {
        "receivables_fen": debtors.available,
        "receivables_gross_fen": debtors.gross,
        "receivables_aged_fen": debtors.aged,
        "receivables_cross_aged_fen": debtors.cross_aged,
        "receivables_credits_fen": debtors.credits,
        "receivables_contra_fen": debtors.contra,
        "receivables_ineligible_fen": debtors.ineligible,
        "receivables_unconfirmed_fen": debtors.unconfirmed,
        "receivables_concentrated_fen": debtors.eligible - debtors.counted,
    }
    facts = {
        name: np.where(base.known, by_enterprise(debtors.row, values, size), np.nan) for name, values in columns.items()
    }
    facts["receivables_dilution"] = np.where(base.known, base.dilution, np.nan)
    facts["receivables_advance_rate"] = np.where(base.known, base.advance / RATE_SCALE, np.nan)
    return facts


def by_enterprise(row: npt.NDArray[np.int64], values: FenColumn, size: int) -> FenColumn:
    """Exact sum of the values of each enterprise's rows."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, row, values)
    return total


def _advance(claims: Rows, size: int, terms: ReceivableTerms) -> tuple[FenColumn, FloatColumn]:
    """The advance rate after dilution and reserves, in billionths rounded down, and the dilution."""
    sold, diluted = (
        by_enterprise(claims.row, fen_column(claims.numbers[name], name)[0], size)
        for name in ("sold_12m_fen", "diluted_12m_fen")
    )
    dilution = np.where(sold > 0, product_over(np.minimum(diluted, sold), RATE_SCALE, np.maximum(sold, 1), up=True), 0)
    above = np.maximum(dilution - scaled(terms.free_dilution), 0)
    rate = np.maximum(scaled(terms.advance_rate) - above, 0)
    rate = np.where(rate < scaled(terms.smallest_advance_rate), 0, rate)
    return product_over(rate, scaled(1 - terms.reserve_share), RATE_SCALE), dilution / RATE_SCALE


def _barred(claims: Rows) -> tuple[Mask, Mask]:
    """Claims that no confirmation would cure, and claims that the debtor has not confirmed."""
    names = ("related", "disputed", "conditional", "foreign_uninsured", "government_unassigned", "encumbered", "pooled")
    barred = np.logical_or.reduce([claims.numbers[name] != 0 for name in names])
    return barred, claims.numbers["confirmed"] == 0


def _caps(
    row: npt.NDArray[np.int64], eligible: FenColumn, anchor: FenColumn, size: int, terms: ReceivableTerms
) -> FenColumn:
    pool = by_enterprise(row, eligible, size)[row]
    usual, wide = (of(pool, share(part)) for part in (terms.concentration_share, terms.anchor_concentration_share))
    return np.where(anchor != 0, np.maximum(usual, wide), usual)


__all__ = [
    "RATE_SCALE",
    "BorrowingBase",
    "Debtors",
    "Groups",
    "ReceivableTerms",
    "base_columns",
    "borrowing_base",
    "by_enterprise",
]
