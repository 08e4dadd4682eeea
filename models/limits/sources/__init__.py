"""Sources: what the evidence carries. They add up; no asset may count in two. Add one as a file and name it here."""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.rule import AmountColumns
from models.limits.sources.invoice_turnover import invoice_turnover

SOURCES: tuple[Callable[[Cases], AmountColumns], ...] = (invoice_turnover,)
