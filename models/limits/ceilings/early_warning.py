"""Early warning (预警状态): yellow lends no more than the line that stands, orange and red nothing. DOMAIN 2.2.

The line that stands is what this bank has bound itself to, drawn or not: the larger of the line that its loan books
name and the lines of its register that count on the day, from their approval on. It is also exposure, so under yellow
nothing is added to it, and a line may be renewed at most at its own amount.

The level is the worst of the triggers that the facts at hand show. Orange and red freeze new draws until a person has
looked, so they are pending at nothing: the case is referred, not declined. Falling sales and broken cash control are
warnings about a line that this bank has given; of a new applicant they speak through the default probability. Money
that goes round freezes by a gate of its own (`models.limits.gates.circular_trade`), in every product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.limits.arithmetic import FenColumn, FloatColumn, Mask
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
    line, has_line = line_that_stands(cases)
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


def line_that_stands(cases: Cases) -> tuple[FenColumn, Mask]:
    """What yellow does not let grow, and where there is any."""
    on_books, named = cases.amount("debt_own_line_fen")
    committed, _ = cases.amount("lines_committed_fen")
    return np.maximum(on_books, committed), named | (committed > 0)


@dataclass(frozen=True)
class Trigger:
    """A signal at one level, of N enterprises: where it fires, its value and its threshold in `unit`."""

    rule: str  # the policy value of the threshold, or the kind of event
    value: FloatColumn
    threshold: float | FloatColumn
    unit: str
    fires: Mask


def warning_level(cases: Cases) -> npt.NDArray[np.int8]:
    """The worst level that any trigger shows, as an index into LEVELS; what is not known triggers nothing."""
    level = np.zeros(len(cases), dtype=np.int8)
    for place in range(1, len(LEVELS)):
        level[np.logical_or.reduce([trigger.fires for trigger in triggers(cases, place)])] = place
    return level


def fired_triggers(cases: Cases, row: int) -> tuple[Trigger, ...]:
    """The signals that put one enterprise at its level; none where it is normal."""
    place = int(warning_level(cases)[row])
    return tuple(trigger for trigger in triggers(cases, place) if trigger.fires[row]) if place else ()


def is_held(cases: Cases) -> Mask:
    """Enterprises that this bank has lent to or committed a line to: their sales and receipts are watched."""
    lent: Mask = cases.known_fact("debt_own_loans") > 0
    held: Mask = lent | (cases.amount("lines_committed_fen")[0] > 0) | (cases.amount("lines_exposure_fen")[0] > 0)
    return held


def triggers(cases: Cases, place: int) -> tuple[Trigger, ...]:
    """What leads to a level, which is an index into LEVELS from 1 on."""
    ours, growth = is_held(cases), cases.known_fact("sales_growth_3m_yoy")
    most = {rule: float(cases.policy.table(rule)[place - 1]) for rule in (*_NAMES, *_SHARES)}
    drop, gap, late, below, asked = (most[name] for name in _NAMES)
    silent, captured, delay = cases.known_fact("days_since_last_sale"), capture(cases), days_past_due(cases)
    enquiries = cases.known_fact("bureau_enquiries_2m")
    found = [
        Trigger(_NAMES[0], growth, -drop, "fraction", ours & (-growth >= drop)),
        Trigger(_NAMES[1], silent, gap, "days", ours & (silent > gap)),
        Trigger(_NAMES[2], delay, late, "days", delay >= late),
        Trigger(_NAMES[3], captured, below, "fraction", ours & (captured < below)),
        Trigger(_NAMES[4], enquiries, asked, "count", enquiries >= asked),
    ]
    for rule, fact in _SHARES.items():
        share = cases.known_fact(fact)
        found.append(Trigger(rule, share, most[rule], "fraction", share > most[rule]))
    return (*found, _events(cases, LEVELS[place]))


def _events(cases: Cases, level: str) -> Trigger:
    """Red for the events of the list, orange for lawsuits beyond a share of net assets, yellow for any other event."""
    if level in ("red", "yellow"):
        name = "warning_red_events" if level == "red" else "warning_other_events"
        count = cases.known_fact(name)
        return Trigger(name, count, 0.0, "count", count > 0)
    share = float(cases.policy.number(_LAWSUITS))
    most = share * np.maximum(cases.known_fact("statement_equity_fen"), 0)
    lawsuits = cases.known_fact("warning_lawsuits_fen")
    return Trigger(_LAWSUITS, lawsuits, most, "fen", lawsuits > most)


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
