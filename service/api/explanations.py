"""`/v1/assessments/{id}/explanation` and `/what-if`: why it is so, and what would be, of a kept assessment."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from starlette.responses import Response

from models.canonical import canonical_json
from models.decision import parse
from models.errors import AssetlightError
from models.limits.vocabulary import fact_bounds, facts_read
from models.money import fen_from_yuan, yuan_text
from models.tables import BANK_ZONE, Tables
from service.api.access import ASSESSES, READS_CASES, Caller, require
from service.api.examples import EXPLANATION_EXAMPLE, WHAT_IF_EXAMPLES
from service.api.explanation_messages import ExplanationResponse, WhatIfRequest, WhatIfResponse
from service.api.given import GivenService, require_json
from service.api.inline_records import tables_of
from service.api.messages import AssessmentRequest
from service.api.once import FRESH, IdempotencyKey, answered_once, once_of
from service.api.problems import documented
from service.api.reach import assessment_in_reach
from service.applications.idempotency import Answer
from service.bootstrap import Service
from service.explaining import Assumption, Grounds, explanation_of, grounds_of, what_if
from service.inputs import evidence_of
from service.store import Assessment

routes = APIRouter(prefix="/v1/assessments", tags=["assessments"])

NOTICE_ZH = "假设测算，不是授信决定，不予保存"
NOTICE_EN = "hypothetical: not a decision, and not kept"


class FactNotUnderstood(AssetlightError):
    """A what-if names a fact that nothing reads, or gives it a value that it cannot have."""


@routes.get(
    "/{assessment_id}/explanation",
    response_model=ExplanationResponse,
    summary="Explain an assessment",
    responses={
        HTTPStatus.OK: {
            "description": "Reasons, waterfall, attribution in yuan, levers, value of information",
            "content": {"application/json": {"example": EXPLANATION_EXAMPLE}},
        },
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE),
    },
    dependencies=[require(*READS_CASES)],
)
def read_explanation(service: GivenService, caller: Caller, assessment_id: str) -> Response:
    """Why this probability, why this amount, who paid for it, what would change it.

    Made when asked for, from what was kept with the decision: records, models and policies that came later change
    nothing of it, and `stands_on` says which day and inputs it is of. 409 where today's code would decide otherwise.
    """
    kept = assessment_in_reach(service, caller, assessment_id)
    service.recorder.accessed(kept.id, "explanation", caller.subject, service.clock())
    grounds = grounds_of_assessment(service, kept)
    found = {**explanation_of(grounds).model_dump(mode="json"), "stands_on": grounds.facts()}
    text = json.dumps(found, ensure_ascii=False, allow_nan=False)
    return Response(text, headers=FRESH, media_type="application/json")


@routes.post(
    "/{assessment_id}/what-if",
    response_model=WhatIfResponse,
    summary="What would be decided if",
    responses=documented(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    dependencies=[require(*ASSESSES), Depends(require_json)],
)
def assume(
    service: GivenService,
    caller: Caller,
    assessment_id: str,
    asked: Annotated[WhatIfRequest, Body(openapi_examples=WHAT_IF_EXAMPLES)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Change facts, application or records in thought and decide again by the same path. Nothing is kept.

    Everything else is as it was when the assessment was made, whatever came since: `stands_on` says which day and
    inputs. 409 where today's code would decide otherwise.
    """
    kept = assessment_in_reach(service, caller, assessment_id)
    service.recorder.accessed(kept.id, "what_if", caller.subject, service.clock())
    known = once_of(caller, idempotency_key, "what if", asked, assessment_id=assessment_id)
    return answered_once(service, known, lambda: Answer(HTTPStatus.OK, canonical_json(assumed(service, kept, asked))))


def assumed(service: Service, kept: Assessment, asked: WhatIfRequest) -> dict[str, Any]:
    """What is answered to a what-if."""
    record, grounds = parse(kept.decision), grounds_of_assessment(service, kept)
    found = what_if(grounds, understood(service, grounds, asked))
    before, after = (fen_from_yuan(one.limit_yuan) for one in (record, found))
    return {
        "hypothetical": True,
        "notice_zh": NOTICE_ZH,
        "notice_en": NOTICE_EN,
        "assessment_id": kept.id,
        "stands_on": grounds.facts(),
        "changed": changed(asked),
        "limit_yuan_before": record.limit_yuan,
        "limit_yuan": found.limit_yuan,
        "difference_yuan": yuan_text(after - before),
        "outcome_before": record.outcome,
        "outcome": found.outcome,
        "decision": found.tree({"decision_id"}),
    }


def grounds_of_assessment(service: Service, kept: Assessment) -> Grounds:
    """What a kept assessment stands on: its kept inputs, or what came with it or is stored now where none were kept."""
    evidence = evidence_of(service.store, kept.id)
    records = kept_records(kept) if evidence is None else None
    return grounds_of(service.assessor, parse(kept.decision), records, evidence)


def kept_records(kept: Assessment) -> Tables | None:
    """The records that came with the assessment, made into tables as they were on its day; None where none did."""
    asked = AssessmentRequest.model_validate(json.loads(kept.request))
    if asked.records is None:
        return None
    received = kept.created_at.astimezone(BANK_ZONE).date()
    return tables_of(asked.records, kept.enterprise_id, received_on=received, origin=asked.records_origin)


def understood(service: Service, grounds: Grounds, asked: WhatIfRequest) -> Assumption:
    """The assumption with every name and value checked."""
    record, policy = grounds.record, grounds.policy()
    names = facts_read(policy) | record.feature_values.keys()
    request = None
    if asked.request is not None:
        product = asked.request.product or record.request.product
        request = service.assessor.application(
            record.as_of,
            product=product,
            amount_yuan=asked.request.amount_yuan,
            forecast_growth=asked.request.forecast_growth,
        )
    records = None
    if asked.records is not None:
        records = tables_of(
            asked.records, record.enterprise_id, received_on=service.assessor.today(), origin=asked.records_origin
        )
    facts = {name: fact_value(name, value, names) for name, value in asked.facts.items()}
    return Assumption(facts, request, records)


def fact_value(name: str, value: str | float | None, names: frozenset[str] | set[str]) -> float | None:
    """A fact in the unit of the engine. Raises FactNotUnderstood, MoneyNotExact."""
    if name not in names:
        near = sorted(one for one in names if one.split("_")[0] == name.split("_", maxsplit=1)[0])
        raise FactNotUnderstood(
            "no rule and no model feature reads this fact",
            expected=", ".join(near) or "a name of the decision's feature_values",
            found=name,
            field=f"facts.{name}",
        )
    if value is None:
        return None
    money = name.endswith("_fen")
    if money != isinstance(value, str):
        expected = "decimal yuan text such as 5000000.00" if money else "a number"
        raise FactNotUnderstood("not a value of this fact", expected=expected, found=value, field=f"facts.{name}")
    known = float(fen_from_yuan(value)) if isinstance(value, str) else float(value)
    low, high = fact_bounds(name)
    if not low <= known <= high:
        expected = f"from {low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
        raise FactNotUnderstood(
            "no enterprise can have this value", expected=expected, found=value, field=f"facts.{name}"
        )
    return known


def changed(asked: WhatIfRequest) -> dict[str, Any]:
    """What was assumed, for the answer: records as counts."""
    records = asked.records.model_dump(exclude_none=True) if asked.records is not None else {}
    return {
        "facts": dict(asked.facts),
        "request": None if asked.request is None else asked.request.model_dump(mode="json", exclude_none=True),
        "records": {kind: len(rows) for kind, rows in records.items()},
    }
