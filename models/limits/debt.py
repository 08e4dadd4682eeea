"""What the enterprise owes all lenders: by the loans on file, the bureau or the balance sheet, whichever says most."""

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
    debt: FenColumn = np.maximum(np.maximum(loans, bureau), short + long)
    return np.maximum(debt, 0), on_file | reported | stated | also
