"""What would change the amount: the smallest act of the enterprise that lifts what binds, recomputed with the engine.

Only what an honest firm can do and a bank can verify: nothing immutable (age, history, sector), nothing that games the
measure (splitting invoices, buying patents, moving receipts in circles). A lever is a recomputation, not a promise: it
holds everything else, the default probability included, as it stands.
"""

from models.explanation.levers.catalogue import LEVERS, LeverText
from models.explanation.levers.change import Change
from models.explanation.levers.lever import Lever
from models.explanation.levers.search import changes_of, find_levers
from models.explanation.situation import Situation

__all__ = ["LEVERS", "Change", "Lever", "LeverText", "Situation", "changes_of", "find_levers"]
