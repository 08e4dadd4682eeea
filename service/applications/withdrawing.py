"""An override is ended before its day: by somebody of at least the authority of whoever made it, for a coded reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from models.policy.approval_rules import ApprovalRules
from service.applications import rows
from service.applications.application import RISK_LEVEL, Override, Standing, Withdrawal
from service.applications.errors import (
    AuthorityExceeded,
    FourEyes,
    OverrideNotFound,
    OverrideNotPossible,
    OverrideRefused,
)
from service.applications.idempotency import Answer, Once
from service.applications.office import Office, require_version
from service.applications.telling import tell_withdrawal
from service.applications.transitions import OVERRIDE_STATES
from service.applications.view import answer_of
from service.ledger import Kind, Work, draft
from service.ledger.appending import write
from service.ledger.rows_told import with_rows
from service.people import Principal, Role


@dataclass(frozen=True)
class WithdrawalAsked:
    """Which override of which case, why by code, and why in words."""

    application_id: str
    override_id: str
    if_match: str | None
    reason: str
    explanation: str


def withdraw(office: Office, caller: Principal, asked: WithdrawalAsked, once: Once) -> Answer:
    """End an override. Approvals that were given under it are void.

    Raises ApplicationNotFound, OverrideNotFound, FourEyes, VersionMissing, VersionChanged, OverrideNotPossible,
    OverrideRefused, AuthorityExceeded.
    """
    with office.store.writing() as connection:
        moment = office.clock()
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        standing = office.held(connection, asked.application_id, caller)
        application, rules = standing.application, office.rules()
        override = override_in(standing, asked.override_id)
        if application.officer == caller.subject:
            raise FourEyes("nobody ends an override of a case of their own", expected="another person than its officer")
        require_version(standing, asked.if_match)
        level = level_of(caller, rules)
        _check(asked, standing, override, level, rules)
        ended = Withdrawal(override.id, application.id, moment, caller.subject, level, asked.reason, asked.explanation)
        clean = () if application.state in OVERRIDE_STATES else application.approvals
        after = replace(application, version=application.version + 1, updated_at=moment, approvals=clean)
        told = {**vars(ended), "at": rows.instant(moment), "what": override.what, "version": after.version}
        kept = [rows.add_withdrawal(connection, ended), *rows.save(connection, after)]
        kept.append(rows.add_event(connection, after.id, "withdrawal", caller, moment, told))
        kept += tell_withdrawal(connection, office.event_source, after, replace(override, withdrawn=ended))
        answer = answer_of(office.standing(connection, after, caller), rules, office.policy(), HTTPStatus.OK)
        content = with_rows({"action": "withdraw", **told}, kept)
        entry = draft(Kind.OVERRIDE, after.id, caller.subject, content, at=moment)
        write(connection, [Work((entry, *once.keep(connection, answer, moment)))])
    return answer


def level_of(caller: Principal, rules: ApprovalRules) -> str | None:
    """The authority in which somebody overrides: risk, else the level of approval; None: a level nobody knows."""
    if caller.has(Role.RISK):
        return RISK_LEVEL
    level = rules.level(caller.authority)
    return None if level is None else level.code


def override_in(standing: Standing, override_id: str) -> Override:
    """An override of the case itself. Raises OverrideNotFound."""
    for one in standing.overrides:
        if one.id == override_id and one.application_id == standing.application.id:
            return one
    raise OverrideNotFound(
        "the application has no override with this id", field="override_id", expected="one of its own `overrides`"
    )


def _check(
    asked: WithdrawalAsked, standing: Standing, override: Override, level: str | None, rules: ApprovalRules
) -> None:
    if override.withdrawn is not None or standing.today > override.expires_on:
        raise OverrideNotPossible(
            "the override has ended already", current=standing.application.current(), field="override_id"
        )
    if asked.reason not in rules.withdrawal_reasons:
        raise OverrideRefused(
            "not a coded reason for ending an override",
            field="reason",
            expected=", ".join(rules.withdrawal_reasons),
            found=asked.reason,
        )
    made_by_risk = override.level in (RISK_LEVEL, None)
    enough = level == RISK_LEVEL or (not made_by_risk and rules.rank(level) >= rules.rank(override.level))
    if not enough:
        raise AuthorityExceeded(
            "the override was made with more authority than the caller has",
            expected=RISK_LEVEL if made_by_risk else f"{override.level} or more",
            found=level,
            advice="ask whoever made it, or somebody of their authority",
        )
