"""A block of enterprises with the monthly sums that several feeds need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulate.draws import Draws
from training.simulate.weeks import Calendar
from training.simulate.world import World, month_end

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Enterprises low..high-1. Matrices are months x enterprises of the block; yuan are net of tax."""

    world: World
    low: int
    high: int
    sold: Whole  # yuan, real trade
    bought: Whole
    paper: Whole  # yuan of sales that exist on paper only
    overdue: Whole  # weeks by which the oldest unpaid payable is later than habit

    @property
    def members(self) -> Whole:
        """The numbers of the enterprises."""
        return np.arange(self.low, self.high)

    @property
    def when(self) -> Calendar:
        """The calendar."""
        return self.world.when

    @property
    def ends(self) -> Whole:
        """The last day of every month."""
        return month_end(self.when, np.arange(self.world.months))

    def draws(self, purpose: str, enterprise: Whole, *keys: Whole) -> Draws:
        """Draws for enterprises (numbers in the economy)."""
        return Draws(self.world.seed, purpose, enterprise, *keys)

    def alive_on(self, enterprise: Whole, day: Whole) -> npt.NDArray[np.bool_]:
        """Whether enterprises had neither defaulted nor closed on the day."""
        return self.world.end_of_life(enterprise) > day


def _by_month(world: World, edges: Whole, owner: Whole, low: int, size: int) -> Whole:
    """Yuan by month and enterprise of the given edges."""
    starts = np.flatnonzero(np.diff(world.when.month_of_week, prepend=-1))
    monthly = np.add.reduceat(world.history.deals_yuan[:, edges].astype(np.int64), starts, axis=0)
    total = np.zeros((monthly.shape[0], size), dtype=np.int64)
    if len(edges):
        order = np.argsort(owner, kind="stable")
        firsts = np.flatnonzero(np.diff(owner[order], prepend=-1))
        total[:, owner[order][firsts] - low] = np.add.reduceat(monthly[:, order], firsts, axis=1)
    return total


def block_of(world: World, low: int, high: int) -> Block:
    """The block with its sums."""
    e = world.network
    begin, end = np.searchsorted(e.seller, [low, high])
    selling = np.arange(begin, end)
    owners = e.buyer[world.by_buyer]
    buying = world.by_buyer[slice(*np.searchsorted(owners, [low, high]))]
    buying = buying[~e.fake[buying]]
    real, paper = selling[~e.fake[selling]], selling[e.fake[selling]]
    size = high - low
    overdue = world.history.overdue_weeks[:, low:high].astype(np.int64) - world.population.culture_weeks[low:high]
    return Block(
        world, low, high,
        _by_month(world, real, e.seller[real], low, size),
        _by_month(world, buying, e.buyer[buying], low, size),
        _by_month(world, paper, e.seller[paper], low, size),
        np.maximum(overdue, 0),
    )  # fmt: skip
