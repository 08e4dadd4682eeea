"""Questions of evidence: is there enough, fresh enough, to decide at all? They refer, they never decline."""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import FloatColumn, Mask
from models.limits.case import Cases
from models.limits.rule import Document, GateColumns, Status, gate_column


def _never(cases: Cases) -> Mask:
    return np.zeros(len(cases), dtype=np.bool_)


def _as_float(mask: Mask) -> FloatColumn:
    return mask.astype(np.float64)


def no_sales_feed(cases: Cases) -> GateColumns:
    """No sales invoice feed is connected: sales are unknown, which is not zero."""
    missing = np.isnan(cases.fact("sales_12m_fen"))
    return GateColumns(
        code="no_sales_feed",
        status=gate_column(fires=_never(cases), pending=missing),
        value=_as_float(~missing),
        threshold=1.0,
        unit="count",
        fact="sales_12m_fen",
        document=Document.SALES_INVOICES,
    )


def data_too_old(cases: Cases) -> GateColumns:
    """The newest invoice in either direction is too old."""
    name = "evidence.maximum_age_days"
    return GateColumns(
        code="data_too_old",
        status=gate_column(fires=_never(cases), pending=cases.stale),
        value=cases.data_age_days,
        threshold=float(cases.policy.whole(name)),
        unit="days",
        fact="data_age_days",
        policy_name=name,
        document=Document.FRESH_INVOICES,
    )


def history_too_short(cases: Cases) -> GateColumns:
    """The first sales invoice is too recent for twelve months to be twelve months; not asked without a feed."""
    name = "evidence.minimum_history_days"
    threshold = cases.policy.whole(name)
    days = cases.fact("days_since_first_sale")
    known = ~np.isnan(cases.fact("sales_12m_fen"))
    status = gate_column(fires=_never(cases), pending=np.isnan(days) | (days < threshold))
    status[~known] = Status.NOT_APPLICABLE
    return GateColumns(
        code="history_too_short",
        status=status,
        value=days,
        threshold=float(threshold),
        unit="days",
        fact="days_since_first_sale",
        policy_name=name,
        document=Document.OLDER_INVOICES,
    )


def no_probability(cases: Cases) -> GateColumns:
    """No default probability could be computed."""
    return GateColumns(
        code="no_probability",
        status=gate_column(fires=_never(cases), pending=~cases.grade_known),
        value=_as_float(cases.grade_known),
        threshold=1.0,
        unit="count",
        fact="pd",
        document=Document.MODEL_INPUTS,
    )
