"""The product maximum."""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, status_column


def product_maximum(cases: Cases) -> AmountColumns:
    """The most that the product lends to one enterprise, less what this bank has lent already."""
    return AmountColumns(
        code="product_maximum",
        value=np.maximum(cases.terms(lambda product: product.maximum_fen) - cases.own_exposure, 0),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_)),
    )
