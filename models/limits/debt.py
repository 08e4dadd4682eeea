"""What the enterprise owes all lenders: by the loans on file, the bureau or the balance sheet, whichever says most.

None of them knows what this bank has committed itself to and nobody has drawn yet: that counts besides. What was drawn
under a line that the request replaces will be owed under the new one, so it does not stand in its way.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import FenColumn, Mask
from models.limits.case import Cases


def all_debt(cases: Cases) -> tuple[FenColumn, Mask]:
    """Debt of all lenders in fen, and where at least one source states it. The sources overlap, so they do not add."""
    loans, on_file = cases.amount("debt_debt_fen")
    bureau, reported = cases.amount("bureau_debt_fen")
    short, stated = cases.amount("statement_short_term_debt_fen")
    long, also = cases.amount("statement_long_term_debt_fen")
    debt: FenColumn = np.maximum(np.maximum(np.maximum(loans, bureau), short + long), 0)
    return np.maximum(debt + cases.committed_beyond_loans, 0), on_file | reported | stated | also
