"""The borrowing base (应收账款借款基数): what is lent on open receivables, by debtor. DOMAIN 1.3.

The base is measured by debtor in `models.limits.measures.receivables`; here it becomes a source with every exclusion.
"""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs

_POLICY = tuple(
    f"receivables.{name}"
    for name in (
        "aged_days",
        "past_due_days",
        "cross_age_share",
        "concentration_share",
        "anchor_concentration_share",
        "advance_rate",
        "free_dilution",
        "smallest_advance_rate",
        "reserve_share",
    )
)


def receivables(cases: Cases) -> AmountColumns:
    """The base where receivables are on file; a product or an enterprise without them adds nothing."""
    value, known = cases.amount("receivables_fen")
    used = known & cases.lends_on("receivables")
    return AmountColumns(
        code="receivables",
        value=np.where(used, value, 0),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_), not_applicable=~used),
        policy_names=_POLICY,
        document=Document.RECEIVABLE_LIST,
        inputs=fact_inputs(
            cases,
            receivables_gross_fen="fen",
            receivables_aged_fen="fen",
            receivables_cross_aged_fen="fen",
            receivables_credits_fen="fen",
            receivables_contra_fen="fen",
            receivables_ineligible_fen="fen",
            receivables_unconfirmed_fen="fen",
            receivables_concentrated_fen="fen",
            receivables_dilution="fraction",
            receivables_advance_rate="fraction",
        ),
    )
