"""The supplier limit by core enterprise (核心企业供应商额度), beyond what receivables on it carry. DOMAIN 1.4."""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs

_POLICY = tuple(
    f"supplier.{name}"
    for name in (
        "ratio",
        "share_cap",
        "longest_days",
        "days_when_unknown",
        "sublimit",
        "tenure_months",
        "tenure_factor",
        "delay_days",
        "delay_factor",
        "fulfilment",
        "fulfilment_factor",
    )
)


def supplier(cases: Cases) -> AmountColumns:
    """The limits by anchor, less the overlap with receivables where the product lends on those, too.

    The overlap cannot be more than either side, so that evidence taken away on one side leaves the other whole.
    """
    value, known = cases.amount("supplier_fen")
    overlap = np.minimum(np.minimum(cases.amount("supplier_overlap_fen")[0], value), cases.carried)
    unpaid = cases.known_fact("supplier_without_payments") > 0
    silent = cases.known_fact("supplier_without_report") > 0
    used = known & cases.lends_on("supplier")
    return AmountColumns(
        code="supplier",
        value=np.where(used, value - overlap, 0),
        status=status_column(pending=unpaid | silent, not_applicable=~used),
        policy_names=_POLICY,
        document=np.where(unpaid, Document.PAYMENT_HISTORY, Document.ANCHOR_REPORT).astype(np.int8),
        inputs=fact_inputs(cases, supplier_fen="fen", supplier_overlap_fen="fen", supplier_settled_12m_fen="fen"),
    )
