"""Every measure of N enterprises: positions and policy in, facts of the limit out."""

from __future__ import annotations

from collections.abc import Mapping

from models.limits.arithmetic import FloatColumn
from models.limits.measures.receivables import ReceivableTerms, base_columns, borrowing_base
from models.policy import Policy
from models.positions import Positions


def measure(positions: Positions, policy: Policy) -> Mapping[str, FloatColumn]:
    """The facts that the positions give, by name; a subject without rows gives none, so that it stays unknown."""
    facts: dict[str, FloatColumn] = {}
    if positions.claims is not None:
        facts |= base_columns(borrowing_base(positions.claims, positions.size, ReceivableTerms.of(policy)))
    for prefix, rows in (("debt", positions.loans), ("statement", positions.statements)):
        if rows is not None:
            facts |= {f"{prefix}_{name}": rows.dense(name, positions.size) for name in rows.numbers}
    return facts
