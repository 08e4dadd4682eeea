"""Data assets of N enterprises: knock-outs first, then quality score, cost, income, market, one range (DOMAIN.md 3).

Cost `V = cost × (1+r_c) × U`, income `V = Σ CF_t/(1+i)^t` on revenue from unrelated customers, market `P_ref × k`;
value = lower of income and cost × 1.5. The share a bank lends on is 0..0.30 by score, and 0 where the data dies with
the enterprise. All assets that live on sales share one cap: what all invoiced sales could support.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.approaches import Approach, Range, data_cost, declining_income, market_price, reconcile
from models.valuation.columns import EvidenceColumns, Known, day_number, register_numbers
from models.valuation.confidence import confidence_of
from models.valuation.data_quality import data_score, quality_score
from models.valuation.data_rules import data_masks
from models.valuation.facts import in_pool, of_enterprises
from models.valuation.groups import Groups, consecutive, once_per_key
from models.valuation.ip import appraised
from models.valuation.outcome import Masks, Valuation, Valued, lay_out
from models.valuation.parameters import DataParameters
from models.valuation.rates import ONE, Flags, Int64, checked_fen, of, ratio, share
from models.valuation.score import Score
from models.valuation.words import SIGNALS, knocked_out

_DAYS_A_YEAR = 365


def value_data_assets(
    rows: pa.Table,
    parameters: DataParameters,
    *,
    as_of: date,
    facts: pa.Table | None = None,
    pooled: pa.Table | None = None,
) -> Valuation:
    """Value the data assets in `rows` (columns of the record kind `data_asset`; absent columns are unknown) at `as_of`.

    `facts`: one row per enterprise, `enterprise_id` and `verified_sales_12m_fen` (from invoices). `pooled`: register
    numbers that the asset pool already counts. The register number is the certificate's, else the asset's own number.
    """
    evidence, number = _prepared(rows)
    owners, keys = consecutive(evidence.enterprises()), consecutive(evidence.enterprises(), number)
    today, common = day_number(as_of), parameters.common
    pooled_here = in_pool(evidence, pooled, number)
    sales = of_enterprises(evidence, facts, "verified_sales_12m_fen")
    quality = quality_score(evidence, share(common.missing_score))
    score = data_score(evidence, quality, parameters)
    fresh = _freshness(evidence, today, parameters)
    years = _years_left(evidence, today, parameters)
    cost = _cost(evidence, quality, fresh, parameters)
    income = _income(evidence, sales, years, fresh, parameters)
    market, appraisal_decay = _market(evidence, quality, fresh, today, parameters)
    reconciled = reconcile(
        cost,
        income,
        market,
        cost_multiple=share(common.cost_multiple),
        lone_share=share(common.lone_approach_share),
        tolerance=share(common.gap_tolerance),
    )
    masks = data_masks(
        evidence,
        approaches=(cost, income, market),
        sales=sales,
        pooled=pooled_here,
        repeated=np.bincount(keys.of_row, minlength=keys.count)[keys.of_row] > 1,
        today=today,
        parameters=parameters,
    )
    signals = masks.signals | SIGNALS.mask("approaches_disagree", reconciled.disagree)
    masks = Masks(masks.knock_outs, masks.pending, signals, masks.used, masks.missing)
    value = _after_knock_outs(reconciled.value, masks)
    lends = _lending_share(evidence, score, parameters)
    return lay_out(
        Valued(
            asset_type=pa.array(["data_asset"] * evidence.size, pa.string()),
            register_no=number,
            enterprise_id=evidence.enterprises(),
            owners=owners,
            keys=keys,
            approaches=(cost, income, market),
            value=value,
            cap=_sales_cap((owners, keys), income.known, sales, years, parameters),
            capped=np.asarray(income.known & sales.known, bool),
            score=score.value,
            decay=np.where(market.known & (appraisal_decay > 0), np.minimum(fresh, appraisal_decay), fresh),
            lending_share=lends,
            masks=masks,
            confidence=confidence_of(value, (cost, income, market), reconciled, score.known_weight, masks),
            pooled=pooled_here,
        )
    )


def _prepared(rows: pa.Table) -> tuple[EvidenceColumns, pa.ChunkedArray]:
    found = EvidenceColumns(rows)
    certificate, own = register_numbers(found.texts("certificate_no")), register_numbers(found.texts("asset_no"))
    number = pc.if_else(pc.equal(certificate, ""), own, certificate)
    rows = rows.append_column("register_number", number)
    rows = rows.take(
        pc.sort_indices(
            rows, [("enterprise_id", "ascending"), ("register_number", "ascending"), ("asset_no", "ascending")]
        )
    )
    evidence = EvidenceColumns(rows)
    return evidence, evidence.texts("register_number")


def _freshness(evidence: EvidenceColumns, today: int, parameters: DataParameters) -> Int64:
    """1 up to `refresh_fresh_days` after the last refresh, then down in a straight line to 0 at `refresh_dead_days`."""
    refreshed = evidence.days("refreshed_on").otherwise(evidence.days("registered_on"))
    span = parameters.refresh_dead_days - parameters.refresh_fresh_days
    age = today - refreshed.values
    return np.asarray(
        np.where(refreshed.known, ratio(np.clip(parameters.refresh_dead_days - age, 0, span), span), 0), np.int64
    )


def _years_left(evidence: EvidenceColumns, today: int, parameters: DataParameters) -> Int64:
    """Whole years until certificate or source licence ends, at most the horizon."""
    most = today + parameters.common.horizon_years * 366
    ends = np.minimum(
        evidence.days("certificate_expires_on").default(most), evidence.days("licence_expires_on").default(most)
    )
    return np.asarray(np.clip((ends - today) // _DAYS_A_YEAR, 0, parameters.common.horizon_years), np.int64)


def _cost(evidence: EvidenceColumns, quality: Score, fresh: Int64, parameters: DataParameters) -> Approach:
    """DOMAIN 3.2 cost. The book value is audited cost: it backs low and central, a stated cost only the high."""
    stated, booked = evidence.integers("cost_fen"), evidence.integers("book_fen")
    audited = booked.known & (evidence.choice("book_as", ("intangible", "inventory", "development")) >= 0)
    top = checked_fen(np.maximum(stated.values, np.where(audited, booked.values, 0)))
    part = of(top, share(parameters.common.self_reported_share))
    low = np.where(audited, checked_fen(booked.values), 0)
    costs = Range(low, np.maximum(low, np.where(audited, 0, part)), top)
    operate, use = evidence.flags("right_to_operate"), evidence.flags("right_to_use")
    held = np.full(evidence.size, share(parameters.circulation_hold), np.int64)
    used, sold = share(parameters.circulation_use), share(parameters.circulation_operate)
    sure = np.where(operate.true, sold, np.where(use.true, used, held))
    best = np.where(operate.false, np.where(use.false, held, used), sold)
    rare, uplift = evidence.shares("scarcity"), share(parameters.scarcity_uplift)
    scarcity = Range(*(of(rare.default(fill), uplift) for fill in (0, 0, ONE)))
    value = data_cost(
        costs.times(fresh),
        share(parameters.cost_return),
        quality.value,
        Range(sure, sure, best),
        scarcity,
        share(parameters.risk),
    )
    known = np.asarray(stated.known | audited, bool)
    return Approach(value, known, np.asarray(audited, bool))


def unrelated_revenue(evidence: EvidenceColumns) -> Range:
    """Revenue of 12 months from customers that are not related; an unknown related share may be everything."""
    revenue, related = evidence.integers("revenue_12m_fen"), evidence.shares("related_revenue_share")
    return Range(*(of(checked_fen(revenue.values), ONE - related.default(fill)) for fill in (ONE, 0, 0)))


def _income(
    evidence: EvidenceColumns, sales: Known, years: Int64, fresh: Int64, parameters: DataParameters
) -> Approach:
    """Attributable income, shrinking yearly, over the years the rights still run."""
    revenue, common = evidence.integers("revenue_12m_fen"), parameters.common
    outside = unrelated_revenue(evidence)
    bounded = Range(*(np.where(sales.known, np.minimum(end, sales.values), end) for end in outside.ends))
    part = share(common.self_reported_share)
    low = np.where(sales.known, of(bounded.low, part), 0)
    central = np.where(sales.known, bounded.central, of(bounded.central, part))
    yearly = Range(low, central, bounded.high).times(share(parameters.attributable_share))
    value = declining_income(
        yearly.times(fresh),
        years,
        rate=common.discount_rate,
        decline=common.yearly_decline,
        horizon=common.horizon_years,
    )
    return Approach(value, revenue.known, np.asarray(revenue.known & sales.known, bool))


def _sales_cap(
    groups: tuple[Groups, Groups], earns: Flags, sales: Known, years: Int64, parameters: DataParameters
) -> Range:
    """What all invoiced sales could support over the longest rights: the most that all data assets earn together."""
    common, (owners, keys) = parameters.common, groups
    everything = Range.point(of(checked_fen(sales.values), share(parameters.attributable_share)))
    cap = declining_income(
        everything, years, rate=common.discount_rate, decline=common.yearly_decline, horizon=common.horizon_years
    )
    return Range.point(owners.highest(once_per_key(np.where(earns, cap.high, 0), keys)))


def _market(
    evidence: EvidenceColumns, quality: Score, fresh: Int64, today: int, parameters: DataParameters
) -> tuple[Approach, Int64]:
    """A comparable trade's price, adjusted; else an appraisal, decaying with age."""
    price = evidence.integers("trade_price_fen")
    demand, volume = share(parameters.market_demand), share(parameters.market_volume)
    traded = market_price(Range.point(checked_fen(price.values)), quality.value, demand, fresh, volume)
    common = parameters.common
    whole = np.full(evidence.size, ONE, np.int64)
    report, decay = appraised(evidence, whole, today, common.appraisal_life_months, share(common.self_reported_share))
    value = traded.where(price.known, report.value)
    return Approach(value, price.known | report.known, price.known | report.verified), np.where(
        price.known, fresh, decay
    )


def _after_knock_outs(value: Range, masks: Masks) -> Range:
    """Knocked out: nothing. Pending, or sold to one related party only: nothing in low and central."""
    out = knocked_out(masks.knock_outs)
    held = (masks.pending != 0) | SIGNALS.has(masks.signals, "only_customer_related")
    return Range(
        np.where(out | held, 0, value.low), np.where(out | held, 0, value.central), np.where(out, 0, value.high)
    )


def _lending_share(evidence: EvidenceColumns, score: Score, parameters: DataParameters) -> Range:
    """0..0.30 in proportion to the score; 0 where updates end with the enterprise, prudently also where nobody said."""
    depends = evidence.flags("depends_on_enterprise")
    most = share(parameters.lending_share)
    ends = [of(end, most) for end in score.value.ends]
    alive = ~depends.true
    sure = depends.false
    return Range(np.where(sure, ends[0], 0), np.where(sure, ends[1], 0), np.where(alive, ends[2], 0))
