"""A second, deliberately plain valuation of one asset in exact fractions, straight from the domain reference.

No columns, no shares in trillionths, no floors on the way: the engine must come out at most a few fen below it, never
above. The pool is done to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from tests.valuation_rows import AS_OF, data_numbers, ip_numbers, pool_numbers

Row = Mapping[str, Any]
LEGAL, TECHNICAL, ECONOMIC = 4, 6, 4
MISSING = object()


def exact(number: Any) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(Decimal(str(number)))


def part(count: int | None, full: int) -> Any:
    return MISSING if count is None else min(Fraction(count, full), Fraction(1))


def mean(scores: Sequence[Any], count: int, missing: Fraction) -> Fraction:
    """Mean over `count` indicators of which those not given are missing."""
    values = [missing if score is MISSING else score for score in scores] + [missing] * (count - len(scores))
    return sum(values, Fraction(0)) / count


def years_worth(income: Fraction, years: int, rate: Decimal, decline: Decimal) -> Fraction:
    return sum(
        (income * (1 - exact(decline)) ** year / (1 + exact(rate)) ** year for year in range(1, years + 1)), Fraction(0)
    )


def together(cost: Fraction | None, income: Fraction | None, market: Fraction | None, common: Any) -> Fraction:
    """Central value: lower of income and cost × multiple, a market price as a ceiling; one alone counts in part."""
    known = [value for value in (cost, income, market) if value is not None]
    if not known:
        return Fraction(0)
    if len(known) == 1:
        return known[0] * exact(common.lone_approach_share)
    if cost is not None and income is not None:
        found = min(income, cost * exact(common.cost_multiple))
    else:
        found = income if income is not None else cost  # type: ignore[assignment]
    return found if market is None or found is None else min(found, market)


def right_central(row: Row, sales: int | None) -> Fraction:
    """Central value of one clean right by itself, in fen."""
    numbers = ip_numbers()
    kind, missing = numbers.types[row["ip_type"]], exact(numbers.common.missing_score)
    term = kind.term_months * 365 // 12
    remaining = max((row["expires_on"] - AS_OF).days, 0)
    life = min(Fraction(remaining, term), Fraction(1))
    stability = exact(kind.stability) + (exact(numbers.survived_challenge_bonus) if row["invalidations"] else 0)
    scope: Any = MISSING
    if row["claims"] is not None and row["independent_claims"] is not None:
        wide = part(row["claims"], numbers.full_claims) + part(
            row["independent_claims"], numbers.full_independent_claims
        )
        scope = wide / 2
    cited: Any = MISSING
    if row["forward_citations"] is not None:
        age = max((AS_OF - row["filed_on"]).days, 365)
        foreign = row["forward_citations"] - min(row["self_citations"] or 0, row["forward_citations"])
        cited = min(Fraction(foreign * 365, age * numbers.full_citations_per_year), Fraction(1))
    used: Any = MISSING if row["main_product"] is None else Fraction(int(row["main_product"]))
    classes: Any = MISSING if not row["ipc4"] else part(row["ipc4"].count(";") + 1, numbers.full_classes)
    legal = mean([min(stability, Fraction(1)), scope], LEGAL, missing)
    technical = mean([cited, classes, used], TECHNICAL, missing)
    countries, licences = part(row["countries"], numbers.full_countries), part(row["licences"], numbers.full_licences)
    economic = mean([life, countries, used, licences], ECONOMIC, missing)
    weights = (numbers.legal_weight, numbers.technical_weight, numbers.economic_weight)
    score = sum((exact(w) * s for w, s in zip(weights, (legal, technical, economic), strict=True)), Fraction(0))
    strength = score * exact(kind.multiplier) * exact(row["owner_share"])
    replacement = kind.standard_cost_fen if row["cost_fen"] is None else min(row["cost_fen"], kind.standard_cost_fen)
    cost = replacement * strength * life
    income = None
    if row["attributable_revenue_12m_fen"] is not None:
        revenue = exact(row["attributable_revenue_12m_fen"])
        revenue = revenue * exact(numbers.common.self_reported_share) if sales is None else min(revenue, exact(sales))
        yearly = revenue * exact(numbers.royalty_rate) * strength * (1 - exact(numbers.tax_rate))
        years = min(remaining // 365, numbers.common.horizon_years)
        income = years_worth(yearly, years, numbers.common.discount_rate, numbers.common.yearly_decline)
    return together(cost, income, appraised(row, numbers.common), numbers.common)


def appraised(row: Row, common: Any) -> Fraction | None:
    if row["appraised_fen"] is None or row["appraised_on"] is None:
        return None
    life = common.appraisal_life_months * 365 // 12
    left = life - (AS_OF - row["appraised_on"]).days
    if left <= 0:
        return None
    value = exact(row["appraised_fen"]) * Fraction(left, life) * exact(row.get("owner_share", 1))
    return value if row["appraiser"] else value * exact(common.self_reported_share)


def data_central(row: Row, sales: int | None) -> Fraction:
    """Central value of one clean data asset by itself, in fen; quality audited, scores all given."""
    numbers = data_numbers()
    names = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
    quality = sum((exact(row[f"quality_{name}"]) for name in names), Fraction(0)) / 6
    span = numbers.refresh_dead_days - numbers.refresh_fresh_days
    age = (AS_OF - row["refreshed_on"]).days
    fresh = min(max(Fraction(numbers.refresh_dead_days - age, span), Fraction(0)), Fraction(1))
    circulation = numbers.circulation_operate if row["right_to_operate"] else numbers.circulation_use
    usefulness = quality * exact(circulation) * (1 + exact(row["scarcity"]) * exact(numbers.scarcity_uplift))
    usefulness *= 1 - exact(numbers.risk)
    cost = None
    if row["book_fen"] is not None:
        cost = row["book_fen"] * fresh * (1 + exact(numbers.cost_return)) * usefulness
    income = None
    if row["revenue_12m_fen"] is not None:
        outside = row["revenue_12m_fen"] * (1 - exact(row["related_revenue_share"]))
        outside = outside * exact(numbers.common.self_reported_share) if sales is None else min(outside, exact(sales))
        years = numbers.common.horizon_years
        for end in (row.get("certificate_expires_on"), row.get("licence_expires_on")):
            if isinstance(end, date):
                years = min(years, max((end - AS_OF).days // 365, 0))
        yearly = outside * exact(numbers.attributable_share) * fresh
        income = years_worth(yearly, years, numbers.common.discount_rate, numbers.common.yearly_decline)
    return together(cost, income, None, numbers.common)


def pool_fen(rows: Sequence[Row]) -> int:
    """The pool of one enterprise to the fen, for eligible assets with one row per register number."""
    numbers = pool_numbers()
    gross: list[tuple[Row, str, int]] = []
    for row in rows:
        name = row["asset_class"]
        if name == "bank_bill":
            name = "bank_bill_large" if row["issuer_type"] == "state_bank" else "bank_bill_regional"
        if name == "receivable":
            name = "receivable_confirmed" if row["confirmed"] else "receivable_unconfirmed"
        rate = exact(numbers.classes[name].pledge_rate)
        if row["currency"] != "CNY":
            rate *= 1 - exact(numbers.currency_haircut)
        gross.append((row, name, floor(row["value_fen"] * rate)))
    before = sum(value for _, _, value in gross)
    free = ("margin", "deposit", "government_bond", "warehouse_receipt", "bill_of_lading")
    issuers: dict[str, int] = {}
    goods = base = 0
    for row, name, value in gross:
        if name in free:
            goods += value if name in ("warehouse_receipt", "bill_of_lading") else 0
            base += 0 if name in ("warehouse_receipt", "bill_of_lading") else value
        else:
            issuers[row["issuer_id"]] = issuers.get(row["issuer_id"], 0) + value
    base += sum(min(value, floor(before * exact(numbers.issuer_cap))) for value in issuers.values())
    cap = exact(numbers.family_caps["goods"])
    return base + min(goods, floor(base * cap / (1 - cap)))
