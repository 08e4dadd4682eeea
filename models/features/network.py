"""Network: whether sales go to people of the same house, go round in circles, or hang on firms in trouble (DOMAIN 2.1).

Everything but the reciprocal share needs the books of the neighbourhood (`Tables.neighbours`); where the tables do not
hold it, it is null. The numbers come from `models.features.neighbourhood` and `models.features.cycles`.
"""

from __future__ import annotations

from functools import partial

from models.features.family import NETWORK, Family, Rollup
from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, ratio
from models.features.neighbourhood import COLUMNS, LAG_DAYS, SHARE

FAMILY = "network"

_NETWORK = Rollup(
    name="network",
    kinds=("invoice",),
    network=True,
    sql=f"SELECT e, {', '.join(COLUMNS)} FROM {{{NETWORK}}}",
)
_RECIPROCAL = Rollup(
    name="reciprocal",
    kinds=("invoice",),
    sql="""
        SELECT e, sum(sold) AS sold, sum(least(sold, bought)) AS back
        FROM (SELECT e, party, coalesce(sum(net) FILTER (sale), 0) AS sold, coalesce(sum(net) FILTER (NOT sale), 0)
            AS bought FROM {parties} WHERE net > 0 GROUP BY e, party) GROUP BY e""",
)

_feature = partial(Feature, family=FAMILY, needs=(), source="DOMAIN 2.1", unit="fraction", window=12)
_UNKNOWN = "where the tables do not hold the neighbourhood, or no invoice of the enterprise was ever seen"
_NOTHING_SOLD = f"null when no customer has positive net sales in the window, {_UNKNOWN}"

_FEATURES = (
    _feature(
        name="reciprocal_share_12m",
        direction=RAISES_RISK,
        zh="互为买卖销售占比",
        en="share of sales that comes back as purchases",
        reason_zh="与同一对手方互相买卖",
        reason_en="buys from those to whom it sells",
        definition="sum over parties of the lesser of net sales to and net purchases from it / net sales",
        empty="null when no customer has positive net sales, or one of the two sides was never seen",
        expression=f"CASE WHEN s.sale AND NOT p.sale THEN {ratio('reciprocal.back', 'reciprocal.sold')} END",
    ),
    _feature(
        name="circular_share_12m",
        direction=RAISES_RISK,
        zh="循环交易销售占比",
        en="share of sales on short cycles",
        reason_zh="销售处于循环交易链条中",
        reason_en="sales go round in circles",
        definition=(
            "amount of the monthly links to enterprises on directed cycles of 2 to 5 within two month slots, each "
            "amount 0.8 to 1.2 of the cycle's mean, every link once / net sales by the own book; at most 1"
        ),
        empty=_NOTHING_SOLD,
        expression=ratio("least(network.circular, network.sold)", "network.sold"),
    ),
    _feature(
        name="related_sales_share_12m",
        direction=RAISES_RISK,
        zh="关联方销售占比",
        en="share of sales to related parties",
        reason_zh="对关联方销售占比高",
        reason_en="much is sold to related parties",
        definition=(
            "net sales to customers tied by a relation in force, or sharing a shareholder, controller, director, "
            "person, phone, address, device or account / net sales"
        ),
        empty=f"{_NOTHING_SOLD}; null also when relations are not connected",
        expression=ratio("network.related", "network.sold"),
    ),
    _feature(
        name="neighbour_trouble_12m",
        direction=RAISES_RISK,
        zh="直接对手方风险占比",
        en="share of trade with partners in trouble",
        reason_zh="主要对手方出现风险事件",
        reason_en="partners are in trouble",
        definition=(
            "share of the trade (both sides) with partners that have a grave risk event of 24 months, not resolved, "
            f"that happened {LAG_DAYS} days ago or earlier and was known by as_of"
        ),
        empty=f"null when there is no trade in the window or risk events are not connected, {_UNKNOWN}",
        expression=f"network.trouble_near / {SHARE}::DOUBLE",
    ),
    _feature(
        name="neighbour_trouble_two_steps_12m",
        direction=RAISES_RISK,
        zh="间接对手方风险占比",
        en="trouble of the partners' partners, weighted by trade",
        reason_zh="对手方的对手方出现风险事件",
        reason_en="the partners of its partners are in trouble",
        definition="sum over partners of the share of trade x the partner's own share with others in trouble",
        empty=f"null when there is no trade in the window or risk events are not connected, {_UNKNOWN}",
        expression=f"network.trouble_far / {SHARE}::DOUBLE / {SHARE}::DOUBLE",
    ),
    _feature(
        name="payment_rank_12m",
        unit="ratio",
        direction=LOWERS_RISK,
        zh="交易网络地位（PageRank）",
        en="rank in the network of payments",
        reason_zh="在交易网络中地位边缘",
        reason_en="at the edge of the network of payments",
        definition=(
            "two steps of PageRank (damping 0.85, all begin with 1) along payments from buyer to seller, weighted by "
            "the buyer's share of purchases"
        ),
        empty=f"0.15 when no enterprise buys from it; null {_UNKNOWN}",
        expression=f"network.rank / {SHARE}::DOUBLE",
    ),
    _feature(
        name="core_index_12m",
        unit="count",
        direction=LOWERS_RISK,
        zh="交易网络核心度（H指数）",
        en="core index in the trade network",
        reason_zh="交易伙伴联系稀疏",
        reason_en="its partners have few partners",
        source="DOMAIN 2.1 (k_core); Lü et al. 2016",
        definition="largest h such that h partners have at least h each; partners are enterprises with invoices",
        empty=f"0 without such a partner; null {_UNKNOWN}",
        expression="network.core",
    ),
)

NETWORK_FAMILY = Family(name=FAMILY, rollups=(_NETWORK, _RECIPROCAL), features=_FEATURES)
