"""Sources: what the evidence carries. They add up; no asset may count in two. Add one as a file and name it here.

The order is part of the rule: a source is told what those before it carry. Receivables, supplier limit, turnover and
tax measure the same sales, so each adds only what it carries beyond those before it; uplifts are bounded by all others.
"""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.rule import AmountColumns
from models.limits.sources.invoice_turnover import invoice_turnover
from models.limits.sources.orders import orders
from models.limits.sources.pool import pool
from models.limits.sources.receivables import receivables
from models.limits.sources.runway import runway
from models.limits.sources.supplier import supplier
from models.limits.sources.tax import tax
from models.limits.sources.uplifts import data_uplift, ip_uplift

SOURCES: tuple[Callable[[Cases], AmountColumns], ...] = (
    receivables,
    supplier,
    invoice_turnover,
    tax,
    orders,
    pool,
    runway,
    ip_uplift,
    data_uplift,
)
