"""The simulated economy obeys its own books: cash, receipts, instalments and default."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from training.simulate.economy import INFLOWS
from training.simulate.feeds.block import block_of
from training.simulate.feeds.deals import deals
from training.simulate.feeds.lending import instalments_of
from training.simulate.outcome import rates
from training.simulate.population import FRAUDSTER
from training.simulate.settlement import NEVER, outside_delay
from training.simulate.world import World, build


@pytest.fixture(scope="module")
def world() -> World:
    return build(
        enterprises=500, months=40, seed=3, start=date(2021, 1, 1), invoices_per_month=6.0, progress=lambda _: None
    )


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


def test_circular_paper_moves_no_cash(world: World) -> None:
    """A ring's deals among its members are in nobody's receipts, so its paper never pays an instalment."""
    e = world.network
    fake = np.flatnonzero(e.fake)
    assert len(fake) > 0
    assert set(world.population.role[e.seller[fake]]) == {FRAUDSTER}
    booked = deals(world, 0, 500, sale=True)
    paper = booked.gross[booked.fake].sum()
    assert paper > 0
    assert (world.history.settled_week >= -1).all()
    ring = np.unique(e.seller[fake])
    total_sold = np.bincount(booked.enterprise, weights=booked.gross, minlength=500)[ring].sum()
    assert world.history.flows["receipts"][:, ring].sum() < total_sold - paper + 1


def test_rates_are_those_of_a_bank() -> None:
    """Yearly default rates lie in 0.5 % to 8.5 %, worst in the third year; the mean loan is near 5.4 million yuan."""
    world = build(
        enterprises=2500, months=48, seed=1, start=date(2021, 1, 1), invoices_per_month=12.0, progress=lambda _: None
    )
    found = rates(world)
    by_year = list(found["default_rate_by_year"].values())
    assert all(0.005 <= rate <= 0.085 for rate in by_year), by_year
    assert max(by_year) == by_year[2]
    assert 4.2e6 < found["mean_loan_yuan"] < 6.8e6
