"""The inclusive-finance line (普惠小微单户授信口径): a product counted there keeps within it. DOMAIN 1.5."""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, status_column

_LINE = "ceiling.inclusive_line"


def inclusive_line(cases: Cases) -> AmountColumns:
    """The line on the policy day less what we lent; not applicable to other products, nor before it was first drawn."""
    drawn = cases.policy.is_in_force(_LINE)
    counted = cases.terms(lambda product: int(product.inclusive_finance)) == 1
    applicable = counted & drawn
    line = cases.policy.fen(_LINE) if drawn else 0
    return AmountColumns(
        code="inclusive_line",
        value=np.where(applicable, np.maximum(line - cases.own_exposure, 0), 0),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_), not_applicable=~applicable),
        policy_names=(_LINE,) if drawn else (),
    )
