"""Knock-outs of an IP right, what is still open, gaming signals, and which evidence was used (DOMAIN.md 4).

A fact nobody stated is open, never good: it holds low and central at 0 and names the document that would settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.approaches import Approach
from models.valuation.columns import EvidenceColumns, Known
from models.valuation.facts import months_later
from models.valuation.groups import Groups
from models.valuation.ip_score import INDICATORS, LEVELS
from models.valuation.outcome import Masks
from models.valuation.parameters import IP_TYPES, PATENTS, IpParameters
from models.valuation.rates import ONE, Flags, Int64
from models.valuation.score import any_known
from models.valuation.words import KNOCK_OUTS, PENDING, SIGNALS, evidence_masks, knocked_out

_DEAD = ("lapsed", "rejected", "withdrawn", "invalidated")
_STATUS = ("granted", "pending", "expired", *_DEAD)


@dataclass(frozen=True)
class Rights:
    """The rights being valued, sorted by enterprise and register number."""

    evidence: EvidenceColumns
    register_no: pa.ChunkedArray
    owners: Groups
    keys: Groups
    kind: Int64
    today: int
    as_of: date
    remaining: Known
    term_days: Int64
    tenor_months: Int64
    pooled: Flags


def ip_masks(
    rights: Rights,
    columns: dict[str, Known],
    approaches: tuple[Approach, Approach, Approach],
    sales: Known,
    parameters: IpParameters,
) -> Masks:
    """All masks of each right; `columns` are its indicators, `sales` the invoiced sales of its enterprise."""
    knock = _knock_outs(rights, parameters)
    pending = np.where(knocked_out(knock), 0, _pending(rights))
    used, missing = _evidence(rights.evidence, columns, approaches)
    return Masks(knock, pending, _signals(rights, sales, parameters), used, missing)


def _status(rights: Rights) -> Int64:
    return rights.evidence.choice("legal_status", _STATUS)


def _is_patent(rights: Rights) -> Flags:
    return np.asarray((rights.kind >= 0) & (rights.kind < len(PATENTS)), bool)


def _is_shared(evidence: EvidenceColumns) -> Flags:
    stake = evidence.shares("owner_share")
    return np.asarray((stake.known & (stake.values < ONE)) | evidence.filled("co_owners"), bool)


def _lapsed(rights: Rights, parameters: IpParameters) -> Flags:
    """Dead by its status, or fees unpaid beyond the grace when the bank last looked (`learned_on`, else today).

    A fee that fell due since then is open, not missed: nobody has looked yet.
    """
    fees, looked = rights.evidence.days("fee_paid_until"), rights.evidence.days("learned_on")
    back = rights.today - months_later(rights.as_of, np.full(len(rights.kind), -parameters.fee_grace_months))
    unpaid = _is_patent(rights) & fees.known & (fees.values < looked.default(rights.today) - back)
    return np.asarray((_status(rights) >= _STATUS.index("lapsed")) | unpaid, bool)


def _knock_outs(rights: Rights, parameters: IpParameters) -> Int64:
    evidence, status = rights.evidence, _status(rights)
    needed = months_later(rights.as_of, rights.tenor_months + parameters.life_margin_months) - rights.today
    alive = rights.remaining.known & (rights.remaining.values > 0)
    return (
        KNOCK_OUTS.mask("not_granted", status == _STATUS.index("pending"))
        | KNOCK_OUTS.mask("lapsed", _lapsed(rights, parameters))
        | KNOCK_OUTS.mask("expired", (status == _STATUS.index("expired")) | (rights.remaining.known & ~alive))
        | KNOCK_OUTS.mask("life_too_short", alive & (rights.remaining.values < needed))
        | KNOCK_OUTS.mask("pledged_elsewhere", evidence.flags("pledged").true)
        | KNOCK_OUTS.mask("co_owner_no_consent", _is_shared(evidence) & evidence.flags("co_owner_consent").false)
        | KNOCK_OUTS.mask("ownership_dispute", evidence.flags("disputed").true)
        | KNOCK_OUTS.mask("type_not_accepted", rights.kind < 0)
        | KNOCK_OUTS.mask("not_owned", evidence.choice("acquisition", ("licensed",)) >= 0)
        | KNOCK_OUTS.mask("counted_in_pool", rights.pooled)
    )


def _pending(rights: Rights) -> Int64:
    evidence = rights.evidence
    fees = evidence.days("fee_paid_until")
    unnumbered = np.asarray(pc.equal(rights.register_no, "").to_numpy(), bool)
    return (
        PENDING.mask("legal_status", (_status(rights) < 0) | unnumbered)
        | PENDING.mask("fees_paid", _is_patent(rights) & ~(fees.known & (fees.values >= rights.today)))
        | PENDING.mask("expiry", ~rights.remaining.known)
        | PENDING.mask("pledge_search", ~evidence.flags("pledged").known)
        | PENDING.mask("ownership", ~evidence.shares("owner_share").known)
        | PENDING.mask("co_owner_consent", _is_shared(evidence) & ~evidence.flags("co_owner_consent").known)
        | PENDING.mask("dispute_search", ~evidence.flags("disputed").known)
    )


def _signals(rights: Rights, sales: Known, parameters: IpParameters) -> Int64:
    """Gaming: bought just before applying (also where the day of purchase is unknown), designs en masse, and more."""
    evidence, nothing = rights.evidence, np.zeros(rights.evidence.size, np.int64)
    acquired, filed = evidence.days("acquired_on"), evidence.days("filed_on")
    bought = (evidence.choice("acquisition", ("bought", "contributed")) >= 0) | acquired.known
    since = months_later(rights.as_of, nothing - parameters.bought_window_months)
    designs = (rights.kind == IP_TYPES.index("design")) & (_status(rights) == _STATUS.index("granted"))
    designs &= filed.values >= months_later(rights.as_of, nothing - parameters.design_window_months)
    counts = rights.owners.sums(designs.astype(np.int64))[rights.owners.of_row]
    repeated = np.bincount(rights.keys.of_row, minlength=rights.keys.count)[rights.keys.of_row] > 1
    revenue = evidence.integers("attributable_revenue_12m_fen")
    return (
        SIGNALS.mask("bought_before_applying", bought & (acquired.default(rights.today) >= since))
        | SIGNALS.mask("designs_en_masse", designs & (counts > parameters.designs_counted))
        | SIGNALS.mask("fees_lapsed", _lapsed(rights, parameters))
        | SIGNALS.mask("duplicate_register_no", repeated)
        | SIGNALS.mask("revenue_above_sales", sales.known & (revenue.values > sales.values))
    )


def _evidence(
    evidence: EvidenceColumns, columns: dict[str, Known], approaches: tuple[Approach, Approach, Approach]
) -> tuple[Int64, Int64]:
    cost, income, market = approaches
    stated = evidence.integers("cost_fen").known
    seen = {f"{level}_indicators": any_known(INDICATORS, columns, level) for level in LEVELS}
    seen |= {
        "documented_cost": cost.verified,
        "reported_cost": cost.known & stated,
        "standard_cost": cost.known & ~stated,
        "invoiced_revenue": income.verified,
        "reported_revenue": income.known & ~income.verified,
        "appraisal": market.known,
    }
    return evidence_masks(seen)
