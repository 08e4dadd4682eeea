"""The order base (订单融资): orders not yet delivered or billed, as far as the firm delivers. DOMAIN 1.4.

An order that is delivered leaves this source and comes back as a receivable: the exposure migrates. Without a record of
earlier deliveries the base is pending at nothing.
"""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs

_POLICY = ("orders.advance_share", "orders.longest_delay_days", "orders.longest_age_days")


def orders(cases: Cases) -> AmountColumns:
    """The order base where orders are on file."""
    value, known = cases.amount("orders_fen")
    waiting, _ = cases.amount("orders_open_fen")
    untried = np.isnan(cases.known_fact("orders_fulfilment")) & (waiting > 0)
    used = known & cases.lends_on("orders")
    return AmountColumns(
        code="orders",
        value=np.where(used & ~untried, value, 0),
        status=status_column(pending=untried, not_applicable=~used),
        policy_names=_POLICY,
        document=Document.DELIVERY_RECORDS,
        inputs=fact_inputs(cases, orders_open_fen="fen", orders_fulfilment="fraction"),
    )
