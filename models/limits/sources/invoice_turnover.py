"""Invoice turnover (发票贷): a share, by grade, of the net valid sales of twelve months. DOMAIN 1.2, `C_inv`."""

from __future__ import annotations

import numpy as np

from models.grades import GRADES
from models.limits.arithmetic import share_of
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column

_SHARE = "invoice_turnover.advance_share"


def invoice_turnover(cases: Cases) -> AmountColumns:
    """floor(share(grade) * net sales). Without sales, grade or fresh data it is pending at 0."""
    sales, known = cases.fen("sales_12m_fen")
    shares = cases.policy.fractions_by_grade(_SHARE)
    worst = np.int16(min(range(len(shares)), key=lambda place: shares[place]))
    row = np.where(cases.grade_known, cases.grade, worst)
    pending = ~known | ~cases.grade_known | cases.stale
    value = share_of(np.maximum(sales, 0), shares, row)
    return AmountColumns(
        code="invoice_turnover",
        value=np.where(pending, 0, value),
        status=status_column(pending=pending),
        policy_names=(_SHARE,),
        document=np.where(known & ~cases.stale, np.int8(Document.MODEL_INPUTS), cases.sales_document),
        follows_grade=True,
        inputs={
            "sales_12m_fen": InputColumn("sales_12m_fen", "fen", cases.fact("sales_12m_fen")),
            "advance_share": InputColumn(
                "advance_share", "fraction", np.array([float(share) for share in shares])[row]
            ),
            "grade": InputColumn("grade", "grade", cases.grade, GRADES),
        },
    )
