"""Why: reasons from a fixed bilingual catalogue, the waterfall, and the order-free table of caps.

Why this probability and why this amount are kept apart (DOMAIN 8.1).
"""

from models.explanation.reasons import Reason, primary_reasons, probability_reasons
from models.explanation.selection import ReasonColumns, select_reasons
from models.explanation.tables import Cap, Gate, PolicyUse, Step, caps, gates, sources, waterfall

__all__ = [
    "Cap",
    "Gate",
    "PolicyUse",
    "Reason",
    "ReasonColumns",
    "Step",
    "caps",
    "gates",
    "primary_reasons",
    "probability_reasons",
    "select_reasons",
    "sources",
    "waterfall",
]
