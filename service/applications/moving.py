"""One step of an application by the table of transitions: checked, written and told in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from models.money import yuan_text
from models.policy.approval_rules import Level
from service.applications import rows
from service.applications.application import Application, Approval, Standing, Today
from service.applications.at_hand import Turn
from service.applications.authority import (
    approved_amount,
    require_authority,
    require_fresh_eyes,
    require_no_new_exposure,
    require_not_frozen,
    require_not_warned,
    require_person,
    require_recent_assessment,
    require_same_exposure,
    require_state,
)
from service.applications.commitments import (
    REPLACEABLE,
    committed,
    drawn_from,
    hold_enterprises,
    is_committed,
    last_day,
    require_cases_as_told,
)
from service.applications.errors import ExposureChanged, TransitionNotPossible
from service.applications.idempotency import Answer, Once
from service.applications.making import assessed_again, found_today, replaced_now
from service.applications.office import Office, require_version
from service.applications.rows import instant
from service.applications.telling import outline, tell_step
from service.applications.transitions import BY_ACTION, Action, State, Transition
from service.applications.view import answer_of, exposure_facts
from service.ledger import Draft, Kind, Work, draft
from service.ledger.appending import write
from service.ledger.rows_told import with_rows
from service.people import Principal
from service.recording import Prepared

ASSESSING = (Action.APPROVE, Action.ACTIVATE, Action.REASSESS)  # the first two bind the bank, on the exposure of now


@dataclass(frozen=True)
class Step:
    """What is asked: an action on an application, of a version, with a reason; an approval may name a lower amount."""

    application_id: str
    action: Action
    if_match: str | None
    reason: str | None = None
    amount_yuan: str | None = None


@dataclass(frozen=True)
class Beforehand:
    """What the model said before the transaction: of the exposure, or of the case anew."""

    connected: frozenset[str] = frozenset()  # the enterprise and everybody who may be in its group
    now: Today | None = None
    again: tuple[Prepared, Application] | None = None


def move(office: Office, caller: Principal, step: Step, once: Once) -> Answer:
    """Take one step.

    Whatever commits the bank waits for whoever else commits it to the same enterprise or its group. What needs an
    assessment is checked before it, takes its turn at the case, and is checked again there and in the transaction.
    Raises ApplicationNotFound, NotForThisRole, FourEyes, VersionMissing, VersionChanged, TransitionNotPossible,
    StepWithoutReason, ExposureChanged, WarnedSince, AuthorityExceeded, AmountNotApprovable, IdempotencyKeyReused.
    """
    transition = BY_ACTION[step.action]
    if step.action not in ASSESSING:
        return _kept(office, caller, step, once, transition, Beforehand())
    known, _ = _looked(office, caller, step, once, transition)  # nobody who is refused waits for an assessment
    if known is not None:
        return known
    with office.at_hand.taken(step.application_id) as turn:
        known, standing = _looked(office, caller, step, once, transition)
        if known is not None:
            return known
        return _kept(office, caller, step, once, transition, _beforehand(office, caller, step, standing, turn))


def _beforehand(office: Office, caller: Principal, step: Step, standing: Standing, turn: Turn) -> Beforehand:
    """The model answers before the row is held, so that nobody waits for it who has nothing to do with the case."""
    if step.action == Action.REASSESS:
        return Beforehand(again=assessed_again(office, standing, caller.subject, office.clock()))
    connected = office.assessor.connected(standing.application.enterprise_id)
    asked = (standing.application.etag, standing.today, replaced_now(standing))
    return Beforehand(connected, turn.today(asked, lambda: found_today(office, standing)))


def _kept(
    office: Office, caller: Principal, step: Step, once: Once, transition: Transition, beforehand: Beforehand
) -> Answer:
    """The step in its transaction: everything is checked again on the row that is held."""
    connected = beforehand.connected
    prepared, assessed = beforehand.again or (None, None)
    with office.store.writing() as connection:
        moment = office.clock()
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        hold_enterprises(connection, connected)
        require_cases_as_told(connection, connected)
        standing = office.held(connection, step.application_id, caller)
        _check(transition, caller, standing, step)
        told: dict[str, Any] = {}
        if assessed is not None:
            after = assessed
        else:
            at = Stepping(office, connection, caller, standing, moment, connected, beforehand.now)
            after, told = _stepped(at, transition, step)
        after = replace(after, updated_at=moment)
        told = {
            "action": step.action.value,
            "before": standing.application.state.value,
            "after": after.state.value,
            "reason": step.reason,
            **told,
            **outline(after),
        }
        kept = rows.save(connection, after, assessed=prepared is not None)
        kept.append(rows.add_event(connection, after.id, rows.TRANSITION, caller, moment, told))
        kept += tell_step(connection, office.event_source, step.action, standing.application, after, prepared)
        entries = [draft(Kind.TRANSITION, after.id, caller.subject, with_rows(told, kept), at=moment)]
        if step.action == Action.ACTIVATE:
            entries += _close_replaced(office, connection, caller, standing, moment)
        now_stands = office.standing(connection, after, caller)  # with what the step changed beside the case
        answer = answer_of(now_stands, office.rules(), office.policy(), HTTPStatus.OK)
        entries += once.keep(connection, answer, moment)
        write(connection, [*([] if prepared is None else [prepared.work]), Work(tuple(entries))])
    if prepared is not None:
        office.recorder.kept(prepared)
    return answer


def _looked(
    office: Office, caller: Principal, step: Step, once: Once, transition: Transition
) -> tuple[Answer | None, Standing]:
    with office.store.reading() as connection:
        known = once.before(connection)
        standing = office.read(connection, step.application_id, caller)
    if known is None:
        _check(transition, caller, standing, step)
        if step.action == Action.APPROVE:
            _approvable(office, caller, standing, step)
    return known, standing


def _approvable(office: Office, caller: Principal, standing: Standing, step: Step) -> tuple[int, int, Level]:
    """Amount, total and level of an approval, as far as nobody else's lines have a say in it."""
    rules, policy = office.rules(), office.policy()
    amount = approved_amount(standing, policy, step.amount_yuan)
    require_recent_assessment(standing, rules)
    total = standing.total_fen(amount, policy)
    return amount, total, require_authority(caller, rules, standing, total)


def _check(transition: Transition, caller: Principal, standing: Standing, step: Step) -> None:
    require_person(transition, caller, standing)
    require_version(standing, step.if_match)
    require_state(transition, standing, step.reason)
    require_fresh_eyes(transition, caller, standing)


@dataclass(frozen=True)
class Stepping:
    """A step under way: its transaction, the case as it is held, and everybody who may be in the group."""

    office: Office
    connection: Connection
    caller: Principal
    standing: Standing
    moment: datetime
    connected: frozenset[str]
    now: Today | None = None  # what an assessment counts today, before a step that commits


def _stepped(at: Stepping, transition: Transition, step: Step) -> tuple[Application, dict[str, Any]]:
    """The next version, and what there is to tell beside it."""
    application = at.standing.application
    after = replace(application, version=application.version + 1, state=transition.target)
    if transition.action == Action.APPROVE:
        return _approved(at, after, step)
    if transition.action == Action.ACTIVATE:
        return _activated(at, after)
    clean = transition.target in (State.IN_REVIEW, State.RETURNED, State.DECLINED, State.CLOSED)
    return replace(after, approvals=() if clean else application.approvals), {}


def _approved(at: Stepping, after: Application, step: Step) -> tuple[Application, dict[str, Any]]:
    """One more yes; the last one that is needed commits the bank."""
    office, standing = at.office, at.standing
    rules, policy = office.rules(), office.policy()
    amount, total, level = _approvable(office, at.caller, standing, step)
    lines = committed(at.connection, at.connected, standing.today)
    require_same_exposure(standing, lines)
    if at.now is not None:
        require_no_new_exposure(standing, at.now.exposure, lines)
        require_not_warned(standing, at.now, amount)
    approval = Approval(at.caller.subject, level.code, amount, instant(at.moment))
    approvals = (*standing.application.approvals, approval)
    needed = rules.approvers_needed(total)
    done = len(approvals) >= needed
    valid = standing.today + timedelta(days=rules.approval_valid_days)
    told = {
        "approval": {**asdict(approval), "amount_fen": None, "amount_yuan": yuan_text(amount)},
        "approvals": len(approvals),
        "approvals_needed": needed,
        "approval_rules": rules.sha256,
        "overrides": [one.id for one in standing.counting],
        "exposure": exposure_facts(standing, total, policy),
        "ends_on": valid.isoformat() if done else None,
    }
    del told["approval"]["amount_fen"]  # type: ignore[attr-defined]
    return (
        replace(
            after,
            state=State.APPROVED if done else State.IN_REVIEW,
            approvals=approvals,
            approved_fen=amount if done else None,
            ends_on=valid if done else None,
        ),
        told,
    )


def _activated(at: Stepping, after: Application) -> tuple[Application, dict[str, Any]]:
    """The line can be drawn from today through its tenor. Raises TransitionNotPossible where the approval lapsed."""
    application, today = at.standing.application, at.standing.today
    if not is_committed(application, today):
        raise TransitionNotPossible(
            "the approval has lapsed",
            current=application.current(),
            expected=f"a day not after {application.ends_on}",
            found=today.isoformat(),
            field="action",
            advice="withdraw it and apply again",
        )
    if at.now is not None:
        require_no_new_exposure(at.standing, at.now.exposure, committed(at.connection, at.connected, today))
        require_not_frozen(at.standing, at.now)
    line = at.standing.beside.line(application.replaces)
    since = today
    if line is None and application.exposure.replaced_fen is not None:
        raise ExposureChanged(
            "the line that it replaces is gone",
            current=application.current(),
            field="action",
            expected="a line of " + yuan_text(application.exposure.replaced_fen) + " to replace",
            advice="withdraw it and apply again",
        )
    if line is not None and application.exposure.replaced_fen is not None:
        if line.state not in REPLACEABLE:
            raise TransitionNotPossible(
                f"the line that it replaces is {line.state}",
                current=application.current(),
                expected="a line that is " + " or ".join(REPLACEABLE),
                found=line.state.value,
                field="action",
            )
        rows.held(at.connection, line.id)  # it is closed below; nobody is waited for once the ledger is held
        since = drawn_from(at.connection, line) or today
    ends = last_day(today, application.tenor_months)
    return replace(after, ends_on=ends), {"ends_on": ends.isoformat(), "drawn_from": since.isoformat()}


def _close_replaced(
    office: Office, connection: Connection, caller: Principal, standing: Standing, moment: datetime
) -> list[Draft]:
    """The line whose place the new one takes is closed in the same transaction; gives the entry that tells of it."""
    new = standing.application
    line = None if new.replaces is None else rows.held(connection, new.replaces)
    if line is None or line.state not in REPLACEABLE or new.exposure.replaced_fen is None:
        return []
    closed = replace(line, version=line.version + 1, state=State.CLOSED, updated_at=moment, approvals=())
    told = {
        "action": Action.CLOSE.value,
        "before": line.state.value,
        "after": closed.state.value,
        "reason": None,
        "replaced_by": new.id,
        **outline(closed),
    }
    kept = rows.save(connection, closed)
    kept.append(rows.add_event(connection, closed.id, rows.TRANSITION, caller, moment, told))
    kept += tell_step(connection, office.event_source, Action.CLOSE, line, closed)
    return [draft(Kind.TRANSITION, closed.id, caller.subject, with_rows(told, kept), at=moment)]
