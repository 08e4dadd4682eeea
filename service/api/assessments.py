"""`/v1/assessments`: make one, read it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response

from models.canonical import canonical_json
from models.tables import Tables
from service.api.access import ASSESSES, READS_CASES, Caller, require
from service.api.examples import REQUEST_EXAMPLES, RESPONSE_EXAMPLE
from service.api.given import GivenService, require_json
from service.api.inline_records import tables_of
from service.api.messages import AssessmentRequest, AssessmentResponse
from service.api.once import IdempotencyKey, before, once_of
from service.api.problems import documented
from service.api.reach import assessment_in_reach
from service.applications.idempotency import Answer, Once
from service.assessing import Question
from service.bootstrap import Service
from service.errors import EnterpriseUnknown, StoreUnusable
from service.ledger import Work
from service.ledger.reading import require_assessment_as_told
from service.people import Principal
from service.recording import NOTHING_ELSE
from service.store import Assessment
from service.store.application_schema import IDEMPOTENCY_KEYS

routes = APIRouter(prefix="/v1/assessments", tags=["assessments"])

ACCEPTED = {
    "description": "The assessment as it was kept",
    "content": {"application/json": {"example": RESPONSE_EXAMPLE}},
}


@routes.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=AssessmentResponse,
    summary="Assess one enterprise",
    responses={
        HTTPStatus.CREATED: ACCEPTED,
        **documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
    dependencies=[require(*ASSESSES), Depends(require_json)],
)
def make_assessment(
    service: GivenService,
    caller: Caller,
    asked: Annotated[AssessmentRequest, Body(openapi_examples=REQUEST_EXAMPLES)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Assess a stored enterprise by its id, or one whose records come with the request.

    The assessment is on the disk before it is answered.
    """
    known = once_of(caller, idempotency_key, "assess", asked)
    earlier = before(service, known)
    if earlier is not None:
        return made_before(service, caller, earlier)
    moment = service.clock().astimezone(UTC)
    as_of = service.assessor.day(asked.as_of)
    records = None if asked.records is None else records_of(service, asked)
    request = (
        None
        if asked.request is None
        else service.assessor.application(
            as_of,
            product=asked.request.product,
            amount_yuan=asked.request.amount_yuan,
            forecast_growth=asked.request.forecast_growth,
        )
    )
    try:
        made = service.assessor.made(Question(asked.enterprise_id, as_of, request, records))
    except EnterpriseUnknown as unknown:
        unknown.expected = "the id of a stored enterprise, or records in the request"
        unknown.advice = "import its records, or send them as `records`"
        raise
    kept = Assessment(
        id=service.new_id(moment),
        created_at=moment,
        enterprise_id=asked.enterprise_id,
        as_of=as_of,
        decision_id=made.decision.decision_id,
        decision=made.content,
        request=canonical_json(kept_request(asked)),
    )
    place = {"Location": f"{routes.prefix}/{kept.id}"}
    try:
        service.recorder.keep(made, kept, caller.subject, also=key_work(known, moment, place))
    except StoreUnusable:
        earlier = before(service, known)  # the same request was faster: its assessment is the one that counts
        if earlier is None:
            raise
        return made_before(service, caller, earlier)
    return answer(kept, HTTPStatus.CREATED, place)


def key_work(known: Once, at: datetime, place: Mapping[str, str]) -> Work:
    """The idempotency key beside the assessment, with its entry; the decision is kept, so its place is enough."""
    if known.key is None:
        return NOTHING_ELSE
    answer = Answer(HTTPStatus.CREATED, b"", place)
    return Work((known.entry(at, answer),), {IDEMPOTENCY_KEYS: [tuple(known.row(at, answer).values())]})


def made_before(service: Service, caller: Principal, earlier: Answer) -> Response:
    """The assessment that was made under the same key."""
    kept = service.assessments.get(earlier.headers["Location"].rsplit("/", 1)[1])
    with service.store.snapshot() as connection:
        require_assessment_as_told(connection, kept.id)
    service.recorder.accessed(kept.id, "read", caller.subject, service.clock())
    return answer(kept, HTTPStatus.CREATED, dict(earlier.headers))


@routes.get(
    "/{assessment_id}",
    response_model=AssessmentResponse,
    summary="Read an assessment again",
    responses={
        HTTPStatus.OK: ACCEPTED,
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
    },
    dependencies=[require(*READS_CASES)],
)
def read_assessment(service: GivenService, caller: Caller, assessment_id: str) -> Response:
    """The assessment as it was made, to the byte. The ledger says who read it before they do."""
    kept = assessment_in_reach(service, caller, assessment_id)
    service.recorder.accessed(kept.id, "read", caller.subject, service.clock())
    return answer(kept, HTTPStatus.OK)


def kept_request(asked: AssessmentRequest) -> dict[str, Any]:
    """The request as it is kept and given back; without records nothing is said about where they come from."""
    without = {"records_origin"} if asked.records is None else set()
    return asked.model_dump(mode="json", exclude_none=True, exclude=without)


def records_of(service: Service, asked: AssessmentRequest) -> Tables:
    """The records that came with the request."""
    assert asked.records is not None  # noqa: S101
    return tables_of(
        asked.records, asked.enterprise_id, received_on=service.assessor.today(), origin=asked.records_origin
    )


def answer(assessment: Assessment, status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    """The assessment as JSON; the decision's bytes go out as they were kept, never re-made."""
    request = json.loads(assessment.request)
    records = request.pop("records", None)
    head = canonical_json(
        {
            "id": assessment.id,
            "created_at": assessment.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "enterprise_id": assessment.enterprise_id,
            "as_of": assessment.as_of.isoformat(),
            "decision_id": assessment.decision_id,
            "request": request,
            "records_received": None if records is None else {kind: len(rows) for kind, rows in records.items()},
        }
    )
    body = head[:-1] + b',"decision":' + assessment.decision + b"}"
    fresh = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status_code=status, headers=fresh, media_type="application/json")
