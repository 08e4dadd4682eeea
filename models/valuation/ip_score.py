"""The score of an IP right: legal, technical and economic value, after the structure of GB/T 42748-2023.

The standard has 3 first-level, 14 second-level and 27 third-level indicators (IP office notice, DOMAIN.md 4, S41). The
names of the second level below are how practice lists them [E]; its text was not at hand, so no weight of the standard
is quoted: first-level weights are policy (30/40/30), second-level ones weigh the same within their level.
Nine of the 14 read register fields; five need an expert's judgement (`expert_<name>`, 0..1) and are else unknown.
"""

from __future__ import annotations

import numpy as np

from models.valuation.columns import EvidenceColumns, Known, by_choice
from models.valuation.parameters import IP_TYPES, IpParameters
from models.valuation.rates import ONE, Int64, ratio, share
from models.valuation.score import Indicator, Score, by_level, weighted_score

LEGAL, TECHNICAL, ECONOMIC = "legal", "technical", "economic"
INDICATORS = (
    Indicator("stability", LEGAL, "权利稳定性", "stability of the right"),
    Indicator("scope", LEGAL, "保护范围", "scope of protection"),
    Indicator("detectability", LEGAL, "侵权可判定性", "whether infringement can be detected"),
    Indicator("dependency", LEGAL, "依赖性", "independence from earlier rights"),
    Indicator("advancement", TECHNICAL, "先进性", "technical advancement"),
    Indicator("substitutability", TECHNICAL, "可替代性", "difficulty of substitution"),
    Indicator("breadth", TECHNICAL, "适用范围", "range of application"),
    Indicator("independence", TECHNICAL, "独立性", "whether it works on its own"),
    Indicator("maturity", TECHNICAL, "成熟度", "maturity"),
    Indicator("field_trend", TECHNICAL, "领域发展态势", "trend of the technical field"),
    Indicator("remaining_life", ECONOMIC, "剩余经济寿命", "remaining economic life"),
    Indicator("competition", ECONOMIC, "竞争态势", "competitive situation"),
    Indicator("market_use", ECONOMIC, "市场应用", "use in the market"),
    Indicator("operation", ECONOMIC, "运营情况", "licensing and operation"),
)
LEVELS = (LEGAL, TECHNICAL, ECONOMIC)


def indicator_columns(
    evidence: EvidenceColumns,
    kind: Int64,
    remaining_days: Known,
    term_days: Int64,
    today: int,
    parameters: IpParameters,
) -> dict[str, Known]:
    """The 14 indicators of each right in 0..1, unknown where neither a field nor an expert speaks."""
    columns = {item.name: evidence.shares(f"expert_{item.name}") for item in INDICATORS}
    stability = by_choice(kind, {name: share(parameters.types[name].stability) for name in IP_TYPES}, IP_TYPES)
    survived = evidence.integers("invalidations").true
    stability = np.minimum(stability + np.where(survived, share(parameters.survived_challenge_bonus), 0), ONE)
    columns["stability"] = Known(stability, kind >= 0)
    claims, independent = evidence.integers("claims"), evidence.integers("independent_claims")
    width = ratio(independent.values, parameters.full_independent_claims)
    scope = (ratio(claims.values, parameters.full_claims) + width) // 2
    columns["scope"] = Known(scope, claims.known & independent.known)
    cited, filed = evidence.integers("forward_citations"), evidence.days("filed_on")
    own = np.minimum(evidence.integers("self_citations").values, cited.values)
    age_days = np.maximum(today - filed.values, 365)
    per_year = ratio(np.minimum(cited.values - own, 10_000) * 365, age_days * parameters.full_citations_per_year)
    columns["advancement"] = Known(per_year, cited.known & filed.known)
    percentile = evidence.shares("citation_percentile")
    columns["advancement"] = percentile.otherwise(columns["advancement"])
    used = evidence.flags("main_product")
    match = Known(used.values * ONE, used.known)
    for name, field, full in (
        ("competition", "countries", parameters.full_countries),
        ("operation", "licences", parameters.full_licences),
    ):
        columns[name] = evidence.integers(field).over(full)
    columns["breadth"] = evidence.listed("ipc4").over(parameters.full_classes)
    columns["maturity"] = columns["maturity"].otherwise(match)
    columns["market_use"] = match
    columns["remaining_life"] = Known(ratio(remaining_days.values, term_days), remaining_days.known)
    return columns


def ip_score(columns: dict[str, Known], parameters: IpParameters) -> Score:
    """Legal 30 %, technical 40 %, economic 30 % by default (DOMAIN.md 4), before the multiplier of the type."""
    missing = share(parameters.common.missing_score)
    weights = (parameters.legal_weight, parameters.technical_weight, parameters.economic_weight)
    levels = [by_level(INDICATORS, columns, level, missing) for level in LEVELS]
    return weighted_score(list(zip(weights, levels, strict=True)))
