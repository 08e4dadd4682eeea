"""Orders: whether the enterprise delivers what it sold, in time, and what is still to come (DOMAIN 1.4, 2.1).

Sales orders only. An order counts as cancelled from its day of cancellation. *Due* orders are those not cancelled whose
promised day lies in the window. What is delivered beyond the order does not make up for another one. Amounts are with
tax.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

FAMILY = "orders"

_ORDERS = Rollup(
    name="orders",
    kinds=("trade_order",),
    where={"trade_order": "r.direction = 'sales'"},
    sql="""
        SELECT e, max(ordered_on) AS last,
            coalesce(sum(amount_fen) FILTER (ordered_on > {ago_12}), 0) AS ordered_12m,
            coalesce(sum(amount_fen) FILTER (ordered_on > {ago_3}), 0) AS ordered_3m,
            coalesce(sum(amount_fen) FILTER (ordered_on > {ago_24} AND ordered_on <= {ago_12}), 0) AS ordered_before,
            coalesce(sum(amount_fen) FILTER (ordered_on > {ago_15} AND ordered_on <= {ago_12}), 0) AS quarter_before,
            coalesce(sum(amount_fen) FILTER (cancelled AND ordered_on > {ago_12}), 0) AS cancelled_12m,
            coalesce(sum(amount_fen) FILTER (due), 0) AS due_12m,
            coalesce(sum(least(delivered, amount_fen)) FILTER (due), 0) AS fulfilled_12m,
            coalesce(sum(amount_fen) FILTER (due AND delivered >= amount_fen AND delivered_on <= promised_on), 0)
                AS on_time_12m,
            coalesce(sum(delivered) FILTER (ordered_on > {ago_12}), 0) AS delivered_12m,
            coalesce(sum(returned_fen) FILTER (ordered_on > {ago_12}), 0) AS returned_12m,
            coalesce(sum(greatest(amount_fen - delivered, 0)) FILTER (NOT cancelled AND ordered_on > {ago_24}), 0)
                AS backlog,
            coalesce(sum(amount_fen) FILTER (disputed AND ordered_on > {ago_12}), 0) AS disputed_12m,
            coalesce(sum(amount_fen) FILTER (disputed IS NOT NULL AND ordered_on > {ago_12}), 0) AS said_12m
        FROM (SELECT *, NOT cancelled AND promised_on > {ago_12} AND promised_on <= {as_of} AS due
            FROM (SELECT e, ordered_on, promised_on, delivered_on, amount_fen, returned_fen, disputed,
                coalesce(delivered_fen, 0) AS delivered, coalesce(cancelled_on <= {as_of}, false) AS cancelled
                FROM {trade_order})) GROUP BY e""",
)

_feature = partial(Feature, family=FAMILY, needs=(), source="DOMAIN 1.4, 2.1")
_NEVER = "or no sales order was ever seen"
_NOTHING_DUE = f"null when no order was promised for a day of the window, {_NEVER}"
_NOTHING_ORDERED = f"null when nothing was ordered in the window, {_NEVER}"

_FEATURES = (
    _feature(
        name="order_fulfil_rate_12m",
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="订单履约率",
        en="order fulfilment rate",
        reason_zh="订单履约率低",
        reason_en="orders are not delivered in full",
        definition="delivered (at most what was ordered) / ordered, of the due orders",
        empty=_NOTHING_DUE,
        expression=ratio("orders.fulfilled_12m", "orders.due_12m"),
    ),
    _feature(
        name="order_on_time_rate_12m",
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="订单准时交付率",
        en="share of orders delivered in time",
        reason_zh="订单交付不准时",
        reason_en="orders are delivered late",
        definition="amount of due orders delivered in full by the promised day / amount of due orders",
        empty=_NOTHING_DUE,
        expression=ratio("orders.on_time_12m", "orders.due_12m"),
    ),
    _feature(
        name="order_backlog_to_sales_12m",
        unit="ratio",
        window=12,
        direction=NO_DIRECTION,  # orders to come, but also orders not delivered, or sales gone
        zh="在手订单与销售比",
        en="order backlog against sales",
        reason_zh="在手订单与销售不相称",
        reason_en="orders on hand are out of proportion to sales",
        definition="not yet delivered of the orders of 24 months, cancelled ones left out / net sales with tax",
        empty=f"null when net sales of 12 months are not positive, {_NEVER}",
        expression=ratio("orders.backlog", "(s.net_0_12 + s.tax_0_12)"),
    ),
    _feature(
        name="orders_12m_fen",
        unit="fen",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月订单金额",
        en="orders received in 12 months",
        reason_zh="订单金额偏低",
        reason_en="few orders received",
        definition="amount of the sales orders of the window, cancelled ones included",
        empty="0 when the window is empty but orders were seen before; null when no sales order was ever seen",
        expression="orders.ordered_12m",
    ),
    _feature(
        name="order_growth_yoy",
        unit="fraction",
        window=24,
        direction=LOWERS_RISK,
        zh="订单同比增速",
        en="growth of orders against the year before",
        reason_zh="订单同比下滑",
        reason_en="orders fell against a year earlier",
        definition="orders of 12 months / orders of the 12 months before - 1",
        empty=f"null when nothing was ordered in the earlier year, {_NEVER}",
        expression=f"{ratio('orders.ordered_12m', 'orders.ordered_before')} - 1",
    ),
    _feature(
        name="order_growth_3m_yoy",
        unit="fraction",
        window=15,
        direction=LOWERS_RISK,
        zh="近3个月订单同比增速",
        en="growth of orders, last 3 months against the same a year earlier",
        reason_zh="近期订单同比下滑",
        reason_en="recent orders fell against a year earlier",
        definition="orders of 3 months / orders of the same 3 months one year earlier - 1",
        empty=f"null when nothing was ordered in the earlier quarter, {_NEVER}",
        expression=f"{ratio('orders.ordered_3m', 'orders.quarter_before')} - 1",
    ),
    _feature(
        name="order_return_rate_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="订单退货率",
        en="return rate of orders",
        reason_zh="退货率高",
        reason_en="much of what is delivered comes back",
        definition="returned / delivered, of the orders of the window",
        empty=f"null when nothing of the window's orders was delivered, {_NEVER}",
        expression=ratio("orders.returned_12m", "orders.delivered_12m"),
    ),
    _feature(
        name="order_cancel_rate_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="订单取消率",
        en="cancelled share of orders",
        reason_zh="订单取消多",
        reason_en="many orders are cancelled",
        definition="amount of the cancelled / amount of all orders of the window",
        empty=_NOTHING_ORDERED,
        expression=ratio("orders.cancelled_12m", "orders.ordered_12m"),
    ),
    _feature(
        name="order_dispute_share_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="争议订单占比",
        en="disputed share of orders",
        reason_zh="订单争议多",
        reason_en="many orders are disputed",
        definition="amount of the disputed / amount of the orders of which somebody said whether, in the window",
        empty=f"null when nobody said so of any order of the window, {_NEVER}",
        expression=ratio("orders.disputed_12m", "orders.said_12m"),
    ),
    _feature(
        name="days_since_last_order",
        unit="days",
        window=None,
        direction=NO_DIRECTION,
        zh="距最近一笔订单天数",
        en="days since the last order",
        reason_zh="近期没有新订单",
        reason_en="no recent order",
        definition="days from the last sales order to as_of",
        empty="null when no sales order was ever seen",
        expression="{as_of} - orders.last",
    ),
)

ORDERS = Family(name=FAMILY, rollups=(_ORDERS,), features=_FEATURES)
