"""The finished economy with all that the feeds need to tell of it: names, calendar, which feeds are connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.simulate.draws import Draws
from training.simulate.economy import Economy
from training.simulate.history import History
from training.simulate.identity import REGIONS, credit_codes
from training.simulate.network import Network, connect, outsiders
from training.simulate.population import Population, populate
from training.simulate.weeks import Calendar, calendar

Whole = npt.NDArray[np.int64]
Flag = npt.NDArray[np.bool_]

# Share of enterprises whose feed is connected, by group of kinds. Not connected is not bad: it is drawn, not caused.
COVERAGE = {
    "invoice": 0.97,
    "order": 0.40,
    "bank account": 0.60,
    "receivable": 0.45,
    "tax": 0.85,
    "technology": 0.95,
    "machine": 0.22,
    "people": 0.70,
    "statement": 0.65,
    "bureau": 0.80,
    "register": 0.98,
    "pool": 0.12,
    "expert": 0.15,
}


@dataclass(frozen=True)
class World:
    """One run: population, network, calendar and history, with the texts that rows carry."""

    population: Population
    network: Network
    when: Calendar
    history: History
    ids: pa.Array
    all_ids: pa.Array  # enterprises first, then outside counterparties
    by_buyer: Whole  # edges with a buyer inside, sorted by buyer

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.population.seed

    @property
    def months(self) -> int:
        """How many months."""
        return int(self.when.month_of_week[-1]) + 1

    def connected_day(self, feed: str, enterprise: Whole) -> Whole:
        """The day from which the bank receives a feed of each enterprise; far in the future where it never does.

        What happened earlier is learned on that day, all at once.
        """
        draws = Draws(self.seed, f"connection {feed}", enterprise)
        early = draws.chance("early", 0.7)
        span = self.when.last_day - self.when.first_day
        day = np.where(early, self.when.first_day - 1, self.when.first_day + (draws.uniform("day") * span * 0.7))
        return np.where(draws.chance("connected", COVERAGE[feed]), day, 10**7).astype(np.int64)

    def connected(self, feed: str, enterprise: Whole) -> Flag:
        """Whether the bank ever receives the feed."""
        return self.connected_day(feed, enterprise) <= self.when.last_day

    def id_of(self, enterprise: Whole) -> pa.Array:
        """Credit codes of enterprises by number."""
        return self.ids.take(pa.array(enterprise))

    def counterparty(self, inside: Whole, outsider: Whole) -> pa.Array:
        """Credit codes of counterparties: inside where the number is not negative, else the outsider's."""
        return self.all_ids.take(pa.array(np.where(inside >= 0, inside, len(self.ids) + outsider)))

    def end_of_life(self, enterprise: Whole) -> Whole:
        """The day of default or closing, else far in the future."""
        h = self.history
        closed = np.where(h.closed_week >= 0, self.when.monday(h.closed_week) + 6, 10**7)
        return np.where(h.default_day >= 0, h.default_day, closed)[enterprise]


def month_end(when: Calendar, month: Whole) -> Whole:
    """Last day of months counted from the first, as days since 1970."""
    first = np.array([when.first_day], dtype="datetime64[D]").astype("datetime64[M]")[0]
    return np.asarray((first + month + 1).astype("datetime64[D]").astype(np.int64) - 1)


@dataclass(frozen=True)
class Plan:
    """What to simulate. The same plan gives the same world, and the same bytes on disk.

    `invoices_per_month`: mean number of sales invoices of one enterprise. `hardship`: see `populate`.
    """

    enterprises: int
    months: int
    seed: int
    start: date = date(2021, 1, 1)
    invoices_per_month: float = 12.0
    hardship: float = 0.0
    invoices_only: bool = False


def build(plan: Plan, progress: Callable[[int], None]) -> World:
    """Draw the population and its network and let the economy run; `progress` is told every week."""
    when = calendar(plan.start, plan.months)
    enterprises, seed = plan.enterprises, plan.seed
    everybody = populate(enterprises, seed, plan.invoices_per_month, plan.hardship)
    population, network = connect(everybody, when.weeks, when.macro)
    history = Economy(population, network, when).run(progress)
    strangers = np.arange(outsiders(enterprises), dtype=np.int64)
    codes = credit_codes(np.arange(enterprises, dtype=np.int64), population.region, seed)
    others = credit_codes(20_000_000 + strangers, strangers % REGIONS, seed)
    buying = np.flatnonzero(network.buyer >= 0)
    return World(
        population, network, when, history,
        pa.array(codes.astype("U18")), pa.array(np.concatenate([codes, others]).astype("U18")),
        buying[np.argsort(network.buyer[buying], kind="stable")],
    )  # fmt: skip
