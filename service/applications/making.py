"""An application is made and assessed at once, and assessed again when it was returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from models.canonical import canonical_json
from models.money import fen_from_yuan, yuan_text
from service.applications import rows
from service.applications.application import Application, Standing
from service.applications.errors import OutsideReach, TenorTooLong
from service.applications.idempotency import Answer, Once
from service.applications.office import Office
from service.applications.telling import outline, tell_made
from service.applications.transitions import State
from service.applications.view import answer_of
from service.assessing import Question
from service.ledger import Kind, Work, draft
from service.ledger.appending import write
from service.ledger.rows_told import with_rows
from service.people import EVERYWHERE, Principal
from service.recording import Prepared
from service.store import Assessment

PATH = "/v1/applications"


@dataclass(frozen=True)
class NewApplication:
    """What is applied for. `product` None: the policy's default; `branch` None: the caller's only one."""

    enterprise_id: str
    amount_yuan: str
    tenor_months: int
    purpose: str
    product: str | None = None
    branch: str | None = None
    park: str | None = None


def make(office: Office, caller: Principal, asked: NewApplication, once: Once) -> Answer:
    """Assess and keep an application: assessment, case and ledger in one transaction.

    Raises EnterpriseUnknown, ProductUnknown, TenorTooLong, OutsideReach, IdempotencyKeyReused, StoreUnusable.
    """
    with office.store.reading() as connection:
        known = once.before(connection)
    if known is not None:
        return known
    branch, park = place(caller, asked)
    moment = office.clock()
    product, tenor = terms(office, asked)
    prepared, assessed = assess(office, asked.enterprise_id, product, asked.amount_yuan, caller.subject, moment)
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
        **assessed,
    )
    standing = Standing(application, office.assessor.today())
    answer = answer_of(
        standing, office.rules(), office.policy(), HTTPStatus.CREATED, Location=f"{PATH}/{application.id}"
    )
    with office.store.writing() as connection:
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        kept = rows.insert(connection, application)
        told = {**outline(application), "state": application.state.value}
        kept.append(rows.add_event(connection, application.id, "made", caller, moment, told))
        once.keep(connection, answer)
        tell_made(connection, office.event_source, application, prepared)
        content = with_rows({"action": "make", **told}, kept)
        keep_with_assessment(connection, prepared, application.id, caller.subject, moment, content)
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


def assess(
    office: Office, enterprise_id: str, product: str, amount_yuan: str, actor: str, moment: datetime
) -> tuple[Prepared, dict[str, Any]]:
    """The assessment by the one scoring path, ready to be kept, and what of it the case shows."""
    as_of = office.assessor.today()
    request = office.assessor.application(as_of, product=product, amount_yuan=amount_yuan)
    made = office.assessor.made(Question(enterprise_id, as_of, request))
    decision = made.decision
    assessment = Assessment(
        id=office.new_id(moment),
        created_at=moment,
        enterprise_id=enterprise_id,
        as_of=as_of,
        decision_id=decision.decision_id,
        decision=made.content,
        request=canonical_json(
            {"enterprise_id": enterprise_id, "request": {"product": product, "amount_yuan": amount_yuan}}
        ),
    )
    shown = {
        "assessment_id": assessment.id,
        "as_of": as_of,
        "outcome": decision.outcome,
        "grade": decision.grade,
        "limit_fen": fen_from_yuan(decision.limit_yuan),
    }
    return office.recorder.prepare(made, assessment, actor), shown


def keep_with_assessment(
    connection: Connection, prepared: Prepared, application_id: str, actor: str, at: datetime, told: Mapping[str, Any]
) -> None:
    """The assessment, its entry and the entry of the case, in the transaction that changes the case; last."""
    write(connection, [prepared.work, Work((draft(Kind.TRANSITION, application_id, actor, told, at=at),))])


def assessed_again(office: Office, standing: Standing, actor: str, moment: datetime) -> tuple[Prepared, Application]:
    """The next version of a case with a new assessment; overrides of the earlier one no longer count."""
    application = standing.application
    prepared, assessed = assess(
        office, application.enterprise_id, application.product, yuan_text(application.amount_fen), actor, moment
    )
    changed = replace(
        application,
        version=application.version + 1,
        state=State.ASSESSED,
        updated_at=moment,
        approvals=(),
        approved_fen=None,
        **assessed,
    )
    return prepared, changed
