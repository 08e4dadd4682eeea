"""Early warning (预警状态): yellow lends no more than the line that stands, orange and red nothing. DOMAIN 2.2.

The level is the worst of the triggers that the facts at hand show. Orange and red freeze new draws until a person has
looked, so they are pending at nothing: the case is referred, not declined. Falling sales and broken cash control are
warnings about a line that this bank has given; of a new applicant they speak through the default probability. Money
that goes round freezes by a gate of its own (`models.limits.gates.circular_trade`), in every product.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.limits.arithmetic import FloatColumn, Mask
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column
from models.limits.standing import fact_inputs
from models.policy.product import UNUSED

LEVELS = ("normal", "yellow", "orange", "red")
_NAMES = tuple(
    f"early_warning.{name}"
    for name in ("sales_drop", "sales_gap_days", "days_past_due", "capture_below", "enquiries_2m")
)
_SHARES = {
    "early_warning.reciprocal_share": "reciprocal_share_12m",
    "early_warning.related_sales_share": "related_sales_share_12m",
}
_LAWSUITS = "early_warning.lawsuit_share"


def early_warning(cases: Cases) -> AmountColumns:
    """The ceiling of the state; not applicable while nothing warns, or in a product that does not use it."""
    level = warning_level(cases)
    line, has_line = cases.amount("debt_own_line_fen")
    frozen = level >= LEVELS.index("orange")
    held = (level == LEVELS.index("yellow")) & has_line
    outside = cases.use_is("early_warning", UNUSED) | ~(frozen | held)
    return AmountColumns(
        code="early_warning",
        value=np.where(held & ~outside, np.maximum(line - cases.own_exposure, 0), 0),
        status=status_column(pending=frozen, not_applicable=outside),
        policy_names=(*_NAMES, *_SHARES, _LAWSUITS),
        document=Document.WARNING_REVIEW,
        inputs={
            "level": InputColumn("level", "word", level, LEVELS),
            "days_past_due": InputColumn("days_past_due", "days", days_past_due(cases)),
            "capture_3m": InputColumn("capture_3m", "fraction", capture(cases)),
            **fact_inputs(cases, warning_red_events="count", warning_lawsuits_fen="fen", bureau_enquiries_2m="count"),
            **fact_inputs(cases, **dict.fromkeys(_SHARES.values(), "fraction")),
        },
    )


def warning_level(cases: Cases) -> npt.NDArray[np.int8]:
    """The worst level that any trigger shows, as an index into LEVELS; what is not known triggers nothing."""
    ours = cases.known_fact("debt_own_loans") > 0
    drop = -cases.known_fact("sales_growth_3m_yoy")
    level = np.zeros(len(cases), dtype=np.int8)
    for place, name in enumerate(LEVELS[1:], start=1):
        most = {rule: float(cases.policy.table(rule)[place - 1]) for rule in _NAMES}
        triggers: list[Mask] = [
            ours & (drop >= most["early_warning.sales_drop"]),
            ours & (cases.known_fact("days_since_last_sale") > most["early_warning.sales_gap_days"]),
            ours & (capture(cases) < most["early_warning.capture_below"]),
            days_past_due(cases) >= most["early_warning.days_past_due"],
            cases.known_fact("bureau_enquiries_2m") >= most["early_warning.enquiries_2m"],
            *(cases.known_fact(fact) > float(cases.policy.table(rule)[place - 1]) for rule, fact in _SHARES.items()),
            _events(cases, name),
        ]
        level[np.logical_or.reduce(triggers)] = place
    return level


def _events(cases: Cases, level: str) -> Mask:
    """Red for the events of the list, orange for lawsuits beyond a share of net assets, yellow for any other event."""
    if level == "red":
        return cases.known_fact("warning_red_events") > 0
    if level == "yellow":
        return cases.known_fact("warning_other_events") > 0
    share = float(cases.policy.number(_LAWSUITS))
    return cases.known_fact("warning_lawsuits_fen") > share * np.maximum(cases.known_fact("statement_equity_fen"), 0)


def days_past_due(cases: Cases) -> FloatColumn:
    """The longest delay that loans, bureau or instalments show."""
    names = ("debt_days_past_due", "bureau_days_past_due", "debt_instalments_days_past_due")
    result: FloatColumn = np.fmax.reduce([cases.known_fact(name) for name in names])
    return result


def capture(cases: Cases) -> FloatColumn:
    """Receipts on the controlled account over receipts expected in three months; NaN without such an account."""
    expected = cases.known_fact("capture_expected_3m_fen")
    result: FloatColumn = np.divide(
        cases.known_fact("capture_controlled_3m_fen"), expected, out=np.full(len(cases), np.nan), where=expected > 0
    )
    return result
