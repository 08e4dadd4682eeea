"""Who sells to whom: one edge per trading relation, with its usual amount, rhythm, terms and lifetime.

Suppliers sell to anchors and to the outside world, sub-suppliers to suppliers, anchors to distributors, and everybody
to customers that the bank does not know. An edge inside the economy is in the seller's sales and the buyer's purchases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from training.simulate import calibration
from training.simulate.draws import Draws
from training.simulate.population import (
    ANCHOR,
    DISTRIBUTOR,
    FRAUDSTER,
    SUBSUPPLIER,
    SUPPLIER,
    TRADER,
    Population,
)

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flag = npt.NDArray[np.bool_]

Edges: TypeAlias = "dict[str, npt.NDArray[Any]]"

OUTSIDE = -1
WEEKS_PER_MONTH = 365.25 / 12 / 7
INVOICES_PER_DEAL = 1.4


@dataclass(frozen=True)
class Network:
    """One array per trait, one element per edge, sorted by seller (outside sellers first) and then as drawn."""

    seller: Whole  # OUTSIDE or the number of an enterprise
    buyer: Whole
    outsider: Whole  # number of the outside counterparty, -1 for edges inside
    amount: Real  # usual weekly yuan net of tax
    rhythm: Real  # probability of a deal in a week
    terms: Whole  # weeks of credit
    start: Whole  # first and last week (exclusive) of the relation
    end: Whole
    fails: Flag  # ends because the outside customer fails: its last deals are never paid
    late_weeks: Real  # usual lateness of an outside customer
    fake: Flag  # circular trade of a ring: paper without goods or cash
    key: Whole  # names the edge in every draw

    @property
    def size(self) -> int:
        """How many edges."""
        return len(self.seller)


def _slots(counts: Whole) -> tuple[Whole, Whole]:
    """(owner, rank) of each of `counts[i]` slots of every enterprise i."""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner]


def _shares(owner: Whole, rank: Whole, exponent: Real, count: int) -> Real:
    """Zipf shares of the slots of each owner, adding up to one."""
    weight = (rank + 1.0) ** -exponent[owner]
    return np.asarray(weight / np.bincount(owner, weights=weight, minlength=count)[owner])


def _rhythm(owner: Whole, share: Real, deals_per_week: Real, count: int, evenness: float) -> Real:
    """How often a slot trades: larger partners more often, all together at the enterprise's own rate."""
    weight = share**evenness
    part = weight / np.bincount(owner, weights=weight, minlength=count)[owner]
    return np.clip(deals_per_week[owner] * part, 0.012, 0.97)


def _side(
    p: Population, purpose: str, median: float, log_sd: float, evenness: float
) -> tuple[Draws, Whole, Real, Real]:
    """The slots of one side of every enterprise: draws, owner, share and rhythm."""
    own = Draws(p.seed, purpose, np.arange(p.size))
    deals = p.invoices_per_month / INVOICES_PER_DEAL / WEEKS_PER_MONTH
    partners = median * np.exp(log_sd * own.normal("partners"))
    counts = np.clip(np.minimum(partners, 2 + deals * 10), 1, 400).astype(np.int64)
    exponent = np.clip(calibration.CONCENTRATION_MEAN + calibration.CONCENTRATION_SD * own.normal("unequal"), 0.1, 2.4)
    owner, rank = _slots(counts)
    share = _shares(owner, rank, exponent, p.size)
    return Draws(p.seed, purpose + " slot", owner, rank), owner, share, _rhythm(owner, share, deals, p.size, evenness)


def _sum(owner: Whole, amount: Real, count: int) -> Real:
    return np.bincount(owner, weights=amount, minlength=count).astype(np.float64)


def _choose(draws: Draws, name: str, candidates: Whole, weight: Real) -> Whole:
    """One of the candidates for each row, with probability proportional to weight; OUTSIDE if there are none."""
    if len(candidates) == 0:
        return np.full(len(draws), OUTSIDE)
    return np.asarray(candidates[draws.pick(name, weight)])


def _customers(p: Population) -> Edges:
    """Sales slots of everybody, some of them with buyers inside the economy."""
    draws, owner, share, rhythm = _side(
        p, "customers", calibration.CUSTOMERS_MEDIAN, calibration.CUSTOMERS_LOG_SD, 0.75
    )
    role = p.role[owner]
    rank_share = share  # top slots have the larger share
    anchors, suppliers = np.flatnonzero(p.role == ANCHOR), np.flatnonzero(p.role == SUPPLIER)
    traders = np.flatnonzero((p.role == TRADER) | (p.role == DISTRIBUTOR))
    buyer = np.full(len(owner), OUTSIDE)
    top = np.concatenate([[True], np.diff(owner) > 0])
    second = np.concatenate([[False], top[:-1]]) & ~top
    to_anchor = (role == SUPPLIER) & (top | (second & draws.chance("second anchor", 0.35)))
    buyer = np.where(to_anchor, _choose(draws, "anchor", anchors, 1 / (1 + np.arange(len(anchors)))), buyer)
    to_supplier = (role == SUBSUPPLIER) & (top | second | draws.chance("more suppliers", 0.1))
    buyer = np.where(to_supplier, _choose(draws, "supplier", suppliers, p.level[suppliers] ** 0.7), buyer)
    to_trader = np.isin(role, [TRADER, SUPPLIER]) & (buyer == OUTSIDE) & draws.chance("trader", 0.05)
    buyer = np.where(to_trader, _choose(draws, "which trader", traders, p.level[traders] ** 0.7), buyer)
    buyer = np.where(buyer == owner, OUTSIDE, buyer)
    amount = p.level[owner] * rank_share
    # Nobody buys more from inside than half of what it usually needs; anchors take everything.
    need = p.variable_share * p.level * 0.5
    asked = np.bincount(buyer[buyer >= 0], weights=amount[buyer >= 0], minlength=p.size)
    scale = np.where(p.role == ANCHOR, 1.0, np.minimum(1.0, need / np.maximum(asked, 1e-9)))
    amount = np.where(buyer >= 0, amount * scale[buyer], amount)
    return {"seller": owner, "buyer": buyer, "amount": amount, "rhythm": rhythm}


def _anchor_sales(p: Population, bought: Real) -> tuple[Edges, Real]:
    """What anchors sell to distributors, and the sales level that their purchases imply."""
    distributors, anchors = np.flatnonzero(p.role == DISTRIBUTOR), np.flatnonzero(p.role == ANCHOR)
    draws = Draws(p.seed, "distributors", distributors)
    seller = _choose(draws, "anchor", anchors, np.ones(len(anchors)))
    amount = p.level[distributors] * p.variable_share[distributors] * (0.3 + 0.5 * draws.uniform("share"))
    deals = p.invoices_per_month[distributors] / INVOICES_PER_DEAL / WEEKS_PER_MONTH
    rhythm = np.clip(deals * 0.3, 0.05, 0.9)
    keep = seller >= 0
    sold = np.bincount(seller[keep], weights=amount[keep], minlength=p.size)
    level = np.where(p.role == ANCHOR, np.maximum(np.maximum(bought / 0.6, sold * 1.3), p.level * 5), p.level)
    edges = {"seller": seller[keep], "buyer": distributors[keep], "amount": amount[keep], "rhythm": rhythm[keep]}
    return edges, level


def _suppliers(p: Population, need: Real) -> Edges:
    """Suppliers outside: a few for the goods, and many small ones for freight, paper and telephone."""
    draws, owner, share, rhythm = _side(p, "suppliers", calibration.SUPPLIERS_MEDIAN, calibration.SUPPLIERS_LOG_SD, 0.6)
    petty = draws.chance("petty", calibration.PETTY_SUPPLIER_SHARE)
    # Small bills come about as often as the goods themselves.
    usual = (_sum(owner, rhythm, p.size) / np.maximum(1, np.bincount(owner, minlength=p.size)))[owner]
    rhythm = np.where(petty, np.clip(0.5 * usual + rhythm, 0, 0.97), rhythm)
    small = rhythm * calibration.PETTY_PURCHASE_MEDIAN_YUAN * np.exp(0.8 * draws.normal("petty size"))
    small = np.where(petty, np.minimum(small, need[owner] * share), 0.0)
    weight = np.where(petty, 0.0, share)
    total, spent = _sum(owner, weight, p.size), _sum(owner, small, p.size)
    goods = np.maximum(0, need - spent)[owner] * weight / np.maximum(total, 1e-12)[owner]
    amount = np.where((total == 0)[owner], need[owner] * share, small + goods)
    return {"seller": np.full(len(owner), OUTSIDE), "buyer": owner, "amount": amount, "rhythm": rhythm}


def _rings(p: Population) -> Edges:
    """Circular paper trade: each member of a ring invoices the next one about the same amount."""
    members = np.flatnonzero(p.role == FRAUDSTER)
    ring = p.ring[members]
    following = np.roll(members, -1)
    last = np.concatenate([np.diff(ring) != 0, [True]]) if len(members) else np.zeros(0, dtype=bool)
    first_of_ring = members[np.searchsorted(ring, ring)] if len(members) else members
    buyer = np.where(last, first_of_ring, following)
    keep = buyer != members
    size = (
        np.bincount(ring, weights=p.level[members]) / np.maximum(1, np.bincount(ring)) if len(members) else np.zeros(0)
    )
    return {
        "seller": members[keep], "buyer": buyer[keep],
        "amount": (size[ring] * 1.2)[keep], "rhythm": np.full(int(keep.sum()), 0.45),
    }  # fmt: skip


def connect(p: Population, weeks: int, macro: Real) -> tuple[Population, Network]:
    """Draw the network; anchors take the size that their trade gives them, others what their slots add up to."""
    customers = _customers(p)
    inside = customers["buyer"] >= 0
    bought = _sum(customers["buyer"][inside], customers["amount"][inside], p.size)
    distribution, level = _anchor_sales(p, bought)
    # An anchor's own slots to the outside take what its distributors do not.
    seller = customers["seller"]
    sold_inside = _sum(distribution["seller"], distribution["amount"], p.size)
    outward = np.where(p.role == ANCHOR, (level - sold_inside) / np.maximum(p.level, 1e-9), 1.0)
    customers["amount"] = customers["amount"] * outward[seller]
    p = replace(p, level=_sum(seller, customers["amount"], p.size) + sold_inside)

    bought = bought + _sum(distribution["buyer"], distribution["amount"], p.size)
    suppliers = _suppliers(p, np.maximum(0, p.variable_share * p.level - bought))
    rings = _rings(p)
    parts = [customers, distribution, suppliers, rings]
    joined = {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in customers}
    fake = np.concatenate([np.full(len(part["seller"]), part is rings) for part in parts])
    return p, _lifetimes(p, joined, fake, weeks, macro)


def _lifetimes(p: Population, edges: Edges, fake: Flag, weeks: int, macro: Real) -> Network:
    """Give every relation a beginning and an end; most of those that end are followed by another partner."""
    key = np.arange(len(fake))
    d = Draws(p.seed, "edge", key)
    hurry = np.where(macro < 0.95, 2.0, 1.0)
    clock = np.cumsum(hurry)  # more relations end in bad years
    end = np.searchsorted(clock, d.exponential("life") * 420.0)
    end = np.where(end >= weeks, weeks, end)
    start = np.zeros(len(key), dtype=np.int64)
    ring_start = np.maximum(0, p.first_loan_week[edges["seller"].astype(np.int64)] - 20)
    start, end = np.where(fake, ring_start, start), np.where(fake, np.minimum(weeks, ring_start + 110), end)
    again = np.flatnonzero((end < weeks) & ~fake & d.chance("replaced", 0.85))
    second_start = end[again] + 1 + (d.exponential("gap")[again] * 9).astype(np.int64)
    again, second_start = again[second_start < weeks], second_start[second_start < weeks]
    source = np.concatenate([key, again])
    generation = np.concatenate([np.zeros(len(key), dtype=np.int64), np.ones(len(again), dtype=np.int64)])
    all_key = source * 2 + generation
    e = Draws(p.seed, "relation", all_key)
    seller, buyer = edges["seller"][source].astype(np.int64), edges["buyer"][source].astype(np.int64)
    outside = (seller == OUTSIDE) | (buyer == OUTSIDE)
    amount = edges["amount"][source] * np.where(generation == 1, np.exp(0.45 * e.normal("new size") - 0.1), 1.0)
    giver = np.where(seller >= 0, seller, 0)
    terms = np.where(seller >= 0, p.terms_weeks[giver], np.array([2, 4, 4, 8])[e.below("terms", 4)])
    network = Network(
        seller=seller,
        buyer=buyer,
        outsider=np.where(outside, e.below("outsider", outsiders(p.size)), -1),
        amount=amount,
        rhythm=edges["rhythm"][source],
        terms=terms,
        start=np.concatenate([start, second_start]),
        end=np.concatenate([end, np.full(len(again), weeks)]),
        fails=e.chance("fails", 0.12) & (buyer == OUTSIDE),
        late_weeks=0.3 + 1.3 * e.exponential("lateness"),
        fake=fake[source],
        key=all_key,
    )
    order = np.argsort(seller, kind="stable")
    return Network(**{name: getattr(network, name)[order] for name in network.__dataclass_fields__})


def outsiders(enterprises: int) -> int:
    """How many counterparties outside the economy there are."""
    return max(200, 4 * enterprises)
