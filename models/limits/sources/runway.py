"""Runway of a pre-revenue firm: a share of equity cash that arrived, and of the cash that is left. DOMAIN 1.5.

    runway = min( share of cash received in the last round, share of free cash )

Free cash is remaining runway times burn by definition. Only what arrived counts, never what was agreed.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import share_of
from models.limits.case import Cases
from models.limits.ceilings.working_capital_need import statement_is_fresh
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs

_RECEIVED, _FREE = "runway.cash_received_share", "runway.free_cash_share"


def runway(cases: Cases) -> AmountColumns:
    """The lower of the two shares; without a recent statement of cash it is pending at nothing."""
    received, _ = cases.amount("funding_cash_received_fen")
    cash, known = cases.amount("statement_cash_fen")
    bound, _ = cases.amount("statement_restricted_cash_fen")
    first = np.zeros(len(cases), dtype=np.int16)
    by_round = share_of(np.maximum(received, 0), (cases.policy.number(_RECEIVED),), first)
    by_cash = share_of(np.maximum(cash - np.maximum(bound, 0), 0), (cases.policy.number(_FREE),), first)
    pending = ~(known & statement_is_fresh(cases))
    return AmountColumns(
        code="runway",
        value=np.where(pending | ~cases.pre_revenue, 0, np.minimum(by_round, by_cash)),
        status=status_column(pending=pending, not_applicable=~cases.pre_revenue),
        policy_names=(_RECEIVED, _FREE, "runway.largest_sales", "runway.round_age_months"),
        document=Document.CASH_PROOF,
        inputs=fact_inputs(
            cases,
            funding_cash_received_fen="fen",
            funding_months_since_cash="months",
            statement_cash_fen="fen",
            statement_restricted_cash_fen="fen",
        ),
    )
