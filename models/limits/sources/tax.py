"""Tax paid (银税互动): multiples of twelve months of tax net of refunds, capped by the tax credit grade. DOMAIN 1.2.

Tax measures the turnover that invoices and receivables measure, too, so the larger counts: the source adds only what it
carries beyond them. Arrears carry nothing; an unknown tax credit grade is pending at nothing.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import product_over, scaled
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column
from models.limits.standing import fact_inputs
from models.positions.tax import GRADES

_VAT, _CIT, _MAXIMUM = "tax.vat_multiple", "tax.cit_multiple", "tax.maximum"


def tax(cases: Cases) -> AmountColumns:
    """min(multiple of VAT + multiple of income tax, maximum by grade), beyond what trade carries already."""
    vat, known = cases.amount("tax_vat_12m_fen")
    cit, _ = cases.amount("tax_cit_12m_fen")
    arrears, _ = cases.amount("tax_arrears_fen")
    grade = cases.known_fact("tax_grade")
    graded = ~np.isnan(grade)
    maxima = np.array([int(value) for value in cases.policy.table(_MAXIMUM)], dtype=np.int64)
    place = np.where(graded, np.nan_to_num(grade), 0).astype(np.int64)
    paid = sum(
        product_over(np.maximum(amount, 0), scaled(cases.policy.number(name)), 10**9)
        for amount, name in ((vat, _VAT), (cit, _CIT))
    )
    whole = np.where(graded & (arrears <= 0), np.minimum(paid, maxima[place]), 0)
    used = known & cases.lends_on("tax")
    return AmountColumns(
        code="tax",
        value=np.where(used, np.maximum(whole - cases.carried, 0), 0),
        status=status_column(pending=~graded, not_applicable=~used),
        policy_names=(_VAT, _CIT, _MAXIMUM),
        document=Document.TAX_GRADE,
        inputs={
            **fact_inputs(cases, tax_vat_12m_fen="fen", tax_cit_12m_fen="fen", tax_arrears_fen="fen"),
            "tax_grade": InputColumn("tax_grade", "word", np.where(graded, place, -1), GRADES),
            "tax_amount_fen": InputColumn("tax_amount_fen", "fen", np.where(known, whole, np.nan)),
        },
    )
