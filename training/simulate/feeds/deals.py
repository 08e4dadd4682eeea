"""The deals of a block of enterprises: one row per trading relation and week in which something was sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulate import calibration
from training.simulate.draws import Draws
from training.simulate.network import OUTSIDE
from training.simulate.rows import NEVER_DAY
from training.simulate.settlement import NEVER, outside_delay
from training.simulate.world import World

Whole = npt.NDArray[np.int64]
Flag = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Deals:
    """One element per deal, sorted by the enterprise in whose books it stands, then by relation and week."""

    enterprise: Whole
    edge: Whole
    week: Whole
    yuan: Whole  # net of tax, what was kept after returns
    percent: Whole
    gross: Whole  # fen with tax
    sale: bool
    day: Whole  # of the first invoice, since 1970
    due_day: Whole
    paid_day: Whole  # as this enterprise's bank statement shows it, NEVER_DAY if not settled
    fake: Flag
    number: Whole  # names the deal in order, receivable and payment numbers


def day_in_week(world: World, week: Whole, uniform: npt.NDArray[np.float64]) -> Whole:
    """A day of the week, heavier before the tax month closes and light at weekends."""
    days = world.when.monday(np.arange(world.when.weeks))[:, None] + np.arange(7)
    stamps = days.astype("datetime64[D]")
    of_month = (stamps - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    weights = np.array(calibration.DAY_WEIGHTS, dtype=np.float64)[of_month]
    weights = np.where((days + 3) % 7 >= 5, weights * calibration.WEEKEND_WEIGHT, weights)
    steps = np.cumsum(weights, axis=1)
    steps /= steps[:, -1:]
    offset = np.zeros(len(week), dtype=np.int64)
    for place in range(6):
        offset += uniform > steps[week, place]
    return np.asarray(world.when.monday(week) + offset)


def deals(world: World, low: int, high: int, *, sale: bool) -> Deals:
    """The deals in the sales (or purchases) of enterprises low..high-1."""
    e, h = world.network, world.history
    if sale:
        begin, end = np.searchsorted(e.seller, [low, high])
        edges = np.arange(begin, end)
    else:
        owners = e.buyer[world.by_buyer]
        begin, end = np.searchsorted(owners, [low, high])
        edges = world.by_buyer[begin:end]
    block = h.deals_yuan[:, begin:end] if sale else h.deals_yuan[:, edges]
    place, week = np.nonzero(block.T > 0)
    edge = edges[place]
    yuan = block[week, place].astype(np.int64)
    percent = h.tax_percent[edge].astype(np.int64)
    draws = Draws(world.seed, "deal in books", e.key[edge], week)
    day = day_in_week(world, week, draws.uniform("day"))
    due_day = day + 7 * (e.terms[edge] + 1)
    paid = _paid_day(world, edge, week, draws, day, sale=sale)
    return Deals(
        enterprise=e.seller[edge] if sale else e.buyer[edge],
        edge=edge,
        week=week,
        yuan=yuan,
        percent=percent,
        gross=yuan * (100 + percent),
        sale=sale,
        day=day,
        due_day=due_day,
        paid_day=paid,
        fake=e.fake[edge],
        number=(draws.bits >> np.uint64(14)).astype(np.int64),
    )


def _paid_day(world: World, edge: Whole, week: Whole, draws: Draws, day: Whole, *, sale: bool) -> Whole:
    """The day on which the deal was settled: out of the buyer's cash, or by the habits of an outside customer."""
    e, when = world.network, world.when
    buyer = e.buyer[edge]
    inside = buyer >= 0
    settled = world.history.settled_week[week + e.terms[edge], np.maximum(buyer, 0)].astype(np.int64)
    paid_week = np.where(inside & (settled >= 0), settled, NEVER)
    stranger = np.flatnonzero(buyer == OUTSIDE)
    if len(stranger):
        delay = outside_delay(e, edge[stranger], week[stranger], when.macro, world.seed)
        paid_week[stranger] = np.where(delay < NEVER, week[stranger] + 1 + delay, NEVER)
    within = draws.below("paid day", 5)
    arrives = when.monday(paid_week) + np.where(inside & sale, 7 + within % 2, within)
    # A ring moves the same money around: half of its paper is paid within days.
    around = np.where(draws.chance("round trip", 0.5), day + 1 + within % 3, NEVER_DAY)
    paid = np.where(paid_week < NEVER, np.maximum(arrives, day), NEVER_DAY)
    paid = np.where(e.fake[edge], around, paid)
    return np.where(paid > when.last_day, NEVER_DAY, paid)
