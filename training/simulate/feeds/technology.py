"""Intangibles: IP rights, data assets, qualifications and what experts think. Quality shows as noisy evidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.data_asset import DATA_ASSET
from models.records.expert_opinion import EXPERT_OPINION
from models.records.ip_right import IP_RIGHT
from models.records.qualification import QUALIFICATION
from training.simulate.feeds.block import Block
from training.simulate.rows import NEVER_DAY, pick_text, records, text

Whole = npt.NDArray[np.int64]
TYPES = ("invention", "utility", "design", "software", "trademark")
TERMS = np.array([20, 10, 15, 50, 10]) * 365
IPC = ("B23Q", "G05B", "H02P", "G06F", "H04L", "B29C", "A61B", "C08L", "B65D", "E04B", "A23L", "B01D")


def _rights(block: Block) -> tuple[Whole, Whole]:
    """(owner, serial) of every IP right of the block: more of them where technology is good and staff are many."""
    p, members = block.world.population, block.members[block.world.connected("technology", block.members)]
    d = block.draws("rights", members)
    mean = 14 * p.technology[members] ** 1.3 * (p.level[members] / 80_000) ** 0.25
    count = np.minimum(mean * d.exponential("count"), 60).astype(np.int64)
    owner = np.repeat(members, count)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)


def ip_rights(block: Block) -> pa.Table:
    """Each right when the bank first sees it, when it is granted, and when its fees are no longer paid."""
    world, when, p = block.world, block.when, block.world.population
    owner, serial = _rights(block)
    d = block.draws("right", owner, serial)
    quality = p.technology[owner]
    kind = d.pick("type", (0.24, 0.34, 0.08, 0.26, 0.08))
    patent = kind <= 1
    age = p.age_days[owner]
    filed = (
        when.first_day - age + (d.uniform("filed") ** 0.7 * (age + (when.last_day - when.first_day))).astype(np.int64)
    )
    wait = np.array([780, 260, 180, 60, 330])[kind]
    granted = filed + (wait * np.exp(0.25 * d.normal("wait"))).astype(np.int64)
    rejected = d.chance("rejected", np.where(kind == 0, 0.45 - 0.3 * quality, 0.08))
    bought = d.chance("bought", 0.10)
    # Fees go unpaid when cash is short: each month of long arrears is a chance that a right lapses.
    strain = np.vstack([block.overdue > 8, np.zeros((1, block.high - block.low), dtype=bool)])
    first_strain = np.where(strain.any(axis=0), strain.argmax(axis=0), world.months)[owner - block.low]
    stops = when.first_day + 30 * first_strain + (d.exponential("lapse") * 420).astype(np.int64)
    idle = when.first_day + (d.exponential("dropped") * 365 * 9).astype(np.int64)
    lapsed = np.where(kind == 3, 10**7, np.minimum(np.minimum(stops, idle), filed + TERMS[kind]))
    seen = np.maximum(filed + 40, when.first_day - 1)
    begins = np.stack([seen, np.maximum(granted + 20, seen), np.maximum(lapsed + 60, seen)])
    stage_there = np.stack([granted + 20 > seen, ~rejected | True, (lapsed > granted) & ~rejected])
    at = np.tile(np.arange(len(owner)), 3)
    stage = np.repeat(np.arange(3), len(owner))
    there = stage_there.ravel() & (begins.ravel() <= when.last_day)
    at, stage, known = at[there], stage[there], begins.ravel()[there]
    order = np.lexsort((stage, known, at))
    at, stage, known = at[order], stage[order], known[order]
    twin = np.concatenate([(at[1:] == at[:-1]) & (known[1:] == known[:-1]), [False]]) if len(at) else at.astype(bool)
    at, stage, known = at[~twin], stage[~twin], known[~twin]
    following = np.concatenate([np.where(at[1:] == at[:-1], known[1:], NEVER_DAY), [NEVER_DAY]]) if len(at) else at
    e = block.draws("right version", owner[at], serial[at], stage)
    quality, kind = quality[at], kind[at]
    is_granted = (stage >= 1) & ~rejected[at]
    status = np.select([stage == 0, rejected[at], stage == 2], [0, 1, 2], 3)
    years = np.maximum(0.3, (known - filed[at]) / 365)
    citations = (years * 6 * quality * d.exponential("cited")[at] * (kind <= 1)).astype(np.int64)
    claims = 4 + (10 * d.exponential("claims")[at] * (0.5 + quality)).astype(np.int64)
    inventors = 1 + d.below("inventors", 5)[at]
    licence = p.licence_income[owner] * 12
    licensed = is_granted & (licence[at] > 0) & (serial[at] == 0) & (stage == 1)
    connected = world.connected_day("technology", owner)[at]
    shown = np.maximum(known, connected)
    shown_following = np.where(following > NEVER_DAY, np.maximum(following, connected), NEVER_DAY)
    keep = ~((shown_following > NEVER_DAY) & (shown_following <= shown))
    table = records(
        IP_RIGHT,
        {
            "enterprise_id": world.id_of(owner[at]),
            "right_no": text("CN20", owner[at] * 100 + serial[at]),
            "ip_type": pick_text(TYPES, kind),
            "title": text("模拟权利", owner[at] * 100 + serial[at]),
            "filed_on": filed[at],
            "granted_on": np.where(is_granted, granted[at], NEVER_DAY),
            "expires_on": filed[at] + TERMS[kind],
            "legal_status": pick_text(("pending", "rejected", "lapsed", "granted"), status),
            "fee_paid_until": np.where(is_granted, np.minimum(known + 200, lapsed[at]), NEVER_DAY),
            "owner_share": np.where(d.chance("co-owned", 0.12)[at], 0.5, 1.0),
            "co_owner_consent": pa.array(d.chance("consent", 0.7)[at]),
            "with_university": pa.array(e.chance("university", 0.05 + 0.25 * quality)),
            "acquisition": pick_text(("own", "bought"), bought[at].astype(np.int64)),
            "acquired_on": np.where(bought[at], np.minimum(filed[at] + 400, known), NEVER_DAY),
            "transfers": bought[at].astype(np.int64),
            "disputed": pa.array(d.chance("disputed", 0.01)[at]),
            "litigations": d.chance("litigation", 0.02)[at].astype(np.int64),
            "invalidations": d.chance("invalidation", 0.01)[at].astype(np.int64),
            "pledges": d.chance("pledged", 0.03)[at].astype(np.int64),
            "pledged": pa.array(d.chance("pledged", 0.03)[at]),
            "claims": np.where(patent[at], claims, NEVER_DAY),
            "independent_claims": np.where(patent[at], 1 + claims // 6, NEVER_DAY),
            "forward_citations": np.where(patent[at], citations, NEVER_DAY),
            "self_citations": np.where(patent[at], citations // 6, NEVER_DAY),
            "backward_citations": np.where(patent[at], 3 + e.below("backward", 14), NEVER_DAY),
            "citation_percentile": np.where(
                patent[at], np.round(np.clip(quality + 0.22 * d.normal("percentile")[at], 0.01, 0.99), 3), np.nan
            ),
            "family_size": np.where(
                patent[at], 1 + (d.exponential("family")[at] * 3 * quality).astype(np.int64), NEVER_DAY
            ),
            "countries": np.where(
                patent[at], 1 + (d.exponential("countries")[at] * 2 * quality).astype(np.int64), NEVER_DAY
            ),
            "ipc4": pick_text(IPC, (p.industry[owner] + d.below("ipc", 2))[at] % len(IPC)),
            "inventors": np.where(patent[at], inventors, NEVER_DAY),
            "inventors_left": np.where(patent[at], np.minimum(inventors, e.below("left", 6) // 4), NEVER_DAY),
            "main_product": pa.array(d.chance("main product", 0.35 + 0.4 * p.technology[owner])[at]),
            "licences": licensed.astype(np.int64),
            "licence_income_12m_fen": np.where(licensed, np.rint(licence[at] * 100), 0).astype(np.int64),
            "cost_fen": np.rint((80_000 + 400_000 * d.exponential("cost")[at] * quality) * 100).astype(np.int64),
        },
        shown,
        shown_following,
        last_day=when.last_day,
    )
    return table.filter(pa.array(keep[shown <= when.last_day]))


def data_assets(block: Block) -> pa.Table:
    """Data assets, told again each half year with what they earned; some earn nothing."""
    world, when, p = block.world, block.when, block.world.population
    members = block.members[world.connected("technology", block.members)]
    d = block.draws("has asset", members)
    owners = members[(p.data_income[members] > 0) | d.chance("idle asset", 0.03)]
    reports = np.arange(0, world.months, 6)
    who, report = np.repeat(owners, len(reports)), np.tile(reports, len(owners))
    steady, d = block.draws("asset", who), block.draws("asset report", who, report)
    registered = when.first_day + (steady.uniform("registered") * 900).astype(np.int64) - 300
    day = block.ends[report]
    # The evidence ends with the enterprise: data that nobody refreshes is reported no more.
    rows = np.flatnonzero((day >= registered) & block.alive_on(who, day))
    who, report, registered, day = who[rows], report[rows], registered[rows], day[rows]
    sums = np.cumsum(np.vstack([np.zeros((1, block.high - block.low), dtype=np.int64),
                                world.history.data_income[:, block.low : block.high]]), axis=0)  # fmt: skip
    local = who - block.low
    revenue = sums[report + 1, local] - sums[np.maximum(0, report - 11), local]
    quality = np.clip(0.55 + 0.4 * p.technology[who] + 0.08 * steady.normal("quality")[rows], 0.2, 0.99)

    def score(name: str) -> npt.NDArray[np.float64]:
        return np.asarray(np.round(np.clip(quality + 0.06 * steady.normal(name)[rows], 0, 1), 3), dtype=np.float64)

    earns = revenue > 0
    cost = np.rint((150_000 + 900_000 * steady.exponential("cost")[rows]) * 100).astype(np.int64)
    appraised = steady.chance("appraised", 0.4)[rows]
    personal = steady.chance("personal", 0.2)[rows]
    connected = np.maximum(day + 6, world.connected_day("technology", who))
    same = np.concatenate([(who[1:] == who[:-1]), [False]]) if len(who) else who.astype(bool)
    following = np.concatenate([np.where(same[:-1], connected[1:], NEVER_DAY), [NEVER_DAY]]) if len(who) else who
    keep = ~((following > NEVER_DAY) & (following <= connected))
    table = records(
        DATA_ASSET,
        {
            "enterprise_id": world.id_of(who),
            "asset_no": text("DA", who),
            "title": text("模拟数据集", who),
            "registered_on": registered,
            "certificate_no": text("SIMDJ", who),
            "registry": pick_text(("ip_office", "data_bureau", "exchange"), steady.below("registry", 3)[rows]),
            "certificate_expires_on": registered + 1095,
            "right_to_hold": True,
            "right_to_use": True,
            "right_to_operate": pa.array(steady.chance("operate", 0.75)[rows]),
            "source_basis": pick_text(
                ("own", "customer_consent", "licensed", "public", "none"),
                steady.pick("source", (0.6, 0.15, 0.12, 0.1, 0.03))[rows],
            ),
            "source_documented": pa.array(steady.chance("documented", 0.8)[rows]),
            "personal_information": pa.array(personal),
            "personal_information_basis": pick_text(
                (None, "consent", "anonymised", "none"), np.where(personal, 1 + steady.below("basis", 3)[rows], 0)
            ),
            "important_data": pa.array(steady.chance("important", 0.02)[rows]),
            "core_data": False,
            "disputed": pa.array(steady.chance("disputed", 0.02)[rows]),
            "pledged": pa.array(steady.chance("pledged", 0.03)[rows]),
            "quality_conformity": score("conformity"),
            "quality_completeness": score("completeness"),
            "quality_accuracy": score("accuracy"),
            "quality_consistency": score("consistency"),
            "quality_timeliness": score("timeliness"),
            "quality_accessibility": score("accessibility"),
            "quality_assessed_by": pick_text(("enterprise", "third_party"), appraised.astype(np.int64)),
            "quality_assessed_on": np.maximum(registered, day - 90),
            "dcmm_level": 1 + (quality * 3.9).astype(np.int64),
            "records": (10 ** (4 + 5 * steady.uniform("records")[rows])).astype(np.int64),
            "refreshed_on": np.maximum(registered, day - (d.exponential("refresh")[rows] * 12).astype(np.int64)),
            "refresh_days": np.array([0, 1, 7, 30])[steady.below("cycle", 4)[rows]],
            "depends_on_enterprise": pa.array(steady.chance("depends", 0.7)[rows]),
            "scarcity": np.round(np.clip(p.technology[who] + 0.2 * steady.normal("scarcity")[rows], 0, 1), 3),
            "application_scenes": 1 + steady.below("scenes", 6)[rows],
            "users": np.where(earns, 1 + (revenue // 3_000_000), 0),
            "contracts": np.where(earns, 1 + (revenue // 20_000_000), 0),
            "revenue_12m_fen": revenue,
            "operating_cost_12m_fen": revenue // 4,
            "related_revenue_share": np.round(steady.uniform("related")[rows] ** 4, 3),
            "top_customer_share": np.round(0.15 + 0.6 * steady.uniform("top")[rows], 3),
            "cost_fen": cost,
            "book_fen": cost // 2,
            "book_as": "intangible",
            "appraised_fen": np.where(appraised, cost * 2 + revenue * 2, NEVER_DAY),
            "appraisal_method": pick_text((None, "income"), appraised.astype(np.int64)),
            "appraised_on": np.where(appraised, np.maximum(registered, day - 60), NEVER_DAY),
        },
        connected,
        following,
        last_day=when.last_day,
    )
    return table.filter(pa.array(keep[connected <= when.last_day]))


def qualifications(block: Block) -> pa.Table:
    """Titles that technology earns, renewed every three years while the enterprise lives."""
    world, when, p = block.world, block.when, block.world.population
    members = block.members[world.connected("technology", block.members)]
    tables = []
    titles = (("high_tech", 0.30, 1095, "national"), ("tech_sme", 0.20, 365, "national"),
              ("specialised", 0.45, 1095, "provincial"),
              ("little_giant", 0.65, 1095, "national"), ("innovative_sme", 0.25, 1095, "city"))  # fmt: skip
    for serial, (title, bar, life, level) in enumerate(titles):
        d = block.draws(title, members)
        earns = members[p.technology[members] + 0.12 * d.normal("noise") > bar]
        first = when.first_day - 900 + (1500 * block.draws(title, earns).uniform("first")).astype(np.int64)
        first = np.maximum(first, when.first_day - p.age_days[earns] + 200)
        terms = np.arange(6)
        who, term = np.repeat(earns, len(terms)), np.tile(terms, len(earns))
        issued = np.repeat(first, len(terms)) + term * life
        rows = np.flatnonzero((issued <= when.last_day) & block.alive_on(who, issued))
        who, issued, term = who[rows], issued[rows], term[rows]
        tables.append(
            records(
                QUALIFICATION,
                {
                    "enterprise_id": world.id_of(who),
                    "title": title,
                    "certificate_no": text(f"SIM{serial}", who * 10 + term),
                    "level": level,
                    "issued_on": issued,
                    "expires_on": issued + life - 1,
                },
                np.maximum(np.maximum(issued + 15, when.first_day - 1), world.connected_day("technology", who)),
                last_day=when.last_day,
            )
        )
    return pa.concat_tables(tables)


def expert_opinions(block: Block) -> pa.Table:
    """A yearly opinion on the covered enterprises: technology and progress as an outsider can see them."""
    world, when, p = block.world, block.when, block.world.population
    covered = block.members[world.connected("expert", block.members)]
    years = np.arange(0, world.months, 12)
    who, month = np.repeat(covered, len(years)), np.tile(years, len(covered))
    d = block.draws("opinion", who, month)
    day = block.ends[month] + 20 + d.below("day", 200)
    rows = np.flatnonzero(block.alive_on(who, day) & (day <= when.last_day))
    who, month, day = who[rows], month[rows], day[rows]
    recent = block.sold[month, who - block.low] * 52 / 12 / np.maximum(1, p.level[who] * 52 / 12) / 4.3
    noise = {name: d.normal(name)[rows] * 0.7 for name in ("chain", "foresight", "progress")}

    def marks(value: npt.NDArray[np.float64]) -> Whole:
        return np.clip(np.rint(value), 1, 5).astype(np.int64)

    digest = [f"{value:016x}" * 4 for value in d.bits[rows].tolist()]
    return records(
        EXPERT_OPINION,
        {
            "enterprise_id": world.id_of(who),
            "opinion_no": text("EXP", who * 100 + month),
            "expert_id": text("X", d.below("expert", 200)[rows]),
            "given_on": day,
            "chain_position": marks(2.2 + 0.3 * np.log(np.maximum(p.level[who], 1) / 50_000) + noise["chain"]),
            "technology_foresight": marks(1.4 + 4 * p.technology[who] + noise["foresight"]),
            "commercial_progress": marks(2 + 1.3 * np.clip(recent, 0, 2) + noise["progress"]),
            "readiness_level": np.clip(np.rint(3 + 6 * p.technology[who] + noise["foresight"]), 1, 9).astype(np.int64),
            "valid_until": day + 365,
            "independent": True,
            "signature_sha256": pa.array(digest, pa.string()),
        },
        np.maximum(day + 3, world.connected_day("expert", who)),
        last_day=when.last_day,
    )
