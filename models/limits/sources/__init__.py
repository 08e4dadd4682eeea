"""Sources: what the evidence carries. They add up; no asset may count in two. Add one as a file and name it here.

The order is part of the rule: a source is told what those before it carry. Receivables, turnover and tax measure the
same sales, so each adds only what it carries beyond those before it.
"""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.rule import AmountColumns
from models.limits.sources.invoice_turnover import invoice_turnover
from models.limits.sources.receivables import receivables

SOURCES: tuple[Callable[[Cases], AmountColumns], ...] = (receivables, invoice_turnover)
