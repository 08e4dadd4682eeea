"""The order base: what is ordered and neither delivered nor billed, as far as the firm delivers. DOMAIN 1.4.

order = max(0, open amount * fulfilment * share - deposit), floored by order
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column, product_over, scaled
from models.limits.measures.receivables import RATE_SCALE, by_enterprise
from models.policy import Policy
from models.positions import Rows


def fulfilment(orders: Rows, size: int) -> tuple[FenColumn, Mask]:
    """Delivered over ordered of what fell due in twelve months, in billionths, and where anything fell due."""
    due, done = (
        by_enterprise(orders.row, fen_column(orders.numbers[name], name)[0], size)
        for name in ("due_12m_fen", "done_12m_fen")
    )
    known = due > 0
    return np.where(known, product_over(done, RATE_SCALE, np.maximum(due, 1)), 0), known


def order_base(orders: Rows, size: int, policy: Policy) -> Mapping[str, FloatColumn]:
    """`orders_fen`, the open amount that may count, and the fulfilment; NaN where no order is on file."""
    rate, known = fulfilment(orders, size)
    late, age = orders.numbers["late_days"], orders.numbers["age_days"]
    counts = (
        (orders.numbers["barred"] == 0)
        & ~(late > policy.whole("orders.longest_delay_days"))
        & (age <= policy.whole("orders.longest_age_days"))
    )
    amount = np.where(counts, fen_column(orders.numbers["open_fen"], "open_fen")[0], 0)
    deposit, _ = fen_column(orders.numbers["deposit_fen"], "deposit_fen")
    lent = product_over(rate, scaled(policy.number("orders.advance_share")), RATE_SCALE)
    each = np.maximum(product_over(amount, lent[orders.row], RATE_SCALE) - deposit, 0)
    seen = np.zeros(size, dtype=np.bool_)
    seen[orders.row] = True
    return {
        "orders_fen": np.where(seen, by_enterprise(orders.row, each, size), np.nan),
        "orders_open_fen": np.where(seen, by_enterprise(orders.row, amount, size), np.nan),
        "orders_fulfilment": np.where(known, rate / RATE_SCALE, np.nan),
    }
