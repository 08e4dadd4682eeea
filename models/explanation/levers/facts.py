"""Levers on facts, request and terms: repay other debt, route receipts, extend the tenor, apply for more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.explanation.levers.change import Change
from models.explanation.situation import Situation
from models.limits import NO_REQUEST, Cases, compute_limits
from models.limits.arithmetic import FenColumn, FloatColumn
from models.limits.debt import all_debt

_LONGEST_TENOR = "levers.longest_tenor_months"


def fact_changes(situation: Situation) -> Iterator[Change]:
    """Every change of facts, request or terms that is open to the enterprise."""
    yield from _repay(situation)
    yield from _route_receipts(situation)
    yield from _extend_tenor(situation)
    yield from _ask_more(situation)


def _repay(situation: Situation) -> Iterator[Change]:
    """Debt of other lenders, by every source that states it. What is repaid is not also taken off own funds: the firm
    must find it elsewhere (profit, new equity), which is why verification asks that no new debt replaced it."""
    cases = situation.cases
    debt, known = all_debt(cases)
    most = int(debt[0] - cases.own_exposure[0])
    if not known[0] or most <= 0:
        return
    own = float(cases.own_loans[0])

    def at(amounts: FenColumn) -> Cases:
        paid = amounts.astype(np.float64)
        facts: dict[str, FloatColumn] = {}
        for name, kept in (
            ("debt_debt_fen", own),
            ("bureau_debt_fen", 0.0),
            ("debt_working_capital_debt_fen", own),
        ):
            facts |= _less(cases, name, paid, kept)
        short = float(np.nan_to_num(cases.known_fact("statement_short_term_debt_fen")[0]))
        facts |= _less(cases, "statement_short_term_debt_fen", paid, 0.0)
        facts |= _less(cases, "statement_long_term_debt_fen", np.maximum(paid - max(short, 0.0), 0), 0.0)
        return situation.with_facts(facts, len(amounts))

    yield Change("repay_debt", most, at)


def _less(cases: Cases, name: str, paid: FloatColumn, kept: float) -> dict[str, FloatColumn]:
    """A fact less what was paid, not below `kept` unless it was there before; nothing where it is not known."""
    now = float(cases.known_fact(name)[0])
    left: FloatColumn = np.maximum(now - paid, min(now, kept))
    return {} if np.isnan(now) else {name: left}


def _route_receipts(situation: Situation) -> Iterator[Change]:
    """Receipts that fell due and did not arrive on the controlled account."""
    cases = situation.cases
    expected, controlled = (float(cases.known_fact(f"capture_{name}_3m_fen")[0]) for name in ("expected", "controlled"))
    if np.isnan(expected) or np.isnan(controlled) or controlled >= expected:
        return

    def at(amounts: FenColumn) -> Cases:
        routed: FloatColumn = amounts.astype(np.float64) + controlled
        return situation.with_facts({"capture_controlled_3m_fen": routed}, len(amounts))

    yield Change("route_receipts", int(expected - controlled), at)


def _extend_tenor(situation: Situation) -> Iterator[Change]:
    """A longer tenor of the same product, up to the longest that policy lets an officer propose."""
    cases = situation.cases
    product = cases.products[int(cases.product[0])]
    longest = cases.policy.whole(_LONGEST_TENOR)
    if product.tenor_months >= longest:
        return

    def at(amounts: FenColumn) -> Cases:
        many = situation.repeated(len(amounts))
        longer = tuple(replace(product, tenor_months=product.tenor_months + int(amount)) for amount in amounts)
        return replace(many, products=longer, product=np.arange(len(amounts), dtype=np.int64))

    yield Change("extend_tenor", longest - product.tenor_months, at, offset=product.tenor_months)


def _ask_more(situation: Situation) -> Iterator[Change]:
    """A larger application, up to what everything else carries."""
    cases = situation.cases
    asked = int(cases.requested_fen[0])
    if asked == NO_REQUEST:
        return
    free = replace(cases, requested_fen=np.full(1, NO_REQUEST, dtype=np.int64))
    more = int(compute_limits(free).limit_fen[0]) - asked
    if more <= 0:
        return

    def at(amounts: FenColumn) -> Cases:
        return replace(situation.repeated(len(amounts)), requested_fen=asked + amounts)

    yield Change("ask_more", more, at)
