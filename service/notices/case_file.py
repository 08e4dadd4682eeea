"""Everything about one case that a paper may say, gathered from what is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, or_, select

from models.decision import DecisionNotReproduced, DecisionRecord, ExplanationRecord, parse
from models.policy import Policy
from models.policy.approval_rules import ApprovalRules
from models.tables import BANK_ZONE
from service.applications import rows
from service.applications.application import Application, Standing
from service.applications.office import Office
from service.explaining import explanation_of, grounds_of
from service.inputs import evidence_of
from service.ledger import Kind
from service.ledger.reading import require_assessment_as_told
from service.people import EVERYWHERE, Principal, Role
from service.settings import Settings
from service.store import AssessmentStore
from service.store.schema import LEDGER

MOST_EVENTS = 1000


@dataclass(frozen=True)
class CaseFile:
    """A case. `explanation` None: the code has changed, so that it cannot be made any more."""

    standing: Standing
    decision: DecisionRecord
    decided_by: Policy  # of the day of the decision
    rules: ApprovalRules
    events: tuple[rows.Event, ...]
    ledger_hash: str
    ledger_sequence: int
    bank: str | None
    contact: str | None
    explanation: ExplanationRecord | None = None
    not_explained: str = ""

    @property
    def application(self) -> Application:
        """The case itself."""
        return self.standing.application

    def person(self, subject: str) -> str:
        """Somebody who worked on the case: the name as the token had it then, with the subject."""
        known = [one.actor_name for one in self.events if one.actor == subject and one.actor_name]
        return f"{known[-1]} ({subject})" if known and known[-1] != subject else subject

    def last(self, *actions: str) -> rows.Event | None:
        """The latest step of one of these actions."""
        steps = [one for one in self.events if one.kind == "transition" and one.content.get("action") in actions]
        return steps[-1] if steps else None


def case_file(
    office: Office,
    assessments: AssessmentStore,
    settings: Settings,
    application_id: str,
    caller: Principal | None,
    *,
    explained: bool = False,
) -> CaseFile:
    """The case. `caller` None: whoever runs the command line. Raises ApplicationNotFound, RowNotAsTold."""
    with office.store.snapshot() as connection:
        standing = office.read_whole(connection, application_id, caller or OPERATOR)
        events = tuple(rows.events(connection, application_id, 0, MOST_EVENTS))
        sequence, digest = _entry(connection, standing.application)
        require_assessment_as_told(connection, standing.application.assessment_id)
    decision = parse(assessments.get(standing.application.assessment_id).decision)
    day = day_of(standing.application, events)
    found = CaseFile(
        standing=replace(standing, today=day),
        decision=decision,
        decided_by=office.assessor.policy_on(decision.policy.on),
        rules=office.rules_on(day),
        events=events,
        ledger_hash=digest,
        ledger_sequence=sequence,
        bank=settings.bank_name,
        contact=settings.notice_contact,
    )
    return with_explanation(found, office) if explained else found


def day_of(application: Application, events: tuple[rows.Event, ...]) -> date:
    """The day for which a paper speaks: of the last approval, else of the last change; never the day it is read."""
    approvals = [one.at for one in events if one.kind == "transition" and one.content.get("action") == "approve"]
    moment = datetime.fromisoformat(approvals[-1]) if approvals else application.updated_at
    return moment.astimezone(BANK_ZONE).date()


def with_explanation(found: CaseFile, office: Office) -> CaseFile:
    """The case with attribution and levers where they can still be made."""
    try:
        evidence = evidence_of(office.store, found.application.assessment_id)
        explanation = explanation_of(grounds_of(office.assessor, found.decision, None, evidence))
    except DecisionNotReproduced as changed:
        return replace(found, not_explained=changed.problem)
    return replace(found, explanation=explanation)


def _entry(connection: Connection, application: Application) -> tuple[int, str]:
    """The last entry of the ledger that changed the case; looking at it is none."""
    columns = LEDGER.c
    changes = (columns.subject == application.id) & columns.kind.in_((Kind.TRANSITION, Kind.OVERRIDE))
    made = (columns.subject == application.assessment_id) & (columns.kind == Kind.ASSESSMENT)
    query = select(columns.sequence, columns.hash).where(or_(changes, made)).order_by(columns.sequence.desc())
    row = connection.execute(query.limit(1)).one()
    return int(row.sequence), str(row.hash)


# Whoever may run commands on the data directory reads everything there.
OPERATOR = Principal("cli", "cli", frozenset({Role.AUDITOR}), frozenset({EVERYWHERE}))
