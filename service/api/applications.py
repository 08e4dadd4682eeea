"""`/v1/applications`: make one, list those in reach, read one, move it, override it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query
from starlette.responses import Response

from service.api.access import READS_CASES, Caller, require
from service.api.application_answers import (
    ApplicationPage,
    ApplicationResponse,
    EventPage,
    OverrideReport,
    TransitionTable,
)
from service.api.application_messages import (
    ApplicationQuery,
    ApplicationRequest,
    OverrideRequest,
    TransitionRequest,
    WithdrawalRequest,
)
from service.api.given import GivenService, require_json
from service.api.messages import Day
from service.api.once import IdempotencyKey, once, shown
from service.api.problems import documented
from service.applications import judging, listing, making, moving, rows
from service.applications.listing import Filters
from service.applications.making import NewApplication
from service.applications.moving import Step
from service.applications.override_report import override_report
from service.applications.overriding import OverrideAsked
from service.applications.transitions import (
    OVERRIDE_STATES,
    ROLES_THAT_MOVE,
    ROLES_THAT_OVERRIDE,
    TRANSITIONS,
    State,
)
from service.applications.view import answer_of, facts_of, zulu
from service.applications.withdrawing import WithdrawalAsked, withdraw
from service.people import EVERYONE, Role

routes = APIRouter(prefix="/v1/applications", tags=["applications"])

MAKES = (Role.OFFICER, Role.SERVICE)
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
CHANGE_REFUSALS = (
    *REFUSALS,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.PRECONDITION_REQUIRED,
)
TAG = {"ETag": {"schema": {"type": "string"}, "description": "the version, for If-Match of the next change"}}
IfMatch = Annotated[
    str | None,
    Header(
        max_length=255,
        description="the ETag of the application as you read it, in its quotes; none, * or several: 428",
    ),
]
ApplicationId = Annotated[str, Path(max_length=64, description="id of the application")]


@routes.get("/transitions", summary="Who may take an application where", dependencies=[require(*EVERYONE)])
def read_transitions() -> TransitionTable:
    """The one table by which applications move."""
    return TransitionTable.model_validate(
        {
            "transitions": [vars(one) for one in TRANSITIONS],
            "states": {state.value: state.zh for state in State},
            "override_roles": ROLES_THAT_OVERRIDE,
            "override_states": OVERRIDE_STATES,
        }
    )


@routes.get(
    "/override-report",
    summary="How often people overrode",
    response_model=OverrideReport,
    responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(Role.RISK, Role.VALIDATOR, Role.AUDITOR)],
)
def read_override_report(
    service: GivenService,
    caller: Caller,
    first: Annotated[Day, Query(alias="from", description="first day of making, Beijing", examples=["2026-01-01"])],
    last: Annotated[Day, Query(alias="to", description="last day", examples=["2026-03-31"])],
) -> dict[str, Any]:
    """Overrides by direction, kind and reason, as a rate of the applications in reach, in the policy's bands."""
    return override_report(service.office, caller, first, last)


@routes.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=ApplicationResponse,
    summary="Apply",
    responses={HTTPStatus.CREATED: {"headers": TAG}, **documented(*REFUSALS)},
    dependencies=[require(*MAKES), Depends(require_json)],
)
def make_application(
    service: GivenService,
    caller: Caller,
    asked: Annotated[ApplicationRequest, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make an application and assess it. Case, assessment and ledger entry are on the disk before it is answered."""
    body = asked.model_dump(mode="json")
    return shown(
        making.make(service.office, caller, NewApplication(**body), once(caller, idempotency_key, "make", body))
    )


@routes.get(
    "",
    response_model=ApplicationPage,
    summary="List applications in reach",
    responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*READS_CASES)],
)
def list_applications(
    service: GivenService, caller: Caller, asked: Annotated[ApplicationQuery, Query()]
) -> dict[str, Any]:
    """Newest first. What is made while somebody turns pages never shows twice and hides nothing."""
    filters = Filters(**asked.model_dump(exclude={"limit", "cursor"}))
    office = service.office
    found = listing.page(office, caller, filters, asked.limit, asked.cursor)
    rules, policy = office.rules(), office.policy()
    return {
        "applications": [facts_of(one, rules, policy) for one in found.standings],
        "next": found.next,
        "not_as_told": found.not_as_told,
    }


@routes.get(
    "/{application_id}",
    response_model=ApplicationResponse,
    summary="Read an application",
    responses={
        HTTPStatus.OK: {"headers": TAG},
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    },
    dependencies=[require(*READS_CASES)],
)
def read_application(service: GivenService, caller: Caller, application_id: ApplicationId) -> Response:
    """The application with its overrides and approvals. The ledger says who read it before they do."""
    office = service.office
    with office.store.snapshot() as connection:
        standing = office.read(connection, application_id, caller)
    service.recorder.accessed(standing.application.id, "read application", caller.subject, service.clock())
    return shown(answer_of(standing, office.rules(), office.policy(), HTTPStatus.OK))


@routes.get(
    "/{application_id}/events",
    response_model=EventPage,
    summary="What happened to an application",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*READS_CASES)],
)
def read_events(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="number of the last event seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=listing.LONGEST_PAGE)] = 100,
) -> dict[str, Any]:
    """Steps, overrides, comments and attachments in the order in which they happened."""
    with service.office.store.snapshot() as connection:
        service.office.read_whole(connection, application_id, caller)
        found = rows.events(connection, application_id, after, limit + 1)
    more = len(found) > limit
    return {
        "events": [{**vars(one), "at": zulu(one.at)} for one in found[:limit]],
        "next": found[limit - 1].number if more else None,
    }


@routes.post(
    "/{application_id}/transitions",
    response_model=ApplicationResponse,
    summary="Take a step",
    responses={HTTPStatus.OK: {"headers": TAG}, **documented(*CHANGE_REFUSALS)},
    dependencies=[require(*ROLES_THAT_MOVE), Depends(require_json)],
)
def take_step(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    asked: Annotated[TransitionRequest, Body()],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Move the application by the table. Of several callers with the same version one wins; the others get 412."""
    body = asked.model_dump(mode="json")
    step = Step(application_id, asked.action, if_match, asked.reason, asked.amount_yuan)
    known = once(
        caller, idempotency_key, "transition", {"application_id": application_id, "if_match": if_match, **body}
    )
    return shown(moving.move(service.office, caller, step, known))


@routes.post(
    "/{application_id}/overrides",
    status_code=HTTPStatus.CREATED,
    response_model=ApplicationResponse,
    summary="Override grade or amount",
    responses={HTTPStatus.CREATED: {"headers": TAG}, **documented(*CHANGE_REFUSALS)},
    dependencies=[require(*ROLES_THAT_OVERRIDE), Depends(require_json)],
)
def make_override(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    asked: Annotated[OverrideRequest, Body()],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Needs coded reason, evidence, direction and end; the policy says how far. Whoever overrides does not approve."""
    to = asked.to_grade if asked.what == "grade" else asked.to_amount_yuan
    body = asked.model_dump(mode="json")
    wanted = OverrideAsked(
        asked.what, asked.direction, str(to), asked.reason, asked.explanation, asked.evidence, asked.expires_on
    )
    known = once(caller, idempotency_key, "override", {"application_id": application_id, "if_match": if_match, **body})
    return shown(judging.override(service.office, caller, application_id, if_match, wanted, known))


@routes.post(
    "/{application_id}/overrides/{override_id}/withdrawal",
    response_model=ApplicationResponse,
    summary="End an override before its day",
    responses={HTTPStatus.OK: {"headers": TAG}, **documented(*CHANGE_REFUSALS)},
    dependencies=[require(*ROLES_THAT_OVERRIDE), Depends(require_json)],
)
def end_override(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    override_id: Annotated[str, Path(max_length=64, description="id of an override of the application")],
    asked: Annotated[WithdrawalRequest, Body()],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Needs a coded reason and at least the authority of whoever made it. Whoever ends one does not approve."""
    body = asked.model_dump(mode="json")
    wanted = WithdrawalAsked(application_id, override_id, if_match, asked.reason, asked.explanation)
    place = {"application_id": application_id, "override_id": override_id, "if_match": if_match}
    known = once(caller, idempotency_key, "withdrawal", {**place, **body})
    return shown(withdraw(service.office, caller, wanted, known))
