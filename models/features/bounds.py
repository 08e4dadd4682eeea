"""Between which values a feature can lie at all, by its unit: what a thought experiment may not leave.

A share or a rate lies in 0 to 1, a count, a number of months or days is not negative. Wider are those whose parts are
net of red-letter invoices (a quarter may take back more than the year sold) or of amounts that do not limit each other.
"""

from __future__ import annotations

import math
import re

from models.features.feature import Feature

Bounds = tuple[float, float]
ANYTHING: Bounds = (-math.inf, math.inf)
NOT_NEGATIVE: Bounds = (0.0, math.inf)
SHARE: Bounds = (0.0, 1.0)
_SHARE = re.compile(r"(^|_)(share|rate|hhi)(_|$)")
_WIDER: dict[str, Bounds] = {
    "sales_recent_share_3m": ANYTHING,
    "purchases_recent_share_3m": ANYTHING,
    "peak_month_share_12m": NOT_NEGATIVE,
    "red_rate_3m": NOT_NEGATIVE,
    "red_rate_12m": NOT_NEGATIVE,
    "purchase_red_rate_12m": NOT_NEGATIVE,
    "sales_tax_rate_12m": ANYTHING,
    "purchase_tax_rate_12m": ANYTHING,
    "anchor_sales_share_12m": ANYTHING,
    "order_return_rate_12m": NOT_NEGATIVE,
    "wages_paid_share_3m": NOT_NEGATIVE,
    "funding_cash_share": NOT_NEGATIVE,
}


def bounds_of(feature: Feature) -> Bounds:
    """The least and the greatest value that the feature can have."""
    if feature.name in _WIDER:
        return _WIDER[feature.name]
    if feature.unit in ("count", "months") or (feature.unit == "days" and "_change_" not in feature.name):
        return NOT_NEGATIVE
    return SHARE if feature.unit == "fraction" and _SHARE.search(feature.name) else ANYTHING
