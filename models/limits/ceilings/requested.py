"""The requested amount: nobody is granted more than was asked for."""

from __future__ import annotations

import numpy as np

from models.limits.case import NO_REQUEST, Cases
from models.limits.rule import AmountColumns, status_column


def requested(cases: Cases) -> AmountColumns:
    """What the applicant asked; not applicable where no amount was named."""
    named = cases.requested_fen != NO_REQUEST
    return AmountColumns(
        code="requested",
        value=np.where(named, cases.requested_fen, 0),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_), not_applicable=~named),
    )
