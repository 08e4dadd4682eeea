"""Invoice turnover (发票贷): a share, by grade, of the net valid sales of twelve months. DOMAIN 1.2, `C_inv`.

A sale counts once: what trade debtors carry already (V, lent at the advance rate a) stands for sales of V / a, and the
share is taken of the other sales only, but the two together are never less than the share of all sales. Sales are net
of those to related parties and those that go round in circles:

    V + turnover = max( V + share * max(0, sales - V / a), share * sales )
"""

from __future__ import annotations

import numpy as np

from models.grades import GRADES
from models.limits.arithmetic import FenColumn, product_over, scaled, share_of
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column

_SHARE = "invoice_turnover.advance_share"


def invoice_turnover(cases: Cases) -> AmountColumns:
    """floor(share(grade) * net sales) beyond what debtors carry. Without sales, grade or fresh data, pending at 0."""
    _, known = cases.fen("sales_12m_fen")
    shares = cases.policy.fractions_by_grade(_SHARE)
    worst = np.int16(min(range(len(shares)), key=lambda place: shares[place]))
    row = np.where(cases.grade_known, cases.grade, worst)
    pending = ~known | ~cases.grade_known | cases.stale
    sold = cases.counted_sales
    financed = sales_behind(cases)
    beside = share_of(np.maximum(sold - financed, 0), shares, row)
    value = np.maximum(beside, share_of(sold, shares, row) - cases.carried)
    used = cases.lends_on("invoice_turnover") & cases.has_revenue
    return AmountColumns(
        code="invoice_turnover",
        value=np.where(pending | ~used, 0, value),
        status=status_column(pending=pending, not_applicable=~used),
        policy_names=(_SHARE,),
        document=np.where(known & ~cases.stale, np.int8(Document.MODEL_INPUTS), cases.sales_document),
        follows_grade=True,
        inputs={
            "sales_12m_fen": InputColumn("sales_12m_fen", "fen", cases.fact("sales_12m_fen")),
            "counted_sales_fen": InputColumn(
                "counted_sales_fen", "fen", np.where(known, sold.astype(np.float64), np.nan)
            ),
            "advance_share": InputColumn(
                "advance_share", "fraction", np.array([float(share) for share in shares])[row]
            ),
            "grade": InputColumn("grade", "grade", cases.grade, GRADES),
            "sales_behind_debtors_fen": InputColumn("sales_behind_debtors_fen", "fen", financed.astype(np.float64)),
        },
    )


def sales_behind(cases: Cases) -> FenColumn:
    """The sales that trade debtors finance already: what they carry over the advance rate, rounded up.

    The rate is that of the enterprise's borrowing base; where dilution left none, the smallest at which anything is
    lent; without a base, the rate of the policy.
    """
    rates = cases.known_fact("receivables_advance_rate")
    smallest = scaled(cases.policy.number("receivables.smallest_advance_rate"))
    usual = scaled(cases.policy.number("receivables.advance_rate"))
    rate = np.where(np.isnan(rates), usual, np.rint(np.nan_to_num(rates) * 10**9).astype(np.int64))
    return product_over(cases.carried, 10**9, np.maximum(rate, smallest), up=True)
