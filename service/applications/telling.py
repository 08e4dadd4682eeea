"""What the bank's other systems are told of an application, in the transaction of the change.

No person and no free text is in an event: whoever needs them asks the API, by role and reach.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from models.money import yuan_text
from service.applications.application import Application, Override
from service.applications.transitions import Action, State
from service.ledger.rows_told import RowTold
from service.outbox import Event, event_id, keep
from service.recording import Prepared
from service.store.schema import ASSESSMENTS

ASSESSED, OVERRIDDEN, LIMIT_CHANGED = "application.assessed", "application.overridden", "limit.changed"
OVERRIDE_ENDED = "application.override_ended"
TYPE_OF = {
    Action.SUBMIT: "application.submitted",
    Action.REASSESS: ASSESSED,
    Action.APPROVE: "application.approved",
    Action.DECLINE: "application.declined",
    Action.RETURN: "application.returned",
    Action.WITHDRAW: "application.withdrawn",
    Action.ACTIVATE: "application.activated",
    Action.FREEZE: "application.frozen",
    Action.UNFREEZE: "application.unfrozen",
    Action.CLOSE: "application.closed",
}
ONE_OF_TWO = "application.approval_given"


def outline(application: Application) -> dict[str, Any]:
    """What of a case its events and its ledger entries tell; the purpose, which may name people, is not in it."""
    return {
        "enterprise_id": application.enterprise_id,
        "product": application.product,
        "amount_yuan": yuan_text(application.amount_fen),
        "tenor_months": application.tenor_months,
        "branch": application.branch,
        "park": application.park,
        "assessment_id": application.assessment_id,
        "outcome": application.outcome,
        "grade": application.grade,
        "limit_yuan": yuan_text(application.limit_fen),
        "version": application.version,
    }


def tell_made(connection: Connection, source: str, made: Application, prepared: Prepared) -> list[RowTold]:
    """A new application was assessed; gives the rows for the ledger, as every function here does."""
    return _tell(connection, source, ASSESSED, made, {"state": made.state.value}, simulated=_of_prepared(prepared))


def tell_step(
    connection: Connection,
    source: str,
    action: Action,
    before: Application,
    after: Application,
    prepared: Prepared | None = None,
) -> list[RowTold]:
    """An application took a step, which may have changed the amount that may be drawn."""
    kind = TYPE_OF[action]
    if action == Action.APPROVE and after.state != State.APPROVED:
        kind = ONE_OF_TWO
    simulated = _of_kept(connection, after) if prepared is None else _of_prepared(prepared)
    moved = {"before": before.state.value, "state": after.state.value}
    told = _tell(connection, source, kind, after, moved, simulated=simulated)
    drawable = drawable_fen(before), drawable_fen(after)
    if drawable[0] != drawable[1]:
        facts = {"before_yuan": yuan_text(drawable[0]), "after_yuan": yuan_text(drawable[1]), "because": kind}
        told += _tell(connection, source, LIMIT_CHANGED, after, facts, simulated=simulated)
    return told


def tell_override(connection: Connection, source: str, after: Application, made: Override) -> list[RowTold]:
    """A person put a grade or an amount in the place of the assessed one."""
    facts = {
        "what": made.what,
        "direction": made.direction,
        "from": made.before,
        "to": made.after,
        "reason": made.reason,
        "expires_on": made.expires_on.isoformat(),
        "state": after.state.value,
    }
    return _tell(connection, source, OVERRIDDEN, after, {"override": facts}, simulated=_of_kept(connection, after))


def tell_withdrawal(connection: Connection, source: str, after: Application, ended: Override) -> list[RowTold]:
    """An override was ended before its day."""
    assert ended.withdrawn is not None  # noqa: S101
    facts = {"what": ended.what, "direction": ended.direction, "to": ended.after, "reason": ended.withdrawn.reason}
    told = {"override": facts, "state": after.state.value}
    return _tell(connection, source, OVERRIDE_ENDED, after, told, simulated=_of_kept(connection, after))


def drawable_fen(application: Application) -> int:
    """What may be drawn: the approved amount while the line is active, else nothing."""
    return application.approved_fen or 0 if application.state == State.ACTIVE else 0


def _tell(
    connection: Connection,
    source: str,
    kind: str,
    application: Application,
    facts: Mapping[str, Any],
    *,
    simulated: bool,
) -> list[RowTold]:
    approved = None if application.approved_fen is None else yuan_text(application.approved_fen)
    known = {"application_id": application.id, **outline(application), "approved_yuan": approved}
    event = Event(
        id=event_id(application.id, application.version, kind),
        type=kind,
        subject=application.id,
        at=application.updated_at,
        source=source,
        facts={**known, **facts, "simulated": simulated},
    )
    return keep(connection, [event])


def _of_kept(connection: Connection, application: Application) -> bool:
    query = select(ASSESSMENTS.c.decision).where(ASSESSMENTS.c.id == application.assessment_id)
    return bool(json.loads(connection.execute(query).scalar_one())["simulated"])


def _of_prepared(prepared: Prepared) -> bool:
    place = [column.name for column in ASSESSMENTS.columns].index("decision")
    return bool(json.loads(prepared.work.rows[ASSESSMENTS][-1][place])["simulated"])
