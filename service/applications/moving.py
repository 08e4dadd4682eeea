"""One step of an application by the table of transitions: checked, written and told in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Any

from models.money import yuan_text
from service.applications import rows
from service.applications.application import Application, Approval, Standing
from service.applications.authority import (
    approved_amount,
    require_authority,
    require_fresh_eyes,
    require_person,
    require_state,
)
from service.applications.idempotency import Answer, Once
from service.applications.making import assessed_again, keep_with_assessment
from service.applications.office import Office, require_version
from service.applications.rows import instant
from service.applications.telling import outline, tell_step
from service.applications.transitions import BY_ACTION, Action, State, Transition
from service.applications.view import answer_of
from service.ledger import Kind, append
from service.ledger.rows_told import with_rows
from service.people import Principal


@dataclass(frozen=True)
class Step:
    """What is asked: an action on an application, of a version, with a reason; an approval may name a lower amount."""

    application_id: str
    action: Action
    if_match: str | None
    reason: str | None = None
    amount_yuan: str | None = None


def move(office: Office, caller: Principal, step: Step, once: Once) -> Answer:
    """Take one step.

    Raises ApplicationNotFound, NotForThisRole, FourEyes, VersionMissing, VersionChanged, TransitionNotPossible,
    StepWithoutReason, AuthorityExceeded, AmountNotApprovable, IdempotencyKeyReused.
    """
    transition = BY_ACTION[step.action]
    prepared = None
    if step.action == Action.REASSESS:  # the model answers before the row is held, so that nobody waits for it
        known, standing = _looked(office, caller, step, once, transition)
        if known is not None:
            return known
        prepared, assessed = assessed_again(office, standing, caller.subject, office.clock())
    with office.store.writing() as connection:
        moment = office.clock()
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        standing = office.held(connection, step.application_id, caller)
        _check(transition, caller, standing, step)
        after, told = (
            (assessed, {})
            if prepared is not None
            else _stepped(office, caller, transition, standing, step, instant(moment))
        )
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
        kept.append(rows.add_event(connection, after.id, "transition", caller, moment, told))
        answer = answer_of(replace(standing, application=after), office.rules(), office.policy(), HTTPStatus.OK)
        once.keep(connection, answer)
        tell_step(connection, office.event_source, step.action, standing.application, after, prepared)
        content = with_rows(told, kept)
        if prepared is not None:
            keep_with_assessment(connection, prepared, after.id, caller.subject, moment, content)
        else:
            append(connection, Kind.TRANSITION, after.id, caller.subject, content, at=moment)
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
    return known, standing


def _check(transition: Transition, caller: Principal, standing: Standing, step: Step) -> None:
    require_person(transition, caller, standing)
    require_version(standing, step.if_match)
    require_state(transition, standing, step.reason)
    require_fresh_eyes(transition, caller, standing)


def _stepped(
    office: Office, caller: Principal, transition: Transition, standing: Standing, step: Step, at: str
) -> tuple[Application, dict[str, Any]]:
    """The next version, and what there is to tell beside it."""
    application = standing.application
    after = replace(application, version=application.version + 1, state=transition.target)
    if transition.action != Action.APPROVE:
        clean = transition.target in (State.IN_REVIEW, State.RETURNED, State.DECLINED, State.CLOSED)
        return replace(after, approvals=() if clean else application.approvals), {}
    rules = office.rules()
    amount = approved_amount(standing, office.policy(), step.amount_yuan)
    level = require_authority(caller, rules, standing, amount)
    approval = Approval(caller.subject, level.code, amount, at)
    approvals = (*application.approvals, approval)
    needed = rules.approvers_needed(amount)
    done = len(approvals) >= needed
    told = {
        "approval": {**asdict(approval), "amount_fen": None, "amount_yuan": yuan_text(amount)},
        "approvals": len(approvals),
        "approvals_needed": needed,
        "approval_rules": rules.sha256,
        "overrides": [one.id for one in standing.counting],
    }
    del told["approval"]["amount_fen"]  # type: ignore[attr-defined]
    return (
        replace(
            after,
            state=State.APPROVED if done else State.IN_REVIEW,
            approvals=approvals,
            approved_fen=amount if done else None,
        ),
        told,
    )
