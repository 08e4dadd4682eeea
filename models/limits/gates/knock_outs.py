"""Knock-outs: the policy rules that decline. DOMAIN 1.2 (continuity), 2.1 (void rate), 7 (grades)."""

from __future__ import annotations

import numpy as np

from models.grades import GRADES
from models.limits.case import Cases
from models.limits.rule import Document, GateColumns, Status, gate_column


def inactive(cases: Cases) -> GateColumns:
    """The last valid sales invoice is too long ago, while the data is fresh."""
    name = "eligibility.maximum_days_since_last_sale"
    threshold = cases.policy.whole(name)
    days = cases.fact("days_since_last_sale")
    return GateColumns(
        code="inactive",
        status=gate_column(fires=days > threshold, pending=np.isnan(days) | cases.stale),
        value=days,
        threshold=float(threshold),
        unit="days",
        fact="days_since_last_sale",
        policy_name=name,
        document=cases.sales_document,
    )


def turnover_not_positive(cases: Cases) -> GateColumns:
    """Net sales of 12 months are not above the floor (zero by default): red-letter invoices ate the turnover."""
    name = "eligibility.minimum_net_sales"
    threshold = cases.policy.fen(name)
    sales, known = cases.fen("sales_12m_fen")
    return GateColumns(
        code="turnover_not_positive",
        status=gate_column(fires=sales <= threshold, pending=~known | cases.stale),
        value=cases.fact("sales_12m_fen"),
        threshold=float(threshold),
        unit="fen",
        fact="sales_12m_fen",
        policy_name=name,
        document=cases.sales_document,
    )


def void_rate_too_high(cases: Cases) -> GateColumns:
    """Too many sales invoices were voided. Without any sales invoice there is no rate, and nothing to stop here."""
    name = "eligibility.maximum_void_rate"
    threshold = float(cases.policy.number(name))
    rate = cases.fact("void_rate_12m")
    no_feed = np.isnan(cases.fact("sales_12m_fen"))
    status = gate_column(fires=rate > threshold, pending=no_feed | cases.stale)
    status[np.isnan(rate) & (status != Status.PENDING)] = Status.NOT_APPLICABLE
    return GateColumns(
        code="void_rate_too_high",
        status=status,
        value=rate,
        threshold=threshold,
        unit="fraction",
        fact="void_rate_12m",
        policy_name=name,
        document=cases.sales_document,
    )


def grade_too_weak(cases: Cases) -> GateColumns:
    """The grade is worse than the worst that may receive a limit. Grades compare by their place on the scale."""
    name = "eligibility.worst_grade"
    worst = GRADES.index(cases.policy.text(name))
    place = np.where(cases.grade_known, cases.grade.astype(np.float64), np.nan)
    return GateColumns(
        code="grade_too_weak",
        status=gate_column(fires=cases.grade > worst, pending=~cases.grade_known),
        value=place,
        threshold=float(worst),
        unit="grade",
        fact="grade",
        policy_name=name,
        document=Document.MODEL_INPUTS,
    )
