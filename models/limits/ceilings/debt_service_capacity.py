"""Debt service capacity: the loan that cash flow repays with a margin, beside what repays itself. DOMAIN 1.5.

    capacity = PV(cash flow / coverage, rate, tenor in monthly payments) - debt of all lenders

Cash flow is operating cash flow less capital expenditure, before financing. What trade debtors, orders or the pool
repay out of themselves need not be repaid out of the rest, so those sources stand beside the capacity: a growing firm
without profit can still borrow on confirmed receivables.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from models.limits.arithmetic import product_over
from models.limits.case import Cases
from models.limits.ceilings.working_capital_need import statement_is_fresh
from models.limits.debt import all_debt
from models.limits.rule import AmountColumns, Document, InputColumn
from models.limits.standing import fact_inputs, standing

_COVERAGE, _RATE = "debt_service.coverage", "debt_service.annual_rate"
_SCALE = 10**9


def debt_service_capacity(cases: Cases) -> AmountColumns:
    """What the enterprise can repay over the product's tenor."""
    operating, known = cases.amount("statement_operating_cash_flow_fen")
    invested, _ = cases.amount("statement_capital_expenditure_fen")
    flow = np.maximum(operating - np.maximum(invested, 0), 0)
    coverage, rate = cases.policy.number(_COVERAGE), cases.policy.number(_RATE)
    factor = cases.terms(lambda product: loan_per_yearly_flow(coverage, rate, product.tenor_months))
    debt, _ = all_debt(cases)
    capacity = np.maximum(product_over(flow, factor, _SCALE) - debt, 0)
    return standing(
        cases,
        "debt_service_capacity",
        capacity + cases.self_liquidating,
        known=known & statement_is_fresh(cases),
        document=Document.YEARLY_STATEMENT,
        policy_names=(_COVERAGE, _RATE),
        concerns=cases.has_revenue,
        inputs={
            **fact_inputs(cases, statement_operating_cash_flow_fen="fen", statement_capital_expenditure_fen="fen"),
            "debt_fen": InputColumn("debt_fen", "fen", debt.astype(np.float64)),
            "capacity_fen": InputColumn("capacity_fen", "fen", capacity.astype(np.float64)),
            "self_liquidating_fen": InputColumn(
                "self_liquidating_fen", "fen", cases.self_liquidating.astype(np.float64)
            ),
        },
    )


@cache
def loan_per_yearly_flow(coverage: Decimal, annual_rate: Decimal, months: int) -> int:
    """The loan that one yuan of yearly cash flow repays in level monthly payments, in billionths, rounded down."""
    with localcontext() as exact:
        exact.prec = 40
        rate = annual_rate / 12
        annuity = (1 - (1 + rate) ** -months) / rate
        return int(annuity / (12 * coverage) * _SCALE)
