"""IP: what rights the enterprise holds in force, how good they are, and whether they are its own work (DOMAIN 4).

In force = granted, neither past its last day nor (a patent) behind with its fees beyond the grace when the bank last
looked, and not merely licensed in. These are the knock-outs not_granted, lapsed, expired and not_owned of
`models.valuation.ip_rules`; a test holds them together.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, ratio

NAME = "ip"
LEAST_AGE_DAYS = 365  # a right younger than this has the citations of a year at most: it is not made to look quick
# 专利法第四十二条: from filing, where the register states no last day.
TERM_YEARS = {"invention": 20, "utility": 10, "design": 15}
GRACE_MONTHS = 6  # 专利法实施细则: a yearly fee may be paid late, with a surcharge, for so long
# The bank's day on which it learned the row: a fee that fell due later is open, for nobody has looked since.
_LOOKED = "make_timestamp(epoch_us(known_at) + 28_800_000_000)::DATE"
_GRACE = f"({{as_of}} - ({{as_of}} - to_months({GRACE_MONTHS}))::DATE)::INT"

_ENDS = "CASE ip_type " + " ".join(f"WHEN '{kind}' THEN {years}" for kind, years in TERM_YEARS.items()) + " END"
_GRANTED_ONCE = "legal_status IN ('granted', 'lapsed', 'expired', 'invalidated')"

RIGHTS = Rollup(
    name="rights",
    kinds=("ip_right",),
    sql=f"""
    SELECT e, count(*) FILTER (valid) AS valid_n,
        count(*) FILTER (valid AND ip_type = 'invention') AS inventions,
        count(*) FILTER (valid AND ip_type = 'utility') AS utility_models,
        count(*) FILTER (valid AND ip_type = 'software') AS software,
        count(*) FILTER (valid AND ip_type = 'trademark') AS trademarks,
        sum(forward_citations - coalesce(self_citations, 0)) FILTER (valid AND patent) AS outside,
        sum(age) FILTER (valid AND patent AND forward_citations IS NOT NULL) AS cited_days,
        sum(self_citations) FILTER (valid AND patent AND forward_citations IS NOT NULL) AS own_citations,
        sum(forward_citations) FILTER (valid AND patent AND self_citations IS NOT NULL) AS citations,
        sum(life) FILTER (valid) AS life, count(life) FILTER (valid) AS lives,
        sum(life::HUGEINT * attributable_revenue_12m_fen) FILTER (valid) AS earning_life,
        sum(attributable_revenue_12m_fen) FILTER (valid AND life IS NOT NULL) AS earnings,
        count(*) FILTER (patent AND (legal_status = 'lapsed' OR (legal_status = 'granted' AND unpaid))) AS fee_lapsed,
        count(*) FILTER (patent AND {_GRANTED_ONCE}) AS granted_once,
        count(*) FILTER (patent AND original AND {_GRANTED_ONCE}) AS original_granted,
        count(*) FILTER (patent AND original AND legal_status IN ('rejected', 'withdrawn')) AS original_refused,
        count(*) FILTER (valid AND patent AND with_university) AS university,
        count(with_university) FILTER (valid AND patent) AS university_known,
        sum(inventors) FILTER (valid AND patent AND inventors_left IS NOT NULL) AS inventors,
        sum(inventors_left) FILTER (valid AND patent AND inventors IS NOT NULL) AS inventors_gone,
        count(*) FILTER (valid AND acquisition = 'bought' AND acquired_on > {{ago_12}} AND acquired_on <= {{as_of}})
            AS bought,
        count(*) FILTER (valid AND main_product) AS main, count(main_product) FILTER (valid) AS main_known,
        sum(licences) FILTER (valid) AS licensed, sum(litigations) AS litigated,
        count(*) FILTER (valid AND pledged) AS pledged_n, count(pledged) FILTER (valid) AS pledged_known
    FROM (
        SELECT *, legal_status = 'granted' AND NOT (patent AND unpaid) AND acquisition IS DISTINCT FROM 'licensed'
            AND (ends IS NULL OR ends > {{as_of}}) AS valid, ends - {{as_of}} AS life
        FROM (
            SELECT *, ip_type IN ('invention', 'utility', 'design') AS patent,
                coalesce(fee_paid_until < {_LOOKED} - {_GRACE}, false) AS unpaid,
                acquisition IS NULL OR acquisition = 'own' AS original,
                coalesce(expires_on, (filed_on + to_years({_ENDS}))::DATE) AS ends,
                greatest({{as_of}} - filed_on, {LEAST_AGE_DAYS}) AS age
            FROM {{ip_right}}
        )
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), window=None, source="DOMAIN 4")
_COUNT = "0 when rights are on record but none of them is in force; null when no IP right was ever reported"


def _held(name: str, column: str, zh: str, en: str) -> Feature:
    return _entry(
        name=name,
        unit="count",
        direction=LOWERS_RISK,
        zh=f"有效{zh}件数",
        en=f"{en} in force",
        reason_zh=f"有效{zh}少",
        reason_en=f"few {en} in force",
        definition=f"number of {en} in force",
        empty=_COUNT,
        expression=f"rights.{column}",
    )


FEATURES: tuple[Feature, ...] = (
    _held("ip_inventions_valid", "inventions", "发明专利", "invention patents"),
    _held("ip_utility_models_valid", "utility_models", "实用新型", "utility models"),
    _held("ip_software_valid", "software", "软件著作权", "software copyrights"),
    _held("ip_trademarks_valid", "trademarks", "商标", "trademarks"),
    _entry(
        name="ip_citations_per_year",
        unit="ratio",
        direction=LOWERS_RISK,
        zh="每件有效专利年均他引次数",
        en="citations by others per patent and year",
        reason_zh="专利被他人引用少",
        reason_en="patents are little cited by others",
        definition="citations by others of patents in force / their years since filing, each at least one year",
        empty="null when no patent in force has a citation count",
        expression=ratio("rights.outside * 365", "rights.cited_days"),
    ),
    _entry(
        name="ip_self_citation_share",
        unit="fraction",
        direction=RAISES_RISK,
        zh="专利自引占比",
        en="share of self citations",
        reason_zh="专利引用主要为自引",
        reason_en="patents are cited mostly by their owner",
        definition="self citations / citations of the patents in force for which both are known",
        empty="null when these patents have no citation",
        expression=ratio("rights.own_citations", "rights.citations"),
    ),
    _entry(
        name="ip_remaining_life_days",
        unit="days",
        direction=LOWERS_RISK,
        zh="知识产权加权剩余期限",
        en="weighted remaining life of IP rights",
        reason_zh="知识产权剩余期限短",
        reason_en="IP rights run out soon",
        definition=(
            "mean days to the last day of the rights in force, weighted by attributable revenue of 12 months, "
            "unweighted where none is stated; patents without a stated last day: the statutory term from filing"
        ),
        empty="null when no right in force has a known last day",
        expression=(
            f"CASE WHEN rights.earnings > 0 THEN {ratio('rights.earning_life', 'rights.earnings')} "
            f"ELSE {ratio('rights.life', 'rights.lives')} END"
        ),
    ),
    _entry(
        name="ip_fee_lapse_share",
        unit="fraction",
        direction=RAISES_RISK,
        zh="专利欠费失效占比",
        en="share of patents lost for unpaid fees",
        reason_zh="专利因未缴年费失效多",
        reason_en="patents were let lapse for unpaid fees",
        definition="patents lapsed, or granted with fees unpaid beyond the grace of 6 months / patents ever granted",
        empty="null when no patent was ever granted",
        expression=ratio("rights.fee_lapsed", "rights.granted_once"),
    ),
    _entry(
        name="ip_grant_rate",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="自有专利申请授权率",
        en="grant rate of own patent applications",
        reason_zh="专利申请授权率低",
        reason_en="few of its patent applications were granted",
        definition="own patent applications granted / granted, rejected or withdrawn",
        empty="null when no own application was decided",
        expression=ratio("rights.original_granted", "(rights.original_granted + rights.original_refused)"),
    ),
    _entry(
        name="ip_university_share",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="与高校院所共有专利占比",
        en="share of patents held with a university",
        reason_zh="产学研合作专利少",
        reason_en="few patents with universities",
        definition="patents in force held with a university / those for which it is known",
        empty="null when it is known for none",
        expression=ratio("rights.university", "rights.university_known"),
    ),
    _entry(
        name="ip_inventors_left_share",
        unit="fraction",
        direction=RAISES_RISK,
        zh="发明人离职占比",
        en="share of inventors who left",
        reason_zh="核心发明人流失",
        reason_en="key inventors have left",
        definition="inventors who left / inventors, over patents in force for which both are known",
        empty="null when these patents name no inventor",
        expression=ratio("rights.inventors_gone", "rights.inventors"),
    ),
    _entry(
        name="ip_bought_share_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月受让知识产权占比",
        en="share of IP rights bought in the last 12 months",
        reason_zh="近期集中受让知识产权",
        reason_en="many IP rights were bought shortly before",
        definition="rights in force bought in the window / rights in force",
        empty="null when no right is in force",
        expression=ratio("rights.bought", "rights.valid_n"),
    ),
    _entry(
        name="ip_main_product_share",
        unit="fraction",
        direction=LOWERS_RISK,
        zh="用于主营产品的知识产权占比",
        en="share of IP rights used in the main product",
        reason_zh="知识产权与主营业务不匹配",
        reason_en="IP rights do not match the main business",
        definition="rights in force used in the main product / those for which it is known",
        empty="null when it is known for none",
        expression=ratio("rights.main", "rights.main_known"),
    ),
    _entry(
        name="ip_licences",
        unit="count",
        direction=LOWERS_RISK,
        zh="知识产权对外许可次数",
        en="licences of IP rights to others",
        reason_zh="知识产权无对外许可",
        reason_en="few licences of its IP rights to others",
        definition="recorded licences of the rights in force",
        empty="null when no right in force was searched for licences; 0 when searched and none found",
        expression="rights.licensed",
    ),
    _entry(
        name="ip_litigations",
        unit="count",
        direction=RAISES_RISK,
        zh="知识产权涉诉次数",
        en="lawsuits about IP rights",
        reason_zh="知识产权涉诉",
        reason_en="its IP rights are in court",
        definition="lawsuits about any right on record, in force or not",
        empty="null when no right was searched for lawsuits; 0 when searched and none found",
        expression="rights.litigated",
    ),
    _entry(
        name="ip_pledged_share",
        unit="fraction",
        direction=RAISES_RISK,
        zh="在押知识产权占比",
        en="share of IP rights that are pledged",
        reason_zh="知识产权已质押",
        reason_en="its IP rights are already pledged",
        definition="rights in force that are pledged / those for which it is known",
        empty="null when it is known for none",
        expression=ratio("rights.pledged_n", "rights.pledged_known"),
    ),
)

IP = Family(name=NAME, rollups=(RIGHTS,), features=FEATURES)
