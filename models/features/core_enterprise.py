"""Core enterprise (核心企业): the anchors in whose programmes the enterprise is, and how they treat it (DOMAIN 1.4).

A programme is in force from the day the enterprise joined until it left. The rating scale is ordinal: AAA is 1, each
notch one more. The anchor's delay towards all its suppliers is what the programme states; its delay towards this
enterprise is seen in the receivables, days late as in the family settlement.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

FAMILY = "core_enterprise"
RATINGS = (
    *("AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-"),
    *("BB+", "BB", "BB-", "B+", "B", "B-", "CCC", "CC", "C", "D"),
)
DAYS_OF_A_MONTH = 30.4375  # 365.25 / 12
_RATING = "CASE upper(trim(anchor_rating)) " + " ".join(f"WHEN '{r}' THEN {n}" for n, r in enumerate(RATINGS, 1))
_IN_FORCE = "(left_on IS NULL OR left_on > {as_of})"

_PROGRAMMES = Rollup(
    name="programmes",
    kinds=("anchor_programme",),
    sql=f"""
        SELECT e, count(DISTINCT anchor_id) FILTER ({_IN_FORCE}) AS anchors,
            max({_RATING} END) FILTER ({_IN_FORCE}) AS rating,
            max(delay_p75_days) FILTER ({_IN_FORCE}) AS delay,
            sum(programme_used_fen) FILTER ({_IN_FORCE} AND programme_limit_fen IS NOT NULL) AS used,
            sum(programme_limit_fen) FILTER ({_IN_FORCE} AND programme_used_fen IS NOT NULL) AS lent
        FROM {{anchor_programme}} GROUP BY e""",
)
_SALES = Rollup(
    name="anchor_sales",
    kinds=("anchor_programme", "invoice"),
    sql=f"""
        SELECT e, coalesce(sum(net) FILTER (anchored), 0) AS net, sum(net) AS net_all
        FROM (SELECT e, party, net FROM {{parties}} WHERE sale AND net > 0)
        LEFT JOIN (SELECT DISTINCT e, anchor_id AS party, true AS anchored FROM {{anchor_programme}} WHERE {_IN_FORCE})
        USING (e, party) GROUP BY e""",
)
_SETTLED = Rollup(
    name="anchor_settled",
    kinds=("anchor_programme", "receivable"),
    where={"receivable": "r.settled_on IS NOT NULL"},
    sql="""
        SELECT e, min(settled_on) AS first,
            quantile_disc(late, 0.75) FILTER (settled_on > {ago_12}) AS late_p75,
            sum(face_fen) FILTER (late IS NOT NULL AND settled_on > {ago_12}) AS paid_12m,
            sum(face_fen::HUGEINT * late) FILTER (settled_on > {ago_12}) AS late_12m,
            sum(face_fen) FILTER (late IS NOT NULL AND settled_on > {ago_3}) AS paid_3m,
            sum(face_fen::HUGEINT * late) FILTER (settled_on > {ago_3}) AS late_3m
        FROM (SELECT e, debtor_id, settled_on, face_fen,
            CASE WHEN due_on IS NOT NULL THEN greatest(settled_on - due_on, 0) END AS late
            FROM {receivable} WHERE settled_on <= {as_of})
        SEMI JOIN (SELECT e, anchor_id AS debtor_id FROM {anchor_programme}
            WHERE left_on IS NULL OR left_on > {as_of}) USING (e, debtor_id) GROUP BY e""",
)

_feature = partial(Feature, family=FAMILY, needs=(), source="DOMAIN 1.4, 2.1")
_NO_PROGRAMME = "or the enterprise was never seen in a programme"
_NOT_SETTLED = (
    f"null when no receivable from an anchor in force with a due date was settled in the window, {_NO_PROGRAMME}"
)
_SHARE = ratio("anchor_sales.net", "anchor_sales.net_all")
_LATE_12M = ratio("anchor_settled.late_12m", "anchor_settled.paid_12m")

_FEATURES = (
    _feature(
        name="anchors",
        unit="count",
        window=None,
        direction=LOWERS_RISK,
        zh="有效核心企业数量",
        en="core enterprises in whose programmes it is",
        reason_zh="没有有效的核心企业关系",
        reason_en="no programme of a core enterprise in force",
        definition="different anchors with a programme in force on as_of",
        empty="0 when all programmes were left; null when it was never seen in one",
        expression="programmes.anchors",
    ),
    _feature(
        name="anchor_tenure_months",
        unit="months",
        window=None,
        direction=LOWERS_RISK,
        zh="与核心企业合作月数",
        en="months since the first settlement by an anchor",
        reason_zh="与核心企业合作时间短",
        reason_en="short history with its core enterprise",
        definition=f"days since the first settled receivable from an anchor in force / {DAYS_OF_A_MONTH}",
        empty=f"null when no anchor in force has settled a receivable yet, {_NO_PROGRAMME}",
        expression=f"({{as_of}} - anchor_settled.first) / {DAYS_OF_A_MONTH}::DOUBLE",
    ),
    _feature(
        name="anchor_sales_share_12m",
        unit="fraction",
        window=12,
        direction=NO_DIRECTION,
        zh="对核心企业销售占比",
        en="share of sales to anchors",
        reason_zh="对核心企业销售占比异常",
        reason_en="unusual share of sales to core enterprises",
        source="DOMAIN 2.1 (U-shape)",
        definition="net sales to anchors in force / net sales over customers with positive net sales",
        empty=f"null when no customer has positive net sales in the window, {_NO_PROGRAMME}",
        expression=f"CASE WHEN programmes.anchors IS NOT NULL THEN {_SHARE} END",
    ),
    _feature(
        name="anchor_delay_p75",
        unit="days",
        window=None,
        direction=RAISES_RISK,
        zh="核心企业整体付款逾期（75分位）",
        en="days late of the anchor towards all its suppliers, 75th percentile",
        reason_zh="核心企业自身付款拖延",
        reason_en="the core enterprise pays its suppliers late",
        definition="the largest that a programme in force states",
        empty=f"null when no programme in force states it, {_NO_PROGRAMME}",
        expression="programmes.delay",
    ),
    _feature(
        name="anchor_days_late_p75_12m",
        unit="days",
        window=12,
        direction=RAISES_RISK,
        zh="核心企业对本企业付款逾期（75分位）",
        en="days late of the anchors towards this enterprise, 75th percentile",
        reason_zh="核心企业对本企业付款拖延",
        reason_en="the core enterprise pays this enterprise late",
        definition="smallest number of days that 75 % of the receivables settled by anchors in force kept within",
        empty=_NOT_SETTLED,
        expression="anchor_settled.late_p75",
    ),
    _feature(
        name="anchor_days_late_change_3m",
        unit="days",
        window=12,
        direction=RAISES_RISK,
        zh="核心企业付款逾期近3个月变化",
        en="change of the anchors' days late, last 3 months against 12",
        reason_zh="核心企业付款近期变慢",
        reason_en="the core enterprise has begun to pay later",
        source="DOMAIN 2.2 (anchor delay +15 days)",
        definition="mean days late weighted by amount of the last 3 months - the same of 12 months, anchors in force",
        empty=_NOT_SETTLED.replace("the window", "one of the windows"),
        expression=f"{ratio('anchor_settled.late_3m', 'anchor_settled.paid_3m')} - {_LATE_12M}",
    ),
    _feature(
        name="anchor_rating_notch",
        unit="grade",
        window=None,
        direction=RAISES_RISK,
        zh="核心企业评级（序数）",
        en="rating of the weakest anchor, as a number",
        reason_zh="核心企业评级偏低",
        reason_en="weakly rated core enterprise",
        definition="AAA is 1, AA+ 2 ... D 20; the worst of the anchors in force",
        empty=f"null when no programme in force states a rating of the scale, {_NO_PROGRAMME}",
        expression="programmes.rating",
    ),
    _feature(
        name="programme_utilisation",
        unit="fraction",
        window=None,
        direction=RAISES_RISK,
        zh="核心企业项目额度使用率",
        en="used share of the anchors' programmes",
        reason_zh="核心企业项目额度接近用满",
        reason_en="the core enterprise's programme is nearly used up",
        definition="used / limit, summed over the programmes in force that state both",
        empty=f"null when none states both, {_NO_PROGRAMME}",
        expression=ratio("programmes.used", "programmes.lent"),
    ),
)

CORE_ENTERPRISE = Family(name=FAMILY, rollups=(_PROGRAMMES, _SALES, _SETTLED), features=_FEATURES)
