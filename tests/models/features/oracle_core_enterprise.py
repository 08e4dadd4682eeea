"""The family core_enterprise again, for one enterprise and one day, from its definitions."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date

import pandas as pd

from tests.models.features.oracle_settlement import days_late, mean_late, rows_of
from tests.models.features.oracles import Side, Values, begins_after, divided

SCALE = [
    "AAA",
    "AA+",
    "AA",
    "AA-",
    "A+",
    "A",
    "A-",
    "BBB+",
    "BBB",
    "BBB-",
    "BB+",
    "BB",
    "BB-",
    "B+",
    "B",
    "B-",
    "CCC",
    "CC",
    "C",
    "D",
]


def core_enterprise(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family."""
    programmes = rows_of(seen["anchor_programme"])
    live = [row for row in programmes if row.left_on is None or row.left_on > as_of]
    anchors = {row.anchor_id for row in live}
    delays = [row.delay_p75_days for row in live if row.delay_p75_days is not None]
    ratings = [SCALE.index(row.anchor_rating) + 1 for row in live if row.anchor_rating in SCALE]
    stated = [row for row in live if row.programme_limit_fen is not None and row.programme_used_fen is not None]
    settled = [
        row
        for row in rows_of(seen["receivable"])
        if row.debtor_id in anchors and row.settled_on is not None and row.settled_on <= as_of
    ]
    first = min((row.settled_on for row in settled), default=None)
    windows = {
        k: [row for row in settled if row.due_on is not None and row.settled_on > begins_after(as_of, k)]
        for k in (3, 12)
    }
    ordered = sorted(days_late(row) for row in windows[12])
    means = {k: mean_late(windows[k]) for k in windows}
    customers: dict[str, int] = defaultdict(int)
    sales = Side(seen["invoice"], "sales", as_of)
    for row in rows_of(sales.within(sales.valid, 0, 12)):
        customers[row.counterparty_id] += row.amount_fen
    bought = {party: net for party, net in customers.items() if net > 0}
    return {
        "anchors": float(len(anchors)) if programmes else None,
        "anchor_tenure_months": None if first is None else (as_of - first).days / 30.4375,
        "anchor_sales_share_12m": divided(
            sum(net for party, net in bought.items() if party in anchors), sum(bought.values())
        )
        if programmes
        else None,
        "anchor_delay_p75": max(delays, default=None),
        "anchor_days_late_p75_12m": float(ordered[math.ceil(len(ordered) * 75 / 100) - 1]) if ordered else None,
        "anchor_days_late_change_3m": None if means[3] is None or means[12] is None else means[3] - means[12],
        "anchor_rating_notch": float(max(ratings)) if ratings else None,
        "programme_utilisation": divided(
            sum(row.programme_used_fen for row in stated), sum(row.programme_limit_fen for row in stated)
        ),
    }
