"""The search: for every change the smallest amount that reaches what the whole of it would reach, through the engine.

Each candidate amount is a case of its own and all cases of a round are computed at once, so that a round costs little
more than one limit. A round of k candidates cuts the interval into k + 1 parts; the last interval is one unit (a fen, a
claim, a month). The amounts of a lever never lower a limit (a property test holds that), so the search is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from models.explanation.figures import figure
from models.explanation.information import Information
from models.explanation.levers.catalogue import LEVERS
from models.explanation.levers.change import Change
from models.explanation.levers.facts import fact_changes
from models.explanation.levers.lever import Lever
from models.explanation.levers.receivables import receivable_changes
from models.explanation.situation import Situation
from models.limits import SOURCES_TOTAL, AmountColumns, Cases, LimitColumns, Status, compute_limits
from models.policy import Policy

_HORIZON = "levers.horizon_days"
_ROWS_A_ROUND = 20_000  # rows of evidence that one round may multiply to
_FEWEST, _MOST = 8, 64


def find_levers(situation: Situation, information: Sequence[Information] = ()) -> tuple[Lever, ...]:
    """Every lever that raises the limit, the largest gain first, then the shortest horizon.

    A knock-out leaves none. While a gate lacks a fact only documents help: those of `information` that can.
    """
    before = compute_limits(situation.cases)
    if before.fired[0]:
        return ()
    found = [lever for item in information if (lever := _document(situation, before, item)) is not None]
    if not before.stopped[0]:
        found += [lever for change in changes_of(situation) if (lever := _lever(situation, before, change)) is not None]
    return tuple(sorted(found, key=lambda lever: (-lever.gain_fen, lever.horizon_days, lever.code, lever.change)))


def changes_of(situation: Situation) -> Iterator[Change]:
    """Every change that is open to the enterprise, whether or not it would help."""
    yield from receivable_changes(situation)
    yield from fact_changes(situation)


def _lever(situation: Situation, before: LimitColumns, change: Change) -> Lever | None:
    target = int(_limits(change.at(np.array([change.most], dtype=np.int64))).limit_fen[0])
    now = int(before.limit_fen[0])
    if target <= now:
        return None
    amount = _smallest(change, target, _width(situation))
    after = compute_limits(change.at(np.array([amount], dtype=np.int64)))
    text = LEVERS[change.code]
    binding = binding_codes(before)
    rule = text.rule or next((code for code in binding if _value(after, code) > _value(before, code)), binding[0])
    shown = figure(float(amount + change.offset), text.unit)
    words = {"subject": change.subject or ""}
    return Lever(
        code=change.code,
        subject=change.subject,
        change=amount + change.offset,
        most=change.most + change.offset,
        unit=text.unit,
        items=_items(change, amount),
        rule=rule,
        rule_before_fen=_value(before, rule),
        rule_after_fen=_value(after, rule),
        limit_fen=int(after.limit_fen[0]),
        gain_fen=int(after.limit_fen[0]) - now,
        binding=binding,
        next_binding=binding_codes(after),
        zh=text.zh.format(change=_plain(shown.zh, text.unit, amount + change.offset), **words),
        en=text.en.format(change=_plain(shown.en, text.unit, amount + change.offset), **words),
        verification_zh=text.verification_zh,
        verification_en=text.verification_en,
        horizon_days=_horizon(situation.cases.policy, change.code),
    )


def _document(situation: Situation, before: LimitColumns, item: Information) -> Lever | None:
    """A document as a lever: up to its plausible best, alone or, if that changes nothing, with the other pending."""
    now = int(before.limit_fen[0])
    best = item.best_fen if item.best_fen > now else item.together_best_fen
    if best <= now:
        return None
    text = LEVERS["provide_document"]
    return Lever(
        code=text.code,
        subject=item.code,
        change=1,
        most=1,
        unit=text.unit,
        items=(item.code,),
        rule=SOURCES_TOTAL,
        rule_before_fen=_value(before, SOURCES_TOTAL),
        rule_after_fen=item.sources_at_best_fen,
        limit_fen=best,
        gain_fen=best - now,
        binding=binding_codes(before),
        next_binding=item.binding_at_best,
        zh=text.zh.format(subject=item.zh),
        en=text.en.format(subject=item.en),
        verification_zh=text.verification_zh,
        verification_en=text.verification_en,
        horizon_days=_horizon(situation.cases.policy, text.code),
        up_to=True,
    )


def _horizon(policy: Policy, code: str) -> int:
    days = policy.value(_HORIZON)
    assert isinstance(days, Mapping)  # noqa: S101
    return int(days[code])


def _limits(cases: Cases) -> LimitColumns:
    return compute_limits(cases)


def _smallest(change: Change, target: int, width: int) -> int:
    """The least amount whose limit reaches the target; the whole amount is known to reach it."""
    low, high = 0, change.most  # low does not reach it, high does
    while high - low > 1:
        inside = np.unique(np.linspace(low, high, width + 2).astype(np.int64))
        inside = inside[(inside > low) & (inside < high)]
        if not len(inside):
            inside = np.array([(low + high) // 2], dtype=np.int64)
        reached = _limits(change.at(inside)).limit_fen >= target
        first = int(np.argmax(reached)) if reached.any() else len(inside)
        low = int(inside[first - 1]) if first else low
        high = int(inside[first]) if first < len(inside) else high
    return high


def _width(situation: Situation) -> int:
    claims = situation.positions.claims if situation.positions is not None else None
    return int(np.clip(_ROWS_A_ROUND // max(1, 0 if claims is None else len(claims)), _FEWEST, _MOST))


def _items(change: Change, amount: int) -> tuple[str, ...]:
    """As few items, in order, as reach the amount."""
    reached = 0
    for place, part in enumerate(change.parts):
        reached += part
        if reached >= amount:
            return change.items[: place + 1]
    return change.items


def binding_codes(limits: LimitColumns, row: int = 0) -> tuple[str, ...]:
    """What sets the limit: the lowest caps; several may tie."""
    return tuple(cap.code for cap in limits.caps if limits.binds(cap)[row])


def _rule(limits: LimitColumns, code: str) -> AmountColumns:
    return next(rule for rule in (*limits.sources, *limits.caps) if rule.code == code)


def _value(limits: LimitColumns, code: str) -> int:
    """The value of a source or cap; one that does not apply bounds nothing, so what is lowest stands for it."""
    rule = _rule(limits, code)
    return int(limits.lowest_cap[0] if rule.status[0] == Status.NOT_APPLICABLE else rule.value[0])


def _plain(text: str, unit: str, value: int) -> str:
    return f"{value:,}" if unit in ("count", "months") else text
