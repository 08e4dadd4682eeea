"""A person's judgement in the place of a computed grade or amount: coded, evidenced, bounded, ending."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from models.explanation.catalogue import rule_words
from models.grades import GRADES
from models.money import fen_from_yuan, yuan_text
from models.policy import Policy
from models.policy.approval_rules import DOWN, UP, ApprovalRules
from service.applications.application import Application, Standing, What
from service.applications.errors import FourEyes, OverrideNotPossible, OverrideRefused
from service.applications.transitions import OVERRIDE_STATES
from service.people import Principal


@dataclass(frozen=True)
class OverrideAsked:
    """What is asked: `to` is a grade, or an amount as decimal yuan text."""

    what: What
    direction: str
    to: str
    reason: str
    explanation: str
    evidence: str
    expires_on: date


def require_overrider(caller: Principal, application: Application) -> None:
    """Nobody overrides a case of their own. Raises FourEyes."""
    if application.officer == caller.subject:
        raise FourEyes("nobody overrides an application of their own", expected="another person than its officer")


@dataclass(frozen=True)
class Ceiling:
    """A ceiling of the decision with what it leaves beside the exposure that the decision counted, in fen."""

    code: str
    left_fen: int


def ceilings_of(decision: bytes) -> list[Ceiling]:
    """The ceilings that took part in a kept decision, those that were pending at their prudent value too."""
    caps = json.loads(decision)["caps"]
    return [
        Ceiling(cap["code"], fen_from_yuan(cap["value_yuan"]))
        for cap in caps
        if cap["status"] != "not_applicable" and cap["value_yuan"] is not None
    ]


def require_below_ceilings(asked: OverrideAsked, ceilings: Sequence[Ceiling], rules: ApprovalRules) -> None:
    """Refuse to raise an amount above what no judgement may exceed. Raises OverrideRefused."""
    if asked.what != "amount" or asked.direction != UP:
        return
    hard = [one for one in ceilings if one.code not in rules.may_exceed]
    lowest = min(hard, key=lambda one: one.left_fen, default=None)
    if lowest is not None and fen_from_yuan(asked.to) > lowest.left_fen:
        words = rule_words(lowest.code)
        raise OverrideRefused(
            f"no override exceeds the ceiling {lowest.code} ({words.zh}, {words.en})",
            field="to",
            expected=f"at most {yuan_text(lowest.left_fen)}, what it leaves beside the exposure that was assessed",
            found=yuan_text(fen_from_yuan(asked.to)),
            advice="ask for no more than that, or once what it measures has changed have the case assessed again",
        )


def checked(asked: OverrideAsked, standing: Standing, rules: ApprovalRules, policy: Policy, *, attached: bool) -> str:
    """The value before, once the override is within the policy. Raises OverrideNotPossible, OverrideRefused."""
    application = standing.application
    if application.state not in OVERRIDE_STATES:
        raise OverrideNotPossible(
            f"an application that is {application.state} cannot be overridden",
            current=application.current(),
            expected=", ".join(OVERRIDE_STATES),
        )
    if standing.counting_of(asked.what) is not None:
        raise OverrideNotPossible(
            f"an override of the {asked.what} is in force already", current=application.current(), field="what"
        )
    _check_reason(asked, rules)
    if not attached:
        raise OverrideRefused(
            "the evidence is not an attachment of this application",
            field="evidence",
            expected="the SHA-256 of an attachment of the case",
            found=asked.evidence,
        )
    last = standing.today + timedelta(days=rules.longest_days)
    if not standing.today <= asked.expires_on <= last:
        raise OverrideRefused(
            "the override does not end in time",
            field="expires_on",
            expected=f"{standing.today} to {last}",
            found=asked.expires_on.isoformat(),
        )
    return (
        _moved_grade(asked, application, rules)
        if asked.what == "grade"
        else _moved_amount(asked, standing, rules, policy)
    )


def _check_reason(asked: OverrideAsked, rules: ApprovalRules) -> None:
    reason = rules.reasons.get(asked.reason)
    if reason is None or asked.direction not in reason.directions:
        possible = [code for code, one in rules.reasons.items() if asked.direction in one.directions]
        raise OverrideRefused(
            f"not a coded reason for an override that goes {asked.direction}",
            field="reason",
            expected=", ".join(possible),
            found=asked.reason,
        )


def _moved_grade(asked: OverrideAsked, application: Application, rules: ApprovalRules) -> str:
    if asked.to not in GRADES:
        raise OverrideRefused("not a grade", field="to", expected=", ".join(GRADES), found=asked.to)
    if application.grade is None:
        raise OverrideRefused("there is no assessed grade to override", field="what", advice="assess it again")
    steps_up = GRADES.index(application.grade) - GRADES.index(asked.to)
    if steps_up == 0 or (steps_up > 0) != (asked.direction == UP):
        raise OverrideRefused(
            "the direction is not that of the move",
            field="direction",
            expected=UP if steps_up > 0 else DOWN,
            found=asked.direction,
        )
    if steps_up > rules.grade_steps_up:
        best = GRADES[GRADES.index(application.grade) - rules.grade_steps_up]
        raise OverrideRefused(
            "the policy does not raise a grade that far", field="to", expected=f"at best {best}", found=asked.to
        )
    return application.grade


def _moved_amount(asked: OverrideAsked, standing: Standing, rules: ApprovalRules, policy: Policy) -> str:
    application = standing.application
    to, before = fen_from_yuan(asked.to), application.limit_fen
    if to == before or (to > before) != (asked.direction == UP):
        raise OverrideRefused(
            "the direction is not that of the move",
            field="direction",
            expected=UP if to > before else DOWN,
            found=asked.direction,
        )
    raised = int((Decimal(before) * (1 + rules.amount_up_share)).to_integral_value(ROUND_FLOOR))
    room = max(policy.product(application.product).maximum_fen - application.exposure.own_fen, 0)
    highest = min(raised, application.amount_fen, room)
    if asked.direction == UP and to > highest:
        raise OverrideRefused(
            "the policy does not raise an amount that far",
            field="to",
            expected=f"at most {yuan_text(highest)}",
            found=yuan_text(to),
        )
    return yuan_text(before)
