"""Gates, first of all rules, in fixed order: four knock-outs of policy, then four questions of evidence.

A knock-out fires only on facts that are known and fresh. An evidence gate never fires: what is missing refers the case.
Add a gate as a file and name it here.
"""

from collections.abc import Callable

from models.limits.case import Cases
from models.limits.gates.evidence import data_too_old, history_too_short, no_probability, no_sales_feed
from models.limits.gates.knock_outs import grade_too_weak, inactive, turnover_not_positive, void_rate_too_high
from models.limits.rule import GateColumns

GATES: tuple[Callable[[Cases], GateColumns], ...] = (
    inactive,
    turnover_not_positive,
    void_rate_too_high,
    grade_too_weak,
    no_sales_feed,
    data_too_old,
    history_too_short,
    no_probability,
)
