"""The simulated economy obeys its own books: cash, receipts, instalments and default."""

from __future__ import annotations

import numpy as np
import pytest

from training.simulate.feeds.block import block_of
from training.simulate.feeds.lending import instalments_of
from training.simulate.history import INFLOWS
from training.simulate.outcome import rates
from training.simulate.population import FRAUDSTER
from training.simulate.settlement import NEVER, outside_delay
from training.simulate.world import Plan, World, build


@pytest.fixture(scope="module")
def world() -> World:
    return build(Plan(enterprises=500, months=40, seed=3, invoices_per_month=6.0), lambda _: None)


def test_cash_moves_only_by_recorded_flows(world: World) -> None:
    """Closing cash is opening cash plus inflows minus outflows, to the fen, and never below zero."""
    h = world.history
    before = np.vstack([h.opening_cash, h.cash[:-1]])
    inflow = sum(h.flows[name] for name in INFLOWS)
    outflow = sum(flow for name, flow in h.flows.items() if name not in INFLOWS)
    np.testing.assert_array_equal(before + inflow - outflow, h.cash)
    assert h.cash.min() >= 0
    assert all(flow.min() >= 0 for flow in h.flows.values())


def test_default_only_after_cash_ran_out(world: World) -> None:
    """Between the missed instalment and default no month ends with cash but what owners put in that month."""
    h = world.history
    due = instalments_of(block_of(world, 0, 500))
    defaulted = np.flatnonzero(h.default_day >= 0)
    assert len(defaulted) > 20
    for enterprise in defaulted.tolist():
        missed = h.default_day[enterprise] - 90
        assert missed in due.due_day[(due.enterprise == enterprise) & (due.paid_day < 0)]
        months = np.unique(
            world.when.month_of_week[
                (world.when.monday(np.arange(world.when.weeks)) > missed)
                & (world.when.monday(np.arange(world.when.weeks)) + 6 < h.default_day[enterprise])
            ]
        )[:-1]
        assert (h.cash[months, enterprise] <= h.flows["equity"][months, enterprise]).all()


def test_every_instalment_90_days_past_due_is_a_default(world: World) -> None:
    """The day of default is 90 days after the oldest unpaid instalment, for everybody and nobody else."""
    h = world.history
    due = instalments_of(block_of(world, 0, 500))
    unpaid = due.paid_day < 0
    oldest = np.full(500, 10**7)
    np.minimum.at(oldest, due.enterprise[unpaid], due.due_day[unpaid])
    late = due.paid_day > due.due_day + 97  # a week in which the firm may still have paid on the last day
    assert not late.any()
    last = world.when.first_day + 7 * world.when.weeks - 1
    np.testing.assert_array_equal(h.default_day, np.where(oldest + 90 <= last, oldest + 90, -1))


def test_suppliers_receive_what_buyers_pay(world: World) -> None:
    """Receipts of every seller, recomputed from deals and settlement days alone, are the receipts that were booked."""
    h, e, when = world.history, world.network, world.when
    week, edge = np.nonzero(h.deals_yuan)
    keep = (e.seller[edge] >= 0) & ~e.fake[edge]
    week, edge = week[keep], edge[keep]
    buyer = e.buyer[edge]
    settled = h.settled_week[week + e.terms[edge], np.maximum(buyer, 0)].astype(np.int64)
    paid = np.where(settled >= 0, settled + 1, NEVER)
    outside = buyer < 0
    delay = outside_delay(e, edge[outside], week[outside], when.macro, world.seed)
    paid[outside] = np.where(delay < NEVER, week[outside] + 1 + delay, NEVER)
    arrived = paid < when.weeks
    money = h.deals_yuan[week, edge].astype(np.int64) * (100 + h.tax_percent[edge])
    receipts = np.zeros((world.months, 500), dtype=np.int64)
    np.add.at(receipts, (when.month_of_week[paid[arrived]], e.seller[edge][arrived]), money[arrived])
    np.testing.assert_array_equal(receipts, h.flows["receipts"])


def test_buyers_pay_for_goods_and_not_for_circular_paper(world: World) -> None:
    """Payments to suppliers are exactly the settled real deals; paper inside a ring costs nothing."""
    h, e = world.history, world.network
    assert {world.population.role[seller] for seller in e.seller[e.fake]} == {FRAUDSTER}
    assert h.deals_yuan[:, e.fake].any()
    week, edge = np.nonzero(h.deals_yuan)
    real = (e.buyer[edge] >= 0) & ~e.fake[edge]
    week, edge = week[real], edge[real]
    settled = h.settled_week[week + e.terms[edge], e.buyer[edge]].astype(np.int64)
    money = h.deals_yuan[week, edge].astype(np.int64) * (100 + h.tax_percent[edge])
    paid = np.zeros((world.months, 500), dtype=np.int64)
    done = settled >= 0
    np.add.at(paid, (world.when.month_of_week[settled[done]], e.buyer[edge][done]), money[done])
    np.testing.assert_array_equal(paid, h.flows["suppliers"])


def test_rates_are_those_of_a_bank() -> None:
    """Yearly default rates lie in 0.5 % to 8.5 %, worst in the third year; the mean loan is near 5.4 million yuan."""
    world = build(Plan(enterprises=2500, months=48, seed=1), lambda _: None)
    found = rates(world)
    by_year = list(found["default_rate_by_year"].values())
    assert all(0.005 <= rate <= 0.085 for rate in by_year), by_year
    assert max(by_year) == by_year[2]
    assert 4.2e6 < found["mean_loan_yuan"] < 6.8e6
