"""Total debt: what all lenders lend together stays within a share of revenue. DOMAIN 1.5."""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import share_of
from models.limits.case import Cases
from models.limits.ceilings.working_capital_need import statement_is_fresh
from models.limits.debt import all_debt
from models.limits.rule import AmountColumns, Document, InputColumn
from models.limits.standing import standing

_SHARE = "ceiling.total_debt_share"


def total_debt(cases: Cases) -> AmountColumns:
    """Share of revenue less debt. Revenue by the statement where it is fresh, else by twelve months of invoices."""
    stated, has_statement = cases.amount("statement_revenue_fen")
    invoiced, has_sales = cases.fen("sales_12m_fen")
    fresh = has_statement & statement_is_fresh(cases)
    revenue = np.maximum(np.where(fresh, stated, invoiced), 0)
    debt, known = all_debt(cases)
    most = share_of(revenue, (cases.policy.number(_SHARE),), np.zeros(len(cases), dtype=np.int16))
    return standing(
        cases,
        "total_debt",
        most - debt,
        known=known & (fresh | has_sales),
        document=Document.LOAN_LIST,
        policy_names=(_SHARE,),
        concerns=cases.has_revenue,
        inputs={
            "revenue_fen": InputColumn("revenue_fen", "fen", np.where(fresh | has_sales, revenue, np.nan)),
            "debt_fen": InputColumn("debt_fen", "fen", np.where(known, debt, np.nan)),
        },
    )
