"""The decision as a value: versioned record, canonical bytes, an id that is the SHA-256 of the content."""

from models.decision.decisions import Decisions, EnterpriseNotScored
from models.decision.detail import detail_columns, is_flat
from models.decision.errors import (
    DecisionAltered,
    DecisionNotReproduced,
    DecisionUnreadable,
    DecisionVersionUnknown,
)
from models.decision.explained import ExplanationRecord, cases_of, explain, reasons_as_told
from models.decision.reading import (
    CapRow,
    GateRow,
    WaterfallRow,
    cap_rows,
    gate_rows,
    outcome_words,
    parse,
    waterfall_rows,
)
from models.decision.record import DecisionRecord

__all__ = [
    "CapRow",
    "DecisionAltered",
    "DecisionNotReproduced",
    "DecisionRecord",
    "DecisionUnreadable",
    "DecisionVersionUnknown",
    "Decisions",
    "EnterpriseNotScored",
    "ExplanationRecord",
    "GateRow",
    "WaterfallRow",
    "cap_rows",
    "cases_of",
    "detail_columns",
    "explain",
    "gate_rows",
    "is_flat",
    "outcome_words",
    "parse",
    "reasons_as_told",
    "waterfall_rows",
]
