"""Knock-outs of a data asset, what is still open, gaming signals, and which evidence was used (DOMAIN.md 3.1, 3.3).

A fact nobody stated is open, never lawful: it holds low and central at 0 and names the document that would settle it.
"""

from __future__ import annotations

import numpy as np

from models.valuation.approaches import Approach
from models.valuation.columns import EvidenceColumns, Known
from models.valuation.data_quality import ASSESSORS, DIMENSIONS
from models.valuation.outcome import Masks
from models.valuation.parameters import DataParameters
from models.valuation.rates import ONE, Flags, Int64, share
from models.valuation.words import KNOCK_OUTS, PENDING, SIGNALS, evidence_masks, knocked_out

_LAWFUL = ("own", "licensed", "public", "government_authorised", "customer_consent")
_BASES = ("consent", "contract", "law", "anonymised")


def data_masks(
    evidence: EvidenceColumns,
    *,
    approaches: tuple[Approach, Approach, Approach],
    sales: Known,
    pooled: Flags,
    repeated: Flags,
    today: int,
    parameters: DataParameters,
) -> Masks:
    """All masks of each data asset."""
    knock, pending = _rules(evidence, pooled, today)
    used, missing = _evidence(evidence, approaches)
    signals = _signals(evidence, sales, repeated, parameters)
    return Masks(knock, np.where(knocked_out(knock), 0, pending), signals, used, missing)


def _rules(evidence: EvidenceColumns, pooled: Flags, today: int) -> tuple[Int64, Int64]:
    source, basis = (
        evidence.choice("source_basis", (*_LAWFUL, "none")),
        evidence.choice("personal_information_basis", (*_BASES, "none")),
    )
    documented, personal = evidence.flags("source_documented"), evidence.flags("personal_information")
    important, core, approved = (evidence.flags(n) for n in ("important_data", "core_data", "important_data_approved"))
    disputed, pledged = evidence.flags("disputed"), evidence.flags("pledged")
    registered = evidence.filled("certificate_no")
    expires = evidence.days("certificate_expires_on")
    licence = evidence.days("licence_expires_on")
    sensitive = important.true | core.true
    knock = (
        KNOCK_OUTS.mask("source_unlawful", (source == len(_LAWFUL)) | documented.false)
        | KNOCK_OUTS.mask("personal_information_no_basis", personal.true & (basis == len(_BASES)))
        | KNOCK_OUTS.mask("not_registered", ~registered)
        | KNOCK_OUTS.mask("ownership_dispute", disputed.true)
        | KNOCK_OUTS.mask("important_data_no_approval", sensitive & approved.false)
        | KNOCK_OUTS.mask("pledged_elsewhere", pledged.true)
        | KNOCK_OUTS.mask(
            "expired", (expires.known & (expires.values < today)) | (licence.known & (licence.values < today))
        )
        | KNOCK_OUTS.mask("counted_in_pool", pooled)
    )
    pending = (
        PENDING.mask("lawful_source", (source < 0) | ~documented.known)
        | PENDING.mask("personal_information", ~personal.known | (personal.true & (basis < 0)))
        | PENDING.mask("important_data", ~important.known | ~core.known | (sensitive & ~approved.known))
        | PENDING.mask("dispute_search", ~disputed.known)
        | PENDING.mask("pledge_search", ~pledged.known)
    )
    return knock, pending


def _signals(evidence: EvidenceColumns, sales: Known, repeated: Flags, parameters: DataParameters) -> Int64:
    revenue, related = evidence.integers("revenue_12m_fen"), evidence.shares("related_revenue_share")
    earns = revenue.true & related.known
    return (
        SIGNALS.mask("only_customer_related", earns & (related.values >= ONE))
        | SIGNALS.mask("customers_mostly_related", earns & (related.values >= share(parameters.related_share_refer)))
        | SIGNALS.mask("revenue_above_sales", revenue.known & sales.known & (revenue.values > sales.values))
        | SIGNALS.mask("duplicate_register_no", repeated)
        | SIGNALS.mask("updates_depend_on_owner", evidence.flags("depends_on_enterprise").true)
    )


def _evidence(evidence: EvidenceColumns, approaches: tuple[Approach, Approach, Approach]) -> tuple[Int64, Int64]:
    cost, income, market = approaches
    scored = np.logical_and.reduce([evidence.shares(f"quality_{name}").known for name in DIMENSIONS])
    audited = evidence.choice("quality_assessed_by", ASSESSORS) >= 0
    seen = {
        "documented_cost": cost.verified,
        "reported_cost": cost.known & ~cost.verified,
        "invoiced_revenue": income.verified,
        "reported_revenue": income.known & ~income.verified,
        "transaction_price": evidence.integers("trade_price_fen").known,
        "appraisal": market.known & ~evidence.integers("trade_price_fen").known,
        "quality_scores": scored,
        "quality_audit": audited,
        "scenes_and_contracts": evidence.integers("application_scenes").known & evidence.integers("contracts").known,
        "scarcity": evidence.shares("scarcity").known,
        "management_maturity": evidence.integers("dcmm_level").known,
        "refresh": evidence.days("refreshed_on").known,
    }
    return evidence_masks(seen)
