"""Gates, first of all rules, in fixed order: four knock-outs of policy, then questions of evidence.

A knock-out fires only on facts that are known and fresh. An evidence gate never fires: what is missing refers the case.
Add a gate as a file and name it here.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.limits.case import Cases
from models.limits.gates.circular_trade import circular_trade, circular_trade_grave
from models.limits.gates.evidence import data_too_old, history_too_short, no_probability, no_sales_feed
from models.limits.gates.knock_outs import grade_too_weak, inactive, turnover_not_positive, void_rate_too_high
from models.limits.rule import GateColumns, Status


def _of_trade(gate: Callable[[Cases], GateColumns], *, may_fire: bool = False) -> Callable[[Cases], GateColumns]:
    """A question about sales, which a pre-revenue firm in a product that lends on runway is not asked.

    `may_fire`: what the sales that it has show against it still counts.
    """

    def spared(cases: Cases) -> GateColumns:
        columns = gate(cases)
        if not cases.pre_revenue.any():
            return columns
        status = np.where(
            cases.pre_revenue & ~(may_fire & (columns.status == Status.FIRED)), Status.NOT_APPLICABLE, columns.status
        ).astype(np.int8)
        return replace(columns, status=status)

    return spared


GATES: tuple[Callable[[Cases], GateColumns], ...] = (
    _of_trade(inactive),
    _of_trade(turnover_not_positive),
    _of_trade(void_rate_too_high, may_fire=True),
    grade_too_weak,
    _of_trade(no_sales_feed),
    _of_trade(data_too_old),
    _of_trade(history_too_short),
    no_probability,
    circular_trade,
    circular_trade_grave,
)
