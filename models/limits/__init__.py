"""The limit: gates, then sources that add up, then ceilings that only take away, in integer fen over N enterprises.

Each rule is a file that returns columns (`rule.py`); `engine.compute_limits` runs them and never knows their names.
"""

from models.limits.case import NO_REQUEST, Cases, LimitFactAbsent
from models.limits.engine import SOURCES_TOTAL, LimitColumns, Outcome, compute_limits
from models.limits.measures import asset_facts, measure
from models.limits.rule import AmountColumns, Document, GateColumns, InputColumn, Status
from models.limits.waterfall import (
    COMMITTED_LINES,
    ELIGIBILITY,
    EXISTING_EXPOSURE,
    PRODUCT_MINIMUM,
    STEP_ROUNDING,
    StepColumns,
)

__all__ = [
    "COMMITTED_LINES",
    "ELIGIBILITY",
    "EXISTING_EXPOSURE",
    "NO_REQUEST",
    "PRODUCT_MINIMUM",
    "SOURCES_TOTAL",
    "STEP_ROUNDING",
    "AmountColumns",
    "Cases",
    "Document",
    "GateColumns",
    "InputColumn",
    "LimitColumns",
    "LimitFactAbsent",
    "Outcome",
    "Status",
    "StepColumns",
    "asset_facts",
    "compute_limits",
    "measure",
]
