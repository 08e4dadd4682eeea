"""`/v1/valuations`: what IP rights, data assets and the pool of an enterprise are worth on a day."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response

from models.canonical import canonical_json
from service.api.access import ASSESSES, Caller, require
from service.api.examples import VALUATION_EXAMPLES, VALUATION_RESPONSE_EXAMPLE
from service.api.explanation_messages import ValuationRequest, ValuationResponse
from service.api.given import GivenService, require_json
from service.api.inline_records import tables_of
from service.api.once import IdempotencyKey, answered_once, once_of
from service.api.problems import documented
from service.applications.idempotency import Answer
from service.assessing import Question
from service.bootstrap import Service
from service.valuing import value

routes = APIRouter(prefix="/v1/valuations", tags=["valuations"])


@routes.post(
    "",
    response_model=ValuationResponse,
    summary="Value an enterprise's assets",
    responses={
        HTTPStatus.OK: {
            "description": "Ranges with method, evidence and confidence",
            "content": {"application/json": {"example": VALUATION_RESPONSE_EXAMPLE}},
        },
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
def make_valuation(
    service: GivenService,
    caller: Caller,
    asked: Annotated[ValuationRequest, Body(openapi_examples=VALUATION_EXAMPLES)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """IP rights, data assets and the pool: low, central and high value, and what lends. Nothing is kept.

    A range with its evidence, never an appraisal: what is missing is named, and a lone self-reported number is never
    of high confidence.
    """
    known = once_of(caller, idempotency_key, "value", asked)
    return answered_once(service, known, lambda: Answer(HTTPStatus.OK, canonical_json(valued(service, asked))))


def valued(service: Service, asked: ValuationRequest) -> dict[str, Any]:
    """What is answered."""
    assessor = service.assessor
    as_of = assessor.day(asked.as_of)
    records = None
    if asked.records is not None:
        records = tables_of(
            asked.records, asked.enterprise_id, received_on=assessor.today(), origin=asked.records_origin
        )
    request = assessor.application(as_of, product=asked.product, amount_yuan=None)
    return value(assessor, Question(asked.enterprise_id, as_of, request, records))
