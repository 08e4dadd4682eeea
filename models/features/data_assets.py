"""Data assets: registered, lawful, good and earning (DOMAIN 3).

Valid = with a certificate, and neither the certificate nor the source licence past its last day: the knock-outs
not_registered and expired of `models.valuation.data_rules`; a test holds them together. Whether a source is lawful is
its own feature here, so that a model can see it.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, ratio
from models.features.whole_parts import whole

NAME = "data_assets"
DIMENSIONS = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
_PARTS = 1_000_000
_SCORES = " + ".join(f"coalesce({whole(f'quality_{name}', _PARTS)}, 0)" for name in DIMENSIONS)
_SCORED = " + ".join(f"(quality_{name} IS NOT NULL)::INT" for name in DIMENSIONS)

ASSETS = Rollup(
    name="assets",
    kinds=("data_asset",),
    sql=f"""
    SELECT e, count(*) AS n, count(*) FILTER (valid) AS valid_n,
        sum({_SCORES}) FILTER (valid) AS scores, sum({_SCORED}) FILTER (valid) AS scored,
        sum(users) FILTER (valid) AS users, sum(contracts) FILTER (valid) AS contracts,
        sum(revenue_12m_fen) FILTER (valid) AS revenue,
        sum(greatest({{as_of}} - refreshed_on, 0)) FILTER (valid) AS stale_days,
        count(refreshed_on) FILTER (valid) AS refreshed,
        sum({whole("related_revenue_share", _PARTS)}::HUGEINT * revenue_12m_fen) FILTER (valid) AS related,
        sum(revenue_12m_fen) FILTER (valid AND related_revenue_share IS NOT NULL) AS relation_known,
        count(*) FILTER (disputed) AS disputes,
        count(*) FILTER (source_documented AND source_basis IN
            ('own', 'licensed', 'public', 'government_authorised', 'customer_consent')) AS clear_sources,
        count(*) FILTER (personal_information AND coalesce(personal_information_basis, 'none') = 'none') AS exposed
    FROM (
        SELECT *, coalesce(trim(certificate_no), '') <> '' AND NOT coalesce(certificate_expires_on < {{as_of}}, false)
            AND NOT coalesce(licence_expires_on < {{as_of}}, false) AS valid
        FROM {{data_asset}}
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), window=None, source="DOMAIN 3")
_COUNT = "0 when data assets are on record but none counts; null when no data asset was ever reported"
_STATED = "null when no valid data asset states it; 0 when it is stated as nothing"

FEATURES: tuple[Feature, ...] = (
    _entry(
        name="data_assets_valid",
        unit="count",
        direction=LOWERS_RISK,
        zh="有效登记数据资产数",
        en="registered data assets in force",
        reason_zh="有效登记的数据资产少",
        reason_en="few registered data assets",
        definition="data assets with a certificate, neither it nor the source licence past its last day",
        empty=_COUNT,
        expression="assets.valid_n",
    ),
    _entry(
        name="data_quality_mean",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="数据质量均分",
        en="mean data quality",
        reason_zh="数据质量得分低",
        reason_en="low data quality scores",
        source="DOMAIN 3.1 (GB/T 36344-2018)",
        definition="mean of the stated scores of the six quality dimensions over the valid data assets",
        empty="null when no valid data asset has a score",
        expression=ratio("assets.scores", f"(assets.scored * {_PARTS})"),
    ),
    _entry(
        name="data_users",
        unit="count",
        direction=LOWERS_RISK,
        zh="数据资产付费用户数",
        en="paying users of data assets",
        reason_zh="数据资产付费用户少",
        reason_en="few paying users of its data",
        definition="paying or contracted users of the valid data assets",
        empty=_STATED,
        expression="assets.users",
    ),
    _entry(
        name="data_contracts",
        unit="count",
        direction=LOWERS_RISK,
        zh="数据资产付费合同数",
        en="paid contracts of data assets",
        reason_zh="数据资产付费合同少",
        reason_en="few paid contracts for its data",
        definition="contracts of the valid data assets",
        empty=_STATED,
        expression="assets.contracts",
    ),
    _entry(
        name="data_revenue_12m_fen",
        unit="fen",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月数据资产收入",
        en="data revenue of 12 months",
        reason_zh="数据资产收入低",
        reason_en="little revenue from its data",
        definition="stated revenue of 12 months of the valid data assets",
        empty=_STATED,
        expression="assets.revenue",
    ),
    _entry(
        name="data_refresh_age_days",
        unit="days",
        direction=RAISES_RISK,
        zh="数据资产平均未更新天数",
        en="mean days since the data assets were refreshed",
        reason_zh="数据资产长期未更新",
        reason_en="its data has not been refreshed for long",
        source="DOMAIN 3.3 (decay by refresh age)",
        definition="mean days from the last refresh to as_of over the valid data assets that state one",
        empty="null when none states one",
        expression=ratio("assets.stale_days", "assets.refreshed"),
    ),
    _entry(
        name="data_related_revenue_share_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="数据收入关联方占比",
        en="related-party share of data revenue",
        reason_zh="数据收入主要来自关联方",
        reason_en="its data is bought mostly by related parties",
        definition="related-party share weighted by revenue of 12 months, over valid data assets that state both",
        empty="null when their revenue is not positive",
        expression=ratio("assets.related", f"(assets.relation_known * {_PARTS})"),
    ),
    _entry(
        name="data_assets_disputed",
        unit="count",
        direction=RAISES_RISK,
        zh="存在争议的数据资产数",
        en="disputed data assets",
        reason_zh="数据资产权属存在争议",
        reason_en="ownership of its data is disputed",
        source="DOMAIN 3.1, 3.3 (knock-out)",
        definition="data assets on record whose ownership is disputed",
        empty=_COUNT,
        expression="assets.disputes",
    ),
    _entry(
        name="data_source_clear_share",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="数据来源合法清晰占比",
        en="share of data assets with a clear source",
        reason_zh="数据来源依据不清",
        reason_en="the source of its data is not clear",
        source="DOMAIN 3.1, 3.3 (lawful source)",
        definition="data assets with a lawful basis of source that is documented / data assets on record",
        empty="null when no data asset was ever reported",
        expression=ratio("assets.clear_sources", "assets.n"),
    ),
    _entry(
        name="data_personal_without_basis",
        unit="count",
        direction=RAISES_RISK,
        zh="含个人信息而无处理依据的数据资产数",
        en="data assets with personal information but no basis",
        reason_zh="数据含个人信息而无处理依据",
        reason_en="its data holds personal information without a basis",
        source="DOMAIN 3.1, 7 (personal information law)",
        definition="data assets said to hold personal information whose basis is none or not stated",
        empty=_COUNT,
        expression="assets.exposed",
    ),
)

DATA_ASSETS = Family(name=NAME, rollups=(ASSETS,), features=FEATURES)
