"""IP rights of N enterprises: knock-outs, score, cost, relief from royalty, appraisal, one range each (DOMAIN.md 4).

Value of one right = lower of income and cost × 1.5, with cost = development cost × type multiplier × score × remaining
life × owner share. All rights that live on sales share one cap, the income of the best of them: the same sales cannot
support two rights twice, and one more valid right never lowers the whole.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.approaches import Approach, Range, declining_income, reconcile, relief_from_royalty
from models.valuation.columns import EvidenceColumns, Known, by_choice, day_number, register_numbers
from models.valuation.confidence import confidence_of
from models.valuation.facts import in_pool, of_enterprises
from models.valuation.groups import best_of_group, consecutive, once_per_key
from models.valuation.ip_rules import Rights, ip_masks
from models.valuation.ip_score import indicator_columns, ip_score
from models.valuation.outcome import Masks, Valuation, Valued, lay_out
from models.valuation.parameters import IP_TYPES, IpParameters
from models.valuation.rates import ONE, Flags, Int64, checked_fen, of, ratio, share
from models.valuation.words import SIGNALS, knocked_out

_DAYS_A_YEAR = 365


def value_ip(
    rows: pa.Table,
    parameters: IpParameters,
    *,
    as_of: date,
    facts: pa.Table | None = None,
    pooled: pa.Table | None = None,
    tenor_months: int = 12,
) -> Valuation:
    """Value the rights in `rows` (columns of the record kind `ip_right`; absent columns are unknown) at `as_of`.

    `facts`: one row per enterprise, columns `enterprise_id` and any of `verified_sales_12m_fen` (from invoices) and
    `tenor_months` (of the loan asked for; else the argument). `pooled`: enterprise_id, register_no already counted in
    the asset pool. Raises EvidenceColumnWrong where a column has another type than its kind.
    """
    rights = _prepared(rows, parameters, as_of, facts, pooled, tenor_months)
    evidence, common = rights.evidence, parameters.common
    columns = indicator_columns(evidence, rights.kind, rights.remaining, rights.term_days, rights.today, parameters)
    score = ip_score(columns, parameters)
    multiplier = by_choice(rights.kind, {name: share(parameters.types[name].multiplier) for name in IP_TYPES}, IP_TYPES)
    owned = _owner_share(evidence)
    strength = score.value.times(multiplier).times(owned)
    cost, income = _cost(rights, strength, parameters), _income(rights, strength, parameters, facts)
    market, decay = appraised(
        evidence, owned, rights.today, common.appraisal_life_months, share(common.self_reported_share)
    )
    reconciled = reconcile(
        cost,
        income,
        market,
        cost_multiple=share(common.cost_multiple),
        lone_share=share(common.lone_approach_share),
        tolerance=share(common.gap_tolerance),
    )
    sales = of_enterprises(evidence, facts, "verified_sales_12m_fen")
    masks = ip_masks(rights, columns, (cost, income, market), sales, parameters)
    masks = _with_disagreement(masks, reconciled.disagree)
    value = _after_cuts(rights, reconciled.value, masks, parameters)
    supported = np.asarray(income.known, bool)
    best = Range(
        *(
            rights.owners.highest(once_per_key(np.where(supported & (end > 0), top, 0), rights.keys))
            for end, top in zip(value.ends, income.value.ends, strict=True)
        )
    )
    lending = by_choice(rights.kind, {name: share(parameters.types[name].lending_share) for name in IP_TYPES}, IP_TYPES)
    return lay_out(
        Valued(
            asset_type=evidence.rows.column("ip_type").cast(pa.string()),
            register_no=rights.register_no,
            enterprise_id=evidence.enterprises(),
            owners=rights.owners,
            keys=rights.keys,
            approaches=(cost, income, market),
            value=value,
            cap=best,
            capped=supported,
            score=score.value.times(multiplier),
            decay=decay,
            lending_share=Range.point(lending),
            masks=masks,
            confidence=confidence_of(value, (cost, income, market), reconciled, score.known_weight, masks),
            pooled=rights.pooled,
        )
    )


def _prepared(
    rows: pa.Table, parameters: IpParameters, as_of: date, facts: pa.Table | None, pooled: pa.Table | None, tenor: int
) -> Rights:
    rows = rows.set_column(rows.column_names.index("right_no"), "right_no", register_numbers(rows.column("right_no")))
    rows = rows.take(pc.sort_indices(rows, [("enterprise_id", "ascending"), ("right_no", "ascending")]))
    evidence = EvidenceColumns(rows)
    number, kind = evidence.texts("right_no"), evidence.choice("ip_type", IP_TYPES)
    months = by_choice(kind, {name: parameters.types[name].term_months for name in IP_TYPES}, IP_TYPES)
    term_days = months * _DAYS_A_YEAR // 12
    filed, expires = evidence.days("filed_on"), evidence.days("expires_on")
    expires = expires.otherwise(Known(filed.values + term_days, filed.known & (term_days > 0)))
    today = day_number(as_of)
    asked = of_enterprises(evidence, facts, "tenor_months")
    return Rights(
        evidence=evidence,
        register_no=number,
        owners=consecutive(evidence.enterprises()),
        keys=consecutive(evidence.enterprises(), number),
        kind=kind,
        today=today,
        as_of=as_of,
        remaining=Known(np.where(expires.known, np.maximum(expires.values - today, 0), 0), expires.known),
        term_days=term_days,
        tenor_months=asked.default(tenor),
        pooled=in_pool(evidence, pooled, number),
    )


def _owner_share(evidence: EvidenceColumns) -> Int64:
    """Share of the right that the enterprise owns; a null counts whole, as pending (its register says who owns it)."""
    return evidence.shares("owner_share").default(ONE)


def _cost(rights: Rights, strength: Range, parameters: IpParameters) -> Approach:
    """Replacement cost × strength × remaining life; a stated cost counts in low and central up to the standard cost.

    No voucher is on record, so cost alone is never verified.
    """
    standard = by_choice(rights.kind, {name: parameters.types[name].standard_cost_fen for name in IP_TYPES}, IP_TYPES)
    stated = rights.evidence.integers("cost_fen")
    prudent = np.where(stated.known, np.minimum(stated.values, standard), standard)
    replacement = Range(
        prudent, prudent, checked_fen(np.where(stated.known, np.maximum(stated.values, prudent), standard))
    )
    left = ratio(rights.remaining.values, rights.term_days)
    value = replacement.times(strength).times(left)
    known = rights.kind >= 0
    return Approach(value, known, np.zeros(len(known), bool))


def _income(rights: Rights, strength: Range, parameters: IpParameters, facts: pa.Table | None) -> Approach:
    """Relief from royalty on attributable sales, never above invoiced sales, plus licence income."""
    evidence, common = rights.evidence, parameters.common
    stated, licence = evidence.integers("attributable_revenue_12m_fen"), evidence.integers("licence_income_12m_fen")
    sales = of_enterprises(evidence, facts, "verified_sales_12m_fen")
    after_tax = ONE - share(parameters.tax_rate)
    royalty = np.full(evidence.size, share(parameters.royalty_rate), np.int64)
    yearly = []
    for amount, part in ((stated, strength), (licence, None)):
        inside = np.where(sales.known, np.minimum(amount.values, sales.values), amount.values)
        ends = bounded_report(checked_fen(inside), sales.known, share(common.self_reported_share))
        taxed = ends.times(after_tax) if part is None else relief_from_royalty(ends, royalty, after_tax, part)
        yearly.append(taxed)
    both = Range(*(one + other for one, other in zip(yearly[0].ends, yearly[1].ends, strict=True)))
    years = rights.remaining.values // _DAYS_A_YEAR
    value = declining_income(
        both, years, rate=common.discount_rate, decline=common.yearly_decline, horizon=common.horizon_years
    )
    known = np.asarray((stated.known | licence.true) & rights.remaining.known, bool)
    return Approach(value, known, known & sales.known)


def bounded_report(amount: Int64, verified: Flags, self_reported: int) -> Range:
    """A stated amount as a range: its self-reported share is the low if invoices bound it, else the central."""
    part = of(amount, self_reported)
    return Range(np.where(verified, part, 0), np.where(verified, amount, part), amount)


def appraised(
    evidence: EvidenceColumns, owned: Int64, today: int, life_months: int, self_reported: int
) -> tuple[Approach, Int64]:
    """An appraised value, decaying in a straight line to 0 over its life; stated by the owner itself: low 0."""
    value, day = evidence.integers("appraised_fen"), evidence.days("appraised_on")
    life = life_months * _DAYS_A_YEAR // 12
    fresh = ratio(np.where(day.known, np.clip(life - (today - day.values), 0, life), 0), life)
    aged = of(of(checked_fen(value.values), fresh), owned)
    by_other = evidence.filled("appraiser")
    part = of(aged, self_reported)
    known = value.known & day.known & (day.values <= today) & (fresh > 0)
    ends = Range(np.where(by_other, part, 0), np.where(by_other, aged, part), aged)
    return Approach(ends, np.asarray(known, bool), np.asarray(known & by_other, bool)), np.where(known, fresh, 0)


def _with_disagreement(masks: Masks, disagree: Flags) -> Masks:
    signals = masks.signals | SIGNALS.mask("approaches_disagree", disagree)
    return Masks(masks.knock_outs, masks.pending, signals, masks.used, masks.missing)


def _after_cuts(rights: Rights, value: Range, masks: Masks, parameters: IpParameters) -> Range:
    """Knocked out: nothing. Pending or just bought: high alone. Of designs en masse only the best few."""
    out = knocked_out(masks.knock_outs)
    held = (masks.pending != 0) | SIGNALS.has(masks.signals, "bought_before_applying")
    en_masse = SIGNALS.has(masks.signals, "designs_en_masse")
    ends = []
    for end, prudent in zip(value.ends, (True, True, False), strict=True):
        left = np.where(out | (held & prudent), 0, end)
        best = best_of_group(left, en_masse, rights.owners, parameters.designs_counted)
        ends.append(np.where(en_masse & ~best, 0, left))
    return Range(*ends)
