"""Every measure of N enterprises: positions and policy in, facts of the limit out."""

from __future__ import annotations

from collections.abc import Mapping

from models.limits.arithmetic import FloatColumn
from models.limits.measures.group import group_facts
from models.limits.measures.orders import fulfilment, order_base
from models.limits.measures.receivables import ReceivableTerms, base_columns, borrowing_base
from models.limits.measures.supplier import supplier_limits
from models.policy import Policy
from models.positions import Positions


def measure(positions: Positions, policy: Policy) -> Mapping[str, FloatColumn]:
    """The facts that the positions give, by name; a subject without rows gives none, so that it stays unknown."""
    size = positions.size
    facts: dict[str, FloatColumn] = {}
    base = None
    if positions.claims is not None:
        base = borrowing_base(positions.claims, size, ReceivableTerms.of(policy))
        facts |= base_columns(base)
    if positions.orders is not None:
        facts |= order_base(positions.orders, size, policy)
    if positions.anchors is not None:
        debtors = None if base is None else base.debtors
        delivered = None if positions.orders is None else fulfilment(positions.orders, size)
        facts |= supplier_limits(positions.anchors, size, policy, debtors=debtors, fulfilment=delivered)
    for prefix, rows in positions.single.items():
        facts |= {f"{prefix}_{name}": rows.dense(name, size) for name in rows.numbers}
    if positions.group is not None:
        facts |= group_facts(positions.group, policy)
    return facts
