"""Orders, receivables and programmes: what the parties of a trading relation report about it, in versions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.anchor_programme import ANCHOR_PROGRAMME
from models.records.receivable import RECEIVABLE
from models.records.trade_order import TRADE_ORDER
from training.simulate.draws import Draws
from training.simulate.feeds.deals import Deals
from training.simulate.population import ANCHOR
from training.simulate.rows import NEVER_DAY, pick_text, records, text
from training.simulate.world import World

Whole = npt.NDArray[np.int64]
PARTY_TYPES = ("large", "sme", "government", "public_body", "foreign")


def party_type(world: World, deals: Deals, pick: npt.NDArray[np.bool_] | Whole) -> pa.Array:
    """Whether the other party is large, small, public or foreign; null where nobody said."""
    e = world.network
    other = (e.buyer if deals.sale else e.seller)[deals.edge[pick]]
    draws = Draws(world.seed, "party type", e.key[deals.edge[pick]])
    outside = draws.pick("type", (0.16, 0.62, 0.05, 0.05, 0.12))
    index = np.where(other >= 0, np.where(world.population.role[np.maximum(other, 0)] == ANCHOR, 0, 1), outside)
    return pick_text(PARTY_TYPES, index)


def _other(world: World, deals: Deals, rows: Whole) -> pa.Array:
    e = world.network
    edge = deals.edge[rows]
    return world.counterparty((e.buyer if deals.sale else e.seller)[edge], e.outsider[edge])


def orders(world: World, deals: Deals) -> pa.Table:
    """Each deal began as an order: a version when it was placed and one when it was delivered and invoiced."""
    connected = world.connected_day("order", deals.enterprise)
    rows = np.flatnonzero(connected <= world.when.last_day)
    rows = rows[~deals.fake[rows]]  # nobody orders what does not exist
    d = Draws(world.seed, "order", world.network.key[deals.edge[rows]], deals.week[rows])
    day, gross = deals.day[rows], deals.gross[rows]
    seller = np.maximum(world.network.seller[deals.edge[rows]], 0)
    inside = world.network.seller[deals.edge[rows]] >= 0
    capacity = np.where(inside, world.history.capacity[deals.week[rows], seller], 1.0).astype(np.float64)
    ordered_fen = np.rint(gross / np.clip(capacity, 0.05, 1)).astype(np.int64)
    # Whoever lacks inputs delivers late as well as less.
    slip = np.rint((1 - np.clip(capacity, 0, 1)) * 45 * d.uniform("slip") + 3 * d.normal("promise")).astype(np.int64)
    lead = 5 + (d.exponential("lead") * 18).astype(np.int64)
    placed = day - lead - np.maximum(slip, 0)
    promised = np.maximum(day - slip, placed)
    delivered_on = day
    returned = np.where(d.chance("returned", 0.03), np.rint(gross * 0.2 * d.uniform("return share")), 0).astype(
        np.int64
    )
    known_first = np.maximum(placed + 1, connected[rows])
    known_second = np.maximum(delivered_on + 1 + d.below("report", 6), connected[rows])
    cancelled = d.chance("cancelled", 0.012 + 0.05 * (1 - np.clip(capacity, 0, 1)))
    two = np.concatenate([np.flatnonzero(known_first < known_second), np.arange(len(rows))])
    second = np.concatenate([np.zeros(len(two) - len(rows), dtype=bool), np.ones(len(rows), dtype=bool)])
    known = np.where(second, known_second[two], known_first[two])
    gone = second & cancelled[two]
    done = second & ~gone

    def when_done(values: Whole, otherwise: int = 0) -> Whole:
        return np.where(done, values[two], otherwise)

    return records(
        TRADE_ORDER,
        {
            "enterprise_id": world.id_of(deals.enterprise[rows][two]),
            "direction": "sales" if deals.sale else "purchase",
            "order_no": text("PO", deals.number[rows][two]),
            "ordered_on": placed[two],
            "counterparty_id": _other(world, deals, rows[two]),
            "counterparty_type": party_type(world, deals, rows[two]),
            "amount_fen": ordered_fen[two],
            "promised_on": promised[two],
            "payment_days": 7 * (world.network.terms[deals.edge[rows]][two] + 1),
            "deposit_fen": np.where(d.chance("deposit", 0.15)[two], ordered_fen[two] // 10, 0),
            "delivered_fen": when_done(gross),
            "delivered_on": when_done(delivered_on, NEVER_DAY),
            "invoiced_fen": when_done(gross),
            "returned_fen": when_done(np.minimum(returned, gross)),
            "disputed": pa.array(done & d.chance("disputed", 0.01)[two]),
            "cancelled_on": np.where(gone, delivered_on[two], NEVER_DAY),
        },
        known,
        np.where(second, NEVER_DAY, known_second[two]),
        last_day=world.when.last_day,
    )


def receivables(world: World, deals: Deals) -> pa.Table:
    """Each sale on credit is a claim: a version when it arises and one when it is settled or written off."""
    e, last = world.network, world.when.last_day
    connected = world.connected_day("receivable", deals.enterprise)
    rows = np.flatnonzero(connected <= last)
    edge = deals.edge[rows]
    d = Draws(world.seed, "receivable", e.key[edge], deals.week[rows])
    day, due, paid, gross = deals.day[rows], deals.due_day[rows], deals.paid_day[rows], deals.gross[rows]
    returns = np.where(d.chance("credit", 0.04), np.rint(gross * 0.15 * d.uniform("credit share")), 0).astype(np.int64)
    face = gross + returns
    written_off = (paid == NEVER_DAY) & (due + 360 <= last)
    settled = paid > NEVER_DAY
    event = np.where(settled, paid, np.where(written_off, due + 360, NEVER_DAY))
    known_first = np.maximum(day + 2 + d.below("report", 8), connected[rows])
    known_second = np.where(event > NEVER_DAY, np.maximum(event + 1 + d.below("settle", 7), known_first + 1), 10**7)
    # Overdue and not settled: some are disputed by then, which is learned in a version of its own later on.
    closing = np.flatnonzero(known_second <= last)
    two = np.concatenate([np.arange(len(rows)), closing])
    second = np.arange(len(two)) >= len(rows)
    known = np.where(second, known_second[two], known_first[two])
    buyer = e.buyer[edge]
    anchor = (buyer >= 0) & (world.population.role[np.maximum(buyer, 0)] == ANCHOR)
    confirmed = anchor & d.chance("confirmed", 0.6)
    is_paid, is_lost = second & settled[two], second & written_off[two]
    return records(
        RECEIVABLE,
        {
            "enterprise_id": world.id_of(deals.enterprise[rows][two]),
            "receivable_no": text("AR", deals.number[rows][two]),
            "debtor_id": _other(world, deals, rows[two]),
            "debtor_type": party_type(world, deals, rows[two]),
            "order_no": text("PO", deals.number[rows][two]),
            "arisen_on": day[two],
            "due_on": due[two],
            "face_fen": face[two],
            "outstanding_fen": np.where(is_paid | is_lost, 0, face[two]),
            "credited_fen": np.where(second, returns[two], 0),
            "written_off_fen": np.where(is_lost, gross[two], 0),
            "settled_fen": np.where(is_paid, gross[two], 0),
            "settled_on": np.where(is_paid, paid[two], NEVER_DAY),
            "confirmed_on": np.where(confirmed[two], day[two] + 1, NEVER_DAY),
            "confirmed": pa.array(confirmed[two]),
            "registered_no": _some_text("ZD", deals.number[rows][two], d.chance("registered", 0.2)[two]),
            "pledged_elsewhere": pa.array(d.chance("pledged", 0.02)[two]),
            "disputed": pa.array(is_lost | d.chance("disputed", 0.006)[two]),
            "related_party": pa.array(deals.fake[rows][two]),
            "insured": pa.array(d.chance("insured", 0.05)[two]),
            "conditional": pa.array(d.chance("conditional", 0.04)[two]),
        },
        known,
        np.where(second, NEVER_DAY, known_second[two]),
        last_day=last,
    )


def _some_text(prefix: str, number: Whole, given: npt.NDArray[np.bool_]) -> pa.Array:
    return text(prefix, number).filter(pa.array(given)).take(
        pa.array(np.cumsum(given) - 1, mask=~given)
    )  # fmt: skip


def programmes(world: World, low: int, high: int) -> pa.Table:
    """The programmes of anchors: joined when the relation began, told again at every year's end."""
    e, p, when = world.network, world.population, world.when
    begin, end = np.searchsorted(e.seller, [low, high])
    selling = np.arange(begin, end)
    selling = selling[(e.buyer[selling] >= 0) & (p.role[np.maximum(e.buyer[selling], 0)] == ANCHOR)]
    buying = world.by_buyer[
        np.searchsorted(e.buyer[world.by_buyer], low) : np.searchsorted(e.buyer[world.by_buyer], high)
    ]
    buying = buying[(e.seller[buying] >= 0) & (p.role[np.maximum(e.seller[buying], 0)] == ANCHOR)]
    edge = np.concatenate([selling, buying])
    supplier = np.arange(len(edge)) < len(selling)
    member = np.where(supplier, e.seller[edge], e.buyer[edge])
    anchor = np.where(supplier, e.buyer[edge], e.seller[edge])
    d = Draws(world.seed, "programme", e.key[edge])
    taken = np.flatnonzero(d.chance("member", 0.8) & (e.start[edge] < when.weeks))
    edge, supplier, member, anchor = edge[taken], supplier[taken], member[taken], anchor[taken]
    d = Draws(world.seed, "programme", e.key[edge])
    before = np.where(e.start[edge] == 0, (1500 * d.uniform("tenure")).astype(np.int64), 0)
    before = np.minimum(before, p.age_days[member])
    joined = when.monday(e.start[edge]) - before
    left = np.where(e.end[edge] < when.weeks, when.monday(e.end[edge]), NEVER_DAY)
    years = world.months // 12
    at = np.repeat(np.arange(len(edge)), years + 1)
    report = np.tile(np.arange(years + 1), len(edge))  # 0: on joining, k: at the end of year k
    reported = np.where(report == 0, joined[at] + 10, when.first_day + (report * 365.25).astype(np.int64))
    started = ((report == 0) | (reported > joined[at] + 20)) & (
        (report == 0) | (left[at] == NEVER_DAY) | (reported < left[at] + 365)
    )
    at, report, reported = at[started], report[started], reported[started]
    following = np.concatenate([np.where(at[1:] == at[:-1], reported[1:], NEVER_DAY), [NEVER_DAY]]) if len(at) else at
    usual = np.rint(e.amount[edge][at] * 100).astype(np.int64) * 52 // 12
    week = np.clip((reported - when.first_day) // 7 - 1, 0, when.weeks - 1)
    payables = _payables(world, edge[at], week)
    culture = p.culture_weeks[anchor][at]
    return records(
        ANCHOR_PROGRAMME,
        {
            "enterprise_id": world.id_of(member[at]),
            "anchor_id": world.id_of(anchor[at]),
            "programme_no": text("SCF-", e.key[edge][at]),
            "joined_on": joined[at],
            "left_on": np.where((left[at] > NEVER_DAY) & (left[at] <= reported), left[at], NEVER_DAY),
            "role": pick_text(("distributor", "supplier"), supplier[at].astype(np.int64)),
            "tier": 1,
            "anchor_rating": pick_text(
                ("AAA", "AA+", "AA", "A"), Draws(world.seed, "rating", anchor[at]).below("r", 4)
            ),
            "programme_limit_fen": np.rint(p.level[anchor][at] * 800).astype(np.int64),
            "programme_used_fen": np.rint(
                p.level[anchor][at]
                * 800
                * (0.2 + 0.5 * Draws(world.seed, "used", e.key[edge][at], report).uniform("share"))
            ).astype(np.int64),
            "sublimit_fen": np.maximum(1, usual // 1_000_000) * 2_000_000,
            "contract_days": 7 * (e.terms[edge][at] + 1),
            "delay_p75_days": 7.0 * culture + np.floor(6 * d.uniform("delay")[at]),
            "payables_fen": np.where(supplier[at], payables, 0),
            "recommended": pa.array(d.chance("recommended", 0.3)[at]),
            "rights_confirmed": pa.array(d.chance("confirms", 0.5)[at]),
            "collection_account_id": text("ACC-", member[at] * 10 + 1),
        },
        np.where(report == 0, np.maximum(reported, when.first_day - 1), reported + 5),
        np.where(following > NEVER_DAY, following + 5, NEVER_DAY),
        last_day=when.last_day,
    )


def _payables(world: World, edge: Whole, week: Whole) -> Whole:
    """What the buyer owed on each relation: the deals of the weeks of credit and habitual delay before that week."""
    weeks = np.arange(1, 25)
    past = week[:, None] - weeks
    span = (world.network.terms[edge] + world.population.culture_weeks[np.maximum(world.network.buyer[edge], 0)])[
        :, None
    ]
    open_ = (past >= 0) & (weeks <= span)
    yuan = world.history.deals_yuan[np.maximum(past, 0), edge[:, None]].astype(np.int64) * open_
    return np.asarray(yuan.sum(axis=1) * (100 + world.history.tax_percent[edge].astype(np.int64)))
