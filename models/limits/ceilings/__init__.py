"""Ceilings, in the fixed order of the waterfall. None can raise a limit. Add one as a file and name it here."""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.ceilings.grade_maximum import grade_maximum
from models.limits.ceilings.inclusive_line import inclusive_line
from models.limits.ceilings.product_maximum import product_maximum
from models.limits.ceilings.requested import requested
from models.limits.rule import AmountColumns

CEILINGS: tuple[Callable[[Cases], AmountColumns], ...] = (requested, grade_maximum, product_maximum, inclusive_line)
