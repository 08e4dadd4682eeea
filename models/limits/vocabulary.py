"""The names of all facts that the limit engine reads, by watching it read, and the values that they can have."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.features import CATALOGUE
from models.features.bounds import ANYTHING, NOT_NEGATIVE, SHARE, Bounds, bounds_of
from models.limits.arithmetic import FloatColumn
from models.limits.case import NO_REQUEST, Cases
from models.limits.engine import compute_limits
from models.policy import Policy

_SHARES = frozenset(("orders_fulfilment", "receivables_advance_rate", "receivables_dilution"))
_SIGNED = frozenset(
    (
        "forecast_growth",
        "statement_equity_fen",
        "statement_net_profit_fen",
        "statement_operating_cash_flow_fen",
        "tax_cit_12m_fen",  # a refund
        "tax_vat_12m_fen",
    )
)
_FEATURES = {feature.name: bounds_of(feature) for feature in CATALOGUE}


def fact_bounds(name: str) -> Bounds:
    """The least and the greatest value that a fact of the model or of the engine can have, in its own unit."""
    if name in _FEATURES:
        return _FEATURES[name]
    if name in _SHARES:
        return SHARE
    return ANYTHING if name in _SIGNED else NOT_NEGATIVE


class _Watched(dict[str, FloatColumn]):
    """Facts of which none is known and every name that is asked for is kept."""

    def __getitem__(self, name: str) -> FloatColumn:
        return self.setdefault(name, np.full(1, np.nan))

    def get(self, name: str, default: Any = None) -> FloatColumn:  # noqa: ANN401, ARG002
        return self[name]

    def __contains__(self, name: object) -> bool:
        return True


def facts_read(policy: Policy) -> frozenset[str]:
    """Every fact that some rule of the engine asks for, whether or not any feed delivers it."""
    facts = _Watched()
    first = np.zeros(1, dtype=np.int64)
    compute_limits(
        Cases(facts, np.full(1, -1, dtype=np.int16), tuple(policy.products.values()), first, first + NO_REQUEST, policy)
    )
    return frozenset(facts.keys())
