"""The asset pool (善融资产池): what it carries after pledge rates and caps. DOMAIN 5.

Exposure that the pool secures already is part of this bank's exposure, which comes off all sources once, not here.
"""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs


def pool(cases: Cases) -> AmountColumns:
    """The pool; assets that wait for a document count for nothing and leave it pending."""
    value, known = cases.amount("pool_fen")
    used = known & cases.lends_on("pool")
    return AmountColumns(
        code="pool",
        value=np.where(used, value, 0),
        status=status_column(pending=cases.known_fact("pool_open") > 0, not_applicable=~used),
        policy_names=("pool.pledge_rate", "pool.issuer_cap", "pool.group_cap", "pool.goods_cap", "pool.intangible_cap"),
        document=Document.ASSET_REVIEW,
        inputs=fact_inputs(cases, pool_gross_fen="fen"),
    )
