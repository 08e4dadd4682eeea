"""The decision as a value: versioned record, canonical bytes, an id that is the SHA-256 of the content."""

from models.decision.decisions import Decisions, EnterpriseNotScored
from models.decision.errors import DecisionAltered, DecisionUnreadable, DecisionVersionUnknown
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
    "DecisionRecord",
    "DecisionUnreadable",
    "DecisionVersionUnknown",
    "Decisions",
    "EnterpriseNotScored",
    "GateRow",
    "WaterfallRow",
    "cap_rows",
    "gate_rows",
    "outcome_words",
    "parse",
    "waterfall_rows",
]
