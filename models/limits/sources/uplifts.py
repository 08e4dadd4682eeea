"""Bounded uplifts for IP rights and data assets: they lift a limit, they do not replace cash flow. DOMAIN 0, 3.3, 4.

    IP + data <= share / (1 - share) of all other sources, and <= an absolute cap

so that with a share of 0.20 they are at most 20 % of the sources together, with no circle: the bound looks at the other
sources only. Where a ceiling cuts the sum, the others are used first, so the share of the final limit is lower still.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import FenColumn, product_over, scaled
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column
from models.limits.standing import fact_inputs

_SHARE, _MAXIMUM = "valuation.uplift_share_of_limit", "valuation.uplift_maximum"
_ONE = 10**9


def ip_uplift(cases: Cases) -> AmountColumns:
    """What IP rights lift, at the low end of their lending range."""
    return _uplift(cases, "ip_uplift", "ip")


def data_uplift(cases: Cases) -> AmountColumns:
    """What data assets lift beside IP rights: both share one bound."""
    return _uplift(cases, "data_uplift", "data")


def _uplift(cases: Cases, code: str, prefix: str) -> AmountColumns:
    value, known = cases.amount(f"{prefix}_lending_low_fen")
    taken = cases.by_source.get("ip_uplift", np.zeros(len(cases), dtype=np.int64))
    left = np.maximum(uplift_bound(cases, cases.carried - taken) - taken, 0)
    used = known & cases.lends_on(code)
    best = np.maximum(cases.amount(f"{prefix}_lending_high_fen")[0], value)
    material = np.minimum(best, left) - np.minimum(value, left) >= cases.terms(lambda product: product.step_fen)
    refer = (cases.known_fact(f"{prefix}_refer") > 0) & material
    return AmountColumns(
        code=code,
        value=np.where(used, np.minimum(value, left), 0),
        status=status_column(pending=refer, not_applicable=~used),
        policy_names=(_SHARE, _MAXIMUM),
        document=Document.ASSET_REVIEW,
        inputs={
            **fact_inputs(cases, **{f"{prefix}_lending_low_fen": "fen", f"{prefix}_lending_high_fen": "fen"}),
            "bound_fen": InputColumn("bound_fen", "fen", left.astype(np.float64)),
        },
    )


def uplift_bound(cases: Cases, others: FenColumn) -> FenColumn:
    """The most that IP and data together may lift beside the other sources."""
    part = scaled(cases.policy.number(_SHARE))
    most = cases.policy.fen(_MAXIMUM)
    if part >= _ONE:
        return np.full(len(cases), most, dtype=np.int64)
    return np.minimum(product_over(others, part, _ONE - part), most)
