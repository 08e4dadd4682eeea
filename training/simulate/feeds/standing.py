"""The business register, courts, staff, statements, owners and pooled assets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.enterprise import ENTERPRISE
from models.records.funding_round import FUNDING_ROUND
from models.records.pool_asset import POOL_ASSET
from models.records.relation import RELATION
from models.records.risk_event import RISK_EVENT
from training.simulate.feeds.block import Block
from training.simulate.identity import names
from training.simulate.population import FRAUDSTER, STARTUP
from training.simulate.rows import NEVER_DAY, pick_text, records, text

Whole = npt.NDArray[np.int64]
INDUSTRY_CODES = (
    "C3421",
    "C3484",
    "C3812",
    "C3062",
    "I6510",
    "C3425",
    "G5800",
    "C1499",
    "E4800",
    "C3591",
    "C3586",
    "F5100",
)
ROUNDS = ("seed", "angel", "pre_a", "a", "b", "c", "d", "strategic")


def enterprises(block: Block) -> pa.Table:
    """Everybody's particulars at the start, and again after a default or closing reached the register."""
    world, when, p = block.world, block.when, block.world.population
    members = block.members
    d = block.draws("particulars", members)
    founded = when.first_day - p.age_days[members]
    stated = np.full(len(members), when.first_day - 1)
    ended = world.end_of_life(members)
    told = ended + 60 + d.below("register", 150)
    again = np.flatnonzero(told <= when.last_day)
    at = np.concatenate([np.arange(len(members)), again])
    second = np.arange(len(at)) >= len(members)
    size = np.searchsorted(np.array([3e6, 2e7, 4e8]), p.level[members] * 52, side="right")
    capital = np.rint(p.level[members] * 8 / 1e4).astype(np.int64) * 1_000_000
    changed = d.chance("changed", 0.12)
    changed_on = founded + (d.uniform("changed on") * p.age_days[members]).astype(np.int64)
    title = pa.array(names(members, p.industry[members]))
    order = np.lexsort((second, at))
    at, second = at[order], second[order]
    known = np.where(second, told[at], when.first_day - 1)
    return records(
        ENTERPRISE,
        {
            "enterprise_id": world.id_of(members[at]),
            "uscc": world.id_of(members[at]),
            "name": title.take(pa.array(at)),
            "stated_on": np.where(second, told[at] - 3, stated[at]),
            "founded_on": founded[at],
            "industry_code": pick_text(INDUSTRY_CODES, p.industry[members[at]] % len(INDUSTRY_CODES)),
            "size_class": pick_text(("micro", "small", "medium", "large"), size[at]),
            "region": text("99", p.region[members[at]] * 100 + 1100),
            "park": text("模拟园区", (p.region[members[at]] * 7 + p.industry[members[at]]) % 30),
            "registered_capital_fen": capital[at] * 2,
            "paid_in_capital_fen": capital[at],
            "register_status": pick_text(("active", "suspended"), second.astype(np.int64)),
            "listed": False,
            "representative_changed_on": np.where(changed, changed_on, NEVER_DAY)[at],
            "policy_sector": pick_text((None, "2.1.3"), (p.technology[members[at]] > 0.4).astype(np.int64)),
        },
        known,
        np.where(second, NEVER_DAY, np.where(told[at] <= when.last_day, told[at], NEVER_DAY)),
        last_day=when.last_day,
    )


def relations(block: Block) -> pa.Table:
    """Shareholders and guarantors; the members of a ring share an owner and a telephone."""
    world, when, p = block.world, block.when, block.world.population
    members = block.members[world.connected("register", block.members)]
    d = block.draws("relations", members)
    founded = when.first_day - p.age_days[members]
    ring = members[p.role[members] == FRAUDSTER]
    seen = ring[block.draws("ring", ring).chance("registered owner", 0.5)]
    guaranteed = members[d.chance("guarantor", 0.2)]
    parts = (
        ("shareholder", members, text("P", members), True, 0.55),
        ("shareholder", members[d.chance("partner", 0.5)], None, True, 0.45),
        ("representative", members, text("P", members), True, None),
        ("shareholder", seen, text("PR", p.ring[seen]), True, 0.4),
        ("phone", ring, text("TEL", p.ring[ring]), False, None),
        ("guarantor", guaranteed, text("PG", guaranteed), True, None),
    )
    tables = []
    for relation, who, party, person, share in parts:
        began = founded[np.searchsorted(members, who)]
        tables.append(
            records(
                RELATION,
                {
                    "enterprise_id": world.id_of(who),
                    "relation": relation,
                    "party_id": text("PB", who) if party is None else party,
                    "party_is_person": person,
                    "began_on": began,
                    "share": share,
                },
                np.full(len(who), when.first_day - 1),
                last_day=when.last_day,
            )
        )
    return pa.concat_tables(tables)


def risk_events(block: Block) -> pa.Table:
    """Courts and lists: suppliers that wait too long sue, unpaid staff complain, banks execute; learned weeks later."""
    world, when, h = block.world, block.when, block.world.history
    months, size = block.overdue.shape
    who_all = np.tile(block.members, months)
    month_all = np.repeat(np.arange(months), size)
    d = block.draws("event", who_all, month_all)
    overdue = block.overdue.ravel()
    alive = block.ends[month_all] < world.end_of_life(who_all)
    unpaid_wages = (h.wages_due - h.flows["wages"])[:, block.low : block.high].ravel()
    fixed = world.population.fixed_share[who_all] * world.population.level[who_all] * 430
    short_taxes = (h.vat_due + h.income_tax_due - h.flows["taxes"])[:, block.low : block.high].ravel()
    default_month = (world.history.default_day[who_all] - when.first_day) // 30.44
    since_default = np.where(world.history.default_day[who_all] >= 0, month_all - default_month, -99)
    cases = (
        ("lawsuit", alive & d.chance("lawsuit", np.where(overdue > 9, 0.10, 0.0025)), "orange", "defendant"),
        ("judgment_debtor", alive & (overdue > 20) & d.chance("judgment", 0.07), "red", "defendant"),
        ("labour_dispute", alive & (unpaid_wages > fixed) & d.chance("labour", 0.25), "orange", None),
        ("tax_arrears", alive & (short_taxes > fixed // 4) & d.chance("tax", 0.3), "orange", None),
        ("administrative_penalty", alive & d.chance("penalty", 0.0015), "yellow", None),
        ("negative_news", alive & d.chance("news", np.where(overdue > 6, 0.02, 0.003)), "yellow", None),
        ("asset_freeze", (since_default >= 0) & (since_default < 6) & d.chance("freeze", 0.15), "red", "defendant"),
        ("dishonest_debtor", (since_default >= 4) & (since_default < 10) & d.chance("list", 0.12), "red", None),
    )
    tables = []
    covered = world.connected("register", block.members)
    for serial, (event, happens, level, side) in enumerate(cases):
        rows = np.flatnonzero(happens & np.tile(covered, months))
        who, month = who_all[rows], month_all[rows]
        day = np.minimum(block.ends[month] - d.below("day", 27)[rows], when.last_day)
        amount = np.rint(world.population.level[who] * 100 * (0.3 + 3 * d.exponential("amount")[rows])).astype(np.int64)
        known = day + 12 + (d.exponential("known")[rows] * 25).astype(np.int64)
        tables.append(
            records(
                RISK_EVENT,
                {
                    "enterprise_id": world.id_of(who),
                    "event_no": text(f"SIM{serial}-", who * 1000 + month),
                    "event": event,
                    "happened_on": day,
                    "level": level,
                    "amount_fen": amount,
                    "role": side,
                    "source": "模拟公示系统",
                },
                known,
                last_day=when.last_day,
            )
        )
    return pa.concat_tables(tables)


def funding_rounds(block: Block) -> pa.Table:
    """Equity that start-ups raised, round by round."""
    world, when, p = block.world, block.when, block.world.population
    week, who, fen = world.history.equity_events
    mine = np.flatnonzero((who >= block.low) & (who < block.high) & (p.role[who] == STARTUP))
    mine = mine[np.lexsort((week[mine], who[mine]))]
    week, who, fen = week[mine], who[mine], fen[mine]
    first = np.flatnonzero(np.diff(who, prepend=-1))
    run = np.arange(len(who)) - first[np.cumsum(np.diff(who, prepend=-1) != 0) - 1] if len(who) else who
    d = block.draws("round", who, week)
    received = when.monday(week)
    signed = received - 10 - d.below("signed", 40)
    pre = np.rint(fen * (2.5 + 5 * p.technology[who])).astype(np.int64)
    tier = np.where(d.uniform("tier") < p.technology[who], d.below("good tier", 3), 3 + d.below("other tier", 2))
    return records(
        FUNDING_ROUND,
        {
            "enterprise_id": world.id_of(who),
            "round": pick_text(ROUNDS, np.minimum(run, len(ROUNDS) - 1)),
            "signed_on": signed,
            "amount_fen": fen,
            "cash_received_fen": fen,
            "cash_received_on": received,
            "lead_investor": text("模拟创投", d.below("investor", 60)),
            "investor_tier": pick_text(("top", "known", "industrial", "government", "other"), tier),
            "pre_money_fen": pre,
            "post_money_fen": pre + fen,
            "liquidation_multiple": 1.0,
            "buy_back_clause": pa.array(d.chance("buy back", 0.4)),
        },
        np.maximum(received + 5, when.first_day - 1),
        last_day=when.last_day,
    )


def pool_assets(block: Block) -> pa.Table:
    """Bills, deposits and receipts in the pools of the few that have one."""
    world, when, p = block.world, block.when, block.world.population
    owners = block.members[world.connected("pool", block.members)]
    count = 1 + block.draws("pool", owners).below("count", 12)
    who = np.repeat(owners, count)
    serial = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    d = block.draws("pool asset", who, serial)
    kind = d.pick("class", (0.45, 0.12, 0.13, 0.15, 0.08, 0.07))
    entered = when.first_day + (d.uniform("entered") * (when.last_day - when.first_day)).astype(np.int64)
    matures = entered + 60 + d.below("life", 240)
    face = np.maximum(1, np.rint(p.level[who] * (0.3 + 2 * d.exponential("face")) / 1e4)).astype(np.int64) * 1_000_000
    keep = np.flatnonzero(block.alive_on(who, entered))
    who, serial, kind, entered, matures, face = (x[keep] for x in (who, serial, kind, entered, matures, face))
    classes = ("bank_bill", "commercial_bill", "deposit", "receivable", "warehouse_receipt", "government_bond")
    issuers = ("joint_stock_bank", "corporate", "own_bank", "corporate", "corporate", "sovereign")
    return records(
        POOL_ASSET,
        {
            "enterprise_id": world.id_of(who),
            "register_no": text("POOL", who * 100 + serial),
            "asset_class": pick_text(classes, kind),
            "issuer_id": text("ISS", d.below("issuer", 500)[keep]),
            "issuer_type": pick_text(issuers, kind),
            "face_fen": face,
            "value_fen": np.rint(face * (0.9 + 0.1 * d.uniform("value")[keep])).astype(np.int64),
            "valued_on": entered,
            "entered_on": entered,
            "released_on": np.where((matures < when.last_day) & False, matures, NEVER_DAY),
            "matures_on": matures,
            "pledged_elsewhere": pa.array(d.chance("pledged", 0.01)[keep]),
            "confirmed": pa.array(d.chance("confirmed", 0.7)[keep]),
            "insured": pa.array(d.chance("insured", 0.1)[keep]),
            "endorsement_complete": pa.array(d.chance("endorsed", 0.97)[keep]),
            "redeemable": pa.array(d.chance("redeemable", 0.6)[keep]),
            "overdue_issuer": pa.array(d.chance("overdue", 0.02)[keep]),
        },
        np.maximum(entered + 1, world.connected_day("pool", who)),
        last_day=when.last_day,
    )
