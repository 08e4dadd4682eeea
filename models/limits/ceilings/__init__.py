"""Ceilings, in the fixed order of the waterfall. None can raise a limit. Add one as a file and name it here.

Each says how much more may be lent: what the enterprise owes already is off, once, in each ceiling's own measure (this
bank's exposure for grade, product, line, capital and net assets; all lenders' debt for need, capacity and revenue).
"""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.ceilings.debt_service_capacity import debt_service_capacity
from models.limits.ceilings.early_warning import early_warning
from models.limits.ceilings.grade_maximum import grade_maximum
from models.limits.ceilings.inclusive_line import inclusive_line
from models.limits.ceilings.large_exposure import group, single_name
from models.limits.ceilings.model_uncertainty import model_uncertainty
from models.limits.ceilings.net_assets import net_assets
from models.limits.ceilings.product_maximum import product_maximum
from models.limits.ceilings.requested import requested
from models.limits.ceilings.total_debt import total_debt
from models.limits.ceilings.working_capital_need import working_capital_need
from models.limits.rule import AmountColumns

CEILINGS: tuple[Callable[[Cases], AmountColumns], ...] = (
    requested,
    working_capital_need,
    debt_service_capacity,
    total_debt,
    net_assets,
    single_name,
    group,
    early_warning,
    grade_maximum,
    model_uncertainty,
    product_maximum,
    inclusive_line,
)
