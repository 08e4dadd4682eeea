"""Circular trade (循环贸易): sales that go round in short cycles freeze new draws until someone has looked. DOMAIN 2.2.

Two questions of evidence: some sales go round (orange: a review), many do (red: the committee). A cycle is a reason to
ask, not proof: both refer and neither declines. Where nobody looked at the books of partners, the share is not known
and nothing is asked. What goes round counts as turnover in neither case: see `Cases.counted_sales`.
"""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import Document, GateColumns, Status, gate_column

_SHARE = "early_warning.circular_share"
_FACT = "circular_share_12m"
_ORANGE, _RED = 1, 2  # places in the table by warning level


def circular_trade(cases: Cases) -> GateColumns:
    """More than the orange share of sales goes round, and not more than the red one."""
    return _gate(cases, "circular_trade", _ORANGE, most=float(cases.policy.table(_SHARE)[_RED]))


def circular_trade_grave(cases: Cases) -> GateColumns:
    """More than the red share of sales goes round."""
    return _gate(cases, "circular_trade_grave", _RED, most=np.inf)


def _gate(cases: Cases, code: str, place: int, *, most: float) -> GateColumns:
    threshold = float(cases.policy.table(_SHARE)[place])
    share = cases.known_fact(_FACT)
    status = gate_column(fires=np.zeros(len(cases), dtype=np.bool_), pending=(share > threshold) & (share <= most))
    status[np.isnan(share)] = Status.NOT_APPLICABLE
    return GateColumns(
        code=code,
        status=status,
        value=share,
        threshold=threshold,
        unit="fraction",
        fact=_FACT,
        policy_name=_SHARE,
        document=Document.TRADE_PROOF,
    )
