"""Net assets: exposure within a multiple of equity, where the product asks for it. DOMAIN 1 and 1.5."""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import product_over, scaled
from models.limits.case import Cases
from models.limits.ceilings.working_capital_need import statement_is_fresh
from models.limits.rule import AmountColumns, Document
from models.limits.standing import fact_inputs, standing

_MULTIPLE = "ceiling.net_assets_multiple"


def net_assets(cases: Cases) -> AmountColumns:
    """Multiple times equity, less what this bank has lent already."""
    equity, known = cases.amount("statement_equity_fen")
    most = product_over(np.maximum(equity, 0), scaled(cases.policy.number(_MULTIPLE)), 10**9)
    return standing(
        cases,
        "net_assets",
        most - cases.own_exposure,
        known=known & statement_is_fresh(cases),
        document=Document.YEARLY_STATEMENT,
        policy_names=(_MULTIPLE,),
        inputs=fact_inputs(cases, statement_equity_fen="fen"),
    )
