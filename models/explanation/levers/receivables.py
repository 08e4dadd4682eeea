"""Levers on receivables, debtor by debtor: collect the aged, have claims confirmed, end contra, add buyers."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.explanation.levers.change import Change
from models.explanation.situation import Situation, tile_rows
from models.limits import Cases
from models.limits.arithmetic import FenColumn, FloatColumn, Mask
from models.limits.measures.receivables import BorrowingBase, Debtors, ReceivableTerms, borrowing_base
from models.positions import Rows

_MOST_DEBTORS = "levers.most_debtors"
_BARS = ("related", "disputed", "conditional", "foreign_uninsured", "government_unassigned", "encumbered", "pooled")


def receivable_changes(situation: Situation) -> Iterator[Change]:
    """Every change that the claims allow; of each kind at most the debtors with the largest amounts at stake."""
    claims = situation.positions.claims if situation.positions is not None else None
    if claims is None or not len(claims) or not situation.cases.lends_on("receivables")[0]:
        return
    policy = situation.cases.policy
    terms = ReceivableTerms.of(policy)
    base = borrowing_base(claims, 1, terms)
    most = policy.whole(_MOST_DEBTORS)
    old = (claims.numbers["age_days"] > terms.aged_days) | (claims.numbers["past_due_days"] > terms.past_due_days)
    debtors = base.debtors
    for debtor in _largest(debtors, debtors.cross_aged, most):
        yield from _collect(situation, claims, debtor, old)
    for debtor in _largest(debtors, debtors.unconfirmed, most):
        yield from _confirm(situation, claims, debtor, old)
    for debtor in _largest(debtors, debtors.contra, most):
        yield from _settle_contra(situation, claims, debtor)
    yield from _diversify(situation, claims, base, terms)


def _largest(debtors: Debtors, amounts: FenColumn, most: int) -> list[str]:
    order = np.argsort(-amounts, kind="stable")[:most]
    return [str(debtors.debtor_id[int(place)].as_py()) for place in order if amounts[place] > 0]


def _of(claims: Rows, debtor: str) -> Mask:
    return np.array([name == debtor for name in claims.texts["debtor_id"].to_pylist()], dtype=np.bool_)


def _numbers(claims: Rows, places: npt.NDArray[np.int64]) -> tuple[str, ...]:
    names = claims.texts["receivable_no"]
    return tuple(str(names[int(place)].as_py()) for place in places)


def _collect(situation: Situation, claims: Rows, debtor: str, old: Mask) -> Iterator[Change]:
    """Aged claims of a debtor, oldest first; disputed ones are not for the firm alone to collect."""
    owed = claims.numbers["counted_fen"].astype(np.int64)
    open_claims = _of(claims, debtor) & old & (owed > 0) & (claims.numbers["disputed"] == 0)
    places = np.flatnonzero(open_claims)
    places = places[np.argsort(-claims.numbers["age_days"][places], kind="stable")]
    parts = owed[places]
    if not parts.sum():
        return
    before = np.cumsum(parts) - parts

    def at(amounts: FenColumn) -> Cases:
        left = np.tile(claims.numbers["counted_fen"], (len(amounts), 1))
        left[:, places] -= np.clip(amounts[:, None] - before, 0, parts)
        return situation.measured(len(amounts), claims=tile_rows(claims, len(amounts), counted_fen=left))

    yield Change("collect_aged", int(parts.sum()), at, debtor, _numbers(claims, places), tuple(parts.tolist()))


def _confirm(situation: Situation, claims: Rows, debtor: str, old: Mask) -> Iterator[Change]:
    """Claims that only lack the debtor's word, the largest first."""
    numbers = claims.numbers
    barred = np.logical_or.reduce([numbers[name] != 0 for name in _BARS])
    curable = _of(claims, debtor) & ~old & ~barred & (numbers["confirmed"] == 0) & (numbers["counted_fen"] > 0)
    places = np.flatnonzero(curable)
    places = places[np.argsort(-numbers["counted_fen"][places], kind="stable")]
    if not len(places):
        return

    def at(amounts: FenColumn) -> Cases:
        confirmed = np.tile(numbers["confirmed"], (len(amounts), 1))
        confirmed[:, places] = np.arange(len(places)) < amounts[:, None]
        return situation.measured(len(amounts), claims=tile_rows(claims, len(amounts), confirmed=confirmed))

    yield Change("confirm", len(places), at, debtor, _numbers(claims, places), (1,) * len(places))


def _settle_contra(situation: Situation, claims: Rows, debtor: str) -> Iterator[Change]:
    """What the enterprise itself owes a debtor."""
    mine = _of(claims, debtor)
    owed = claims.numbers["owed_to_debtor_fen"]
    most = int(owed[mine].max(initial=0))
    if most <= 0:
        return

    def at(amounts: FenColumn) -> Cases:
        left = np.tile(owed, (len(amounts), 1))
        left[:, mine] = np.minimum(left[:, mine], most - amounts[:, None])
        return situation.measured(len(amounts), claims=tile_rows(claims, len(amounts), owed_to_debtor_fen=left))

    yield Change("settle_contra", most, at, debtor)


def _diversify(situation: Situation, claims: Rows, base: BorrowingBase, terms: ReceivableTerms) -> Iterator[Change]:
    """Confirmed claims on buyers that are not on file yet, each below its own share, until nobody is above his.

    They count in the base, but not in the sales that dilution is measured on.
    """
    debtors = base.debtors
    above = debtors.eligible - debtors.counted
    pool = int(debtors.eligible.sum())
    if not (above > 0).any():
        return
    need = [
        -(-int(eligible) * pool // int(counted)) - pool
        for eligible, counted in zip(debtors.eligible, debtors.counted, strict=True)
        if eligible > counted > 0
    ]
    if not need:
        return
    buyers = ceil(1 / terms.concentration_share)

    def at(amounts: FenColumn) -> Cases:
        template = _with_buyers(claims, buyers)
        each, rest = np.divmod(amounts, buyers)
        new = each[:, None] + (np.arange(buyers) < rest[:, None])
        counted = np.tile(template.numbers["counted_fen"], (len(amounts), 1))
        counted[:, len(claims) :] = new
        return situation.measured(len(amounts), claims=tile_rows(template, len(amounts), counted_fen=counted))

    yield Change("diversify", max(need), at)


def _with_buyers(claims: Rows, buyers: int) -> Rows:
    """The claims and, after them, one fresh and confirmed claim of nothing on each new buyer."""
    plain: dict[str, float] = {"confirmed": 1.0}
    numbers: dict[str, FloatColumn] = {
        name: np.concatenate([column, np.full(buyers, plain.get(name, 0.0))]) for name, column in claims.numbers.items()
    }
    names = pa.array([f"\uffff{place:04d}" for place in range(buyers)], pa.string())
    return Rows(
        row=np.concatenate([claims.row, np.zeros(buyers, dtype=np.int64)]),
        numbers=numbers,
        texts={name: pa.concat_arrays([column, names]) for name, column in claims.texts.items()},
    )
