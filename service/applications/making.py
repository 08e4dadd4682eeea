"""An application is made and assessed at once, and assessed again when it was returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from models.canonical import canonical_json
from models.limits.ceilings.early_warning import LEVELS, warning_level
from models.money import fen_from_yuan, yuan_text
from service.applications import rows
from service.applications.application import Application, Exposure, Standing, Today
from service.applications.commitments import REPLACEABLE, committed, require_cases_as_told
from service.applications.errors import LineNotReplaceable, OutsideReach, TenorTooLong
from service.applications.idempotency import Answer, Once
from service.applications.office import Office
from service.applications.telling import outline, tell_made
from service.applications.transitions import State
from service.applications.view import answer_of
from service.assessing import Made, Question
from service.credit_lines import lines_seen
from service.ledger import Kind, Work, draft
from service.ledger.appending import write
from service.ledger.rows_told import with_rows
from service.people import EVERYWHERE, Principal
from service.recording import Prepared
from service.store import Assessment

PATH = "/v1/applications"


@dataclass(frozen=True)
class NewApplication:
    """What is applied for. `product` None: the policy's default; `branch` None: the caller's only one.

    `replaces`: the application whose line this one would take the place of.
    """

    enterprise_id: str
    amount_yuan: str
    tenor_months: int
    purpose: str
    product: str | None = None
    branch: str | None = None
    park: str | None = None
    replaces: str | None = None


def make(office: Office, caller: Principal, asked: NewApplication, once: Once) -> Answer:
    """Assess and keep an application: assessment, case and ledger in one transaction.

    Raises EnterpriseUnknown, ProductUnknown, TenorTooLong, OutsideReach, LineNotReplaceable, IdempotencyKeyReused,
    StoreUnusable.
    """
    with office.store.reading() as connection:
        known = once.before(connection)
    if known is not None:
        return known
    branch, park = place(caller, asked)
    moment = office.clock()
    product, tenor = terms(office, asked)
    line = None if asked.replaces is None else line_to_replace(office, caller, asked.enterprise_id, asked.replaces)
    wanted = Wanted(asked.enterprise_id, product, asked.amount_yuan, line)
    prepared, assessed = assess(office, wanted, caller.subject, moment)
    application = Application(
        id=office.new_id(moment),
        version=1,
        state=State.ASSESSED,
        enterprise_id=asked.enterprise_id,
        product=product,
        amount_fen=fen_from_yuan(asked.amount_yuan),
        tenor_months=tenor,
        purpose=asked.purpose,
        branch=branch,
        park=park,
        officer=caller.subject,
        created_at=moment,
        updated_at=moment,
        replaces=asked.replaces,
        **assessed,
    )
    with office.store.writing() as connection:
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        require_cases_as_told(connection, [asked.enterprise_id])
        kept = rows.insert(connection, application)
        standing = office.standing(connection, application, caller)
        answer = answer_of(
            standing, office.rules(), office.policy(), HTTPStatus.CREATED, Location=f"{PATH}/{application.id}"
        )
        told = {**outline(application), "state": application.state.value}
        kept.append(rows.add_event(connection, application.id, "made", caller, moment, told))
        kept += tell_made(connection, office.event_source, application, prepared)
        content = with_rows({"action": "make", **told}, kept)
        entry = draft(Kind.TRANSITION, application.id, caller.subject, content, at=moment)
        write(connection, [prepared.work, Work((entry, *once.keep(connection, answer, moment)))])
    office.recorder.kept(prepared)
    return answer


def place(caller: Principal, asked: NewApplication) -> tuple[str, str | None]:
    """The branch and park of a new case. Raises OutsideReach."""
    own = sorted(caller.branches - {EVERYWHERE})
    branch = asked.branch or (own[0] if len(own) == 1 else None)
    if branch is None or not caller.reaches(branch, asked.park):
        raise OutsideReach(
            "the case would not be in your reach" if branch else "it is not said which branch the case is of",
            field="park" if branch and caller.reaches(branch, next(iter(caller.parks), None)) else "branch",
            expected="a branch and park of yours: " + (", ".join(sorted(caller.branches)) or "you have none"),
            found=asked.branch,
        )
    return branch, asked.park


def terms(office: Office, asked: NewApplication) -> tuple[str, int]:
    """Product and tenor. Raises ProductUnknown, TenorTooLong."""
    request = office.assessor.application(office.assessor.today(), product=asked.product, amount_yuan=asked.amount_yuan)
    product = office.policy().product(request.product)
    if asked.tenor_months > product.tenor_months:
        raise TenorTooLong(
            f"the tenor is longer than that of {product.code}",
            field="tenor_months",
            expected=f"1 to {product.tenor_months} months",
            found=asked.tenor_months,
        )
    return product.code, asked.tenor_months


@dataclass(frozen=True)
class Wanted:
    """What is assessed; `line`: the one whose place it would take."""

    enterprise_id: str
    product: str
    amount_yuan: str
    line: Application | None

    @property
    def replaced_fen(self) -> int | None:
        """The line that the new one would replace."""
        return None if self.line is None else self.line.approved_fen

    def facts(self) -> dict[str, Any]:
        """The question as it is kept."""
        request = {"product": self.product, "amount_yuan": self.amount_yuan}
        if self.line is not None:
            request["replaces"] = self.line.id
        return {"enterprise_id": self.enterprise_id, "request": request}


def line_to_replace(office: Office, caller: Principal, enterprise_id: str, application_id: str) -> Application:
    """The line that an application would replace. Raises LineNotReplaceable, also where it is out of reach."""
    with office.store.reading() as connection:
        found = rows.read(connection, application_id)
        lines = committed(connection, [enterprise_id], office.assessor.today())
    free = next((one for one in _replaceable(lines) if one.id == application_id), None)
    if free is None or found is None or not caller.sees(owner=free.officer, branch=free.branch, park=free.park):
        raise LineNotReplaceable(
            "not a line of this enterprise that can be replaced",
            field="replaces",
            expected="the id of an application of the same enterprise in your reach, approved or active, not past its "
            "end, that no other line replaces already",
            found=application_id,
        )
    return free


def _replaceable(lines: Sequence[Application]) -> list[Application]:
    taken = {one.replaces for one in lines if one.exposure.replaced_fen is not None}
    return [one for one in lines if one.state in REPLACEABLE and one.id not in taken]


def assess(office: Office, wanted: Wanted, actor: str, moment: datetime) -> tuple[Prepared, dict[str, Any]]:
    """The assessment by the one scoring path, ready to be kept, and what of it the case shows."""
    as_of = office.assessor.today()
    request = office.assessor.application(as_of, product=wanted.product, amount_yuan=wanted.amount_yuan)
    request = replace(request, line_replaced_fen=wanted.replaced_fen)
    made = office.assessor.made(Question(wanted.enterprise_id, as_of, request))
    decision = made.decision
    assessment = Assessment(
        id=office.new_id(moment),
        created_at=moment,
        enterprise_id=wanted.enterprise_id,
        as_of=as_of,
        decision_id=decision.decision_id,
        decision=made.content,
        request=canonical_json(wanted.facts()),
    )
    shown = {
        "assessment_id": assessment.id,
        "as_of": as_of,
        "outcome": decision.outcome,
        "grade": decision.grade,
        "limit_fen": fen_from_yuan(decision.limit_yuan),
        "exposure": exposure_of(made, wanted.replaced_fen),
    }
    return office.recorder.prepare(made, assessment, actor), shown


def exposure_of(made: Made, replaced_fen: int | None) -> Exposure:
    """What the assessment of one enterprise counted as exposure of this bank."""
    cases = made.columns.cases
    others, known = cases.amount("group_exposure_fen")
    grouped = cases.known_fact("group_member")[0] > 0 and known[0]
    return Exposure(
        own_fen=int(cases.own_exposure[0]),
        group_fen=int(others[0]) if grouped else None,
        replaced_fen=replaced_fen,
        lines=lines_seen(made.tables, made.decision.as_of),
    )


def replaced_now(standing: Standing) -> int | None:
    """The line that the case would replace, as long as it can be replaced."""
    application = standing.application
    line = standing.beside.line(application.replaces)
    if application.exposure.replaced_fen is None or line is None or line.state not in REPLACEABLE:
        return None
    return line.approved_fen


def found_today(office: Office, standing: Standing) -> Today:
    """What an assessment finds today beside the case itself: exposure and early warning. Raises what one does."""
    application, today = standing.application, office.assessor.today()
    replaced = replaced_now(standing)
    request = office.assessor.application(
        today, product=application.product, amount_yuan=yuan_text(application.amount_fen)
    )
    request = replace(request, line_replaced_fen=replaced)
    records = office.assessor.around(application.enterprise_id, application.id)
    made = office.assessor.made(Question(application.enterprise_id, today, request, records))
    (cap,) = (one for one in made.columns.limits.ceilings if one.code == "early_warning")
    level = LEVELS[int(warning_level(made.columns.cases)[0])]
    return Today(exposure_of(made, replaced), level, int(cap.value[0]) if cap.counts_at(0) else None)


def assessed_again(office: Office, standing: Standing, actor: str, moment: datetime) -> tuple[Prepared, Application]:
    """The next version of a case with a new assessment; overrides of the earlier one that went up no longer count.

    A line that can no longer be replaced counts in full.
    """
    application = standing.application
    line = next((one for one in _replaceable(standing.beside.lines) if one.id == application.replaces), None)
    wanted = Wanted(application.enterprise_id, application.product, yuan_text(application.amount_fen), line)
    prepared, assessed = assess(office, wanted, actor, moment)
    changed = replace(
        application,
        version=application.version + 1,
        state=State.ASSESSED,
        updated_at=moment,
        approvals=(),
        approved_fen=None,
        ends_on=None,
        **assessed,
    )
    return prepared, changed
