"""A person's override of a grade or an amount: within the policy, with evidence, told as what it is."""

from __future__ import annotations

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

from sqlalchemy import select

from models.money import fen_from_yuan, yuan_text
from models.policy.approval_rules import UP
from service.applications import rows
from service.applications.application import Override
from service.applications.idempotency import Answer, Once
from service.applications.office import Office, require_version
from service.applications.overriding import (
    OverrideAsked,
    ceilings_of,
    checked,
    require_below_ceilings,
    require_overrider,
)
from service.applications.telling import tell_override
from service.applications.view import answer_of
from service.applications.withdrawing import level_of
from service.ledger import Kind, Work, draft
from service.ledger.appending import write
from service.ledger.rows_told import with_rows
from service.people import Principal
from service.store.schema import ASSESSMENTS


def override(
    office: Office, caller: Principal, application_id: str, if_match: str | None, asked: OverrideAsked, once: Once
) -> Answer:
    """Put a grade or an amount in the place of the assessed one. Approvals that were given before it are void.

    Raises ApplicationNotFound, FourEyes, VersionMissing, VersionChanged, OverrideNotPossible, OverrideRefused.
    """
    with office.store.writing() as connection:
        moment = office.clock()
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        standing = office.held(connection, application_id, caller)
        require_overrider(caller, standing.application)
        require_version(standing, if_match)
        rules = office.rules()
        attached = rows.attachment_of(connection, application_id, asked.evidence) is not None
        before = checked(asked, standing, rules, office.policy(), attached=attached)
        if asked.what == "amount" and asked.direction == UP:
            kept_decision = select(ASSESSMENTS.c.decision).where(ASSESSMENTS.c.id == standing.application.assessment_id)
            decision = bytes(connection.execute(kept_decision).scalar_one())
            require_below_ceilings(asked, ceilings_of(decision), rules)
        made = Override(
            id=office.new_id(moment),
            application_id=application_id,
            assessment_id=standing.application.assessment_id,
            at=moment,
            actor=caller.subject,
            what=asked.what,
            direction=asked.direction,
            before=before,
            after=asked.to if asked.what == "grade" else yuan_text(fen_from_yuan(asked.to)),
            reason=asked.reason,
            explanation=asked.explanation,
            evidence=asked.evidence,
            expires_on=asked.expires_on,
            policy_sha256=rules.sha256,
            level=level_of(caller, rules),
        )
        after = replace(standing.application, version=standing.application.version + 1, updated_at=moment, approvals=())
        told = facts(made) | {"version": after.version}
        kept = [rows.add_override(connection, made), *rows.save(connection, after)]
        kept.append(rows.add_event(connection, after.id, "override", caller, moment, told))
        kept += tell_override(connection, office.event_source, after, made)
        now_stands = office.standing(connection, after, caller)
        answer = answer_of(now_stands, rules, office.policy(), HTTPStatus.CREATED)
        entry = draft(Kind.OVERRIDE, after.id, caller.subject, with_rows(told, kept), at=moment)
        write(connection, [Work((entry, *once.keep(connection, answer, moment)))])
    return answer


def facts(made: Override) -> dict[str, Any]:
    """What is told of an override."""
    known = asdict(made)
    del known["withdrawn"]
    return {**known, "at": rows.instant(made.at), "expires_on": made.expires_on.isoformat()}
