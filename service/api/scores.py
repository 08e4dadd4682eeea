"""`/v1/scores`: the probability of a ready row of features, for systems that compute features themselves.

Half of what a score would cost is the framework's: dependencies solved one by one, a body that is read twice and
walked twice. So a request in the usual form, of which nothing needs to be said, is answered by `ScoreRoute` at once;
all others take the ordinary way through `make_score`. Both ask the same `LET_THROUGH` and answer by the same `scored`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import Body, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from models.reference_population import TRAINING_AVERAGE
from service.api.access import Caller, require
from service.api.given import GivenService, require_json, service_of
from service.api.messages import Strict
from service.api.once import FRESH, IdempotencyKey, answered_once, once_of
from service.api.problems import documented
from service.applications.idempotency import Answer
from service.people import Role
from service.scoring_rows import InForce, RowScorer

NOTICE_ZH = "评分，不是授信决定，不予保存"
NOTICE_EN = "a score, not a decision, and not kept"
MOST_FEATURES = 2000
Value = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # true and "1" are no numbers, on either way


class ScoreRequest(Strict):
    """A row of features as the model in force knows them (GET /v1/models, the model's card)."""

    features: dict[str, Value | None] = Field(
        max_length=MOST_FEATURES,
        description="every feature of the model by name, in the feature's unit; null where it is not known",
        examples=[{"sales_12m_fen": 4.2e8, "void_rate_12m": 0.01}],
    )


class ScoreResponse(BaseModel):
    """`base_points` and all contributions add up to `points`; more points are safer."""

    notice_zh: str
    notice_en: str
    pd: float | None = Field(description="default probability; null where nothing is known of the row")
    pd_low: float | None = Field(description="null where the model has no interval")
    pd_high: float | None
    grade: str | None
    points: float | None
    base_points: float = Field(description="the mean points of whom the row is compared with")
    compared_with: str = Field(description="training_average, or the population of the model that the policy names")
    contributions: dict[str, float]
    bundle: str = Field(description="digest of the model")
    policy: str = Field(description="digest of the policy that the grade is of")
    simulated: bool = Field(description="the model learned from simulated data")


class UsualBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body in its usual form: what msgspec takes for it, `ScoreRequest` takes for the same."""

    features: dict[str, float | None]


USUAL_BODY = msgspec.json.Decoder(UsualBody)
LET_THROUGH = require(Role.SERVICE)


class ScoreRoute(APIRoute):
    """Answers a request in the usual form at once."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The way of every request: the short one, or else FastAPI's, which reads the same body."""
        request = Request(scope, receive)
        by = (await service_of(request)).row_scorer.at_hand()
        if by is not None and is_usual(request):
            with suppress(ClientDisconnect):  # the ordinary way meets it as well
                body = await request.body()
                answer = await at_once(request, body, by)
                if answer is not None:
                    await answer(scope, receive, send)
                    return
                receive = once_more(body, receive)
        await super().handle(scope, receive, send)


def is_usual(request: Request) -> bool:
    """Whether the head of a request is in the usual form."""
    headers = request.headers
    plain = request.method == "POST" and headers.get("content-type") == "application/json"
    return plain and "idempotency-key" not in headers


async def at_once(request: Request, body: bytes, by: InForce) -> Response | None:
    """The answer to a request in the usual form. None: it is another, and the ordinary way says what is to be said.

    Raises what the ordinary way raises of a request whose form is right: RoleMissing, RouteOutsideKey, FeaturesRefused.
    """
    features = usual_features(body)
    if features is None:
        return None
    await LET_THROUGH.dependency(request)
    return answered(scored(features, by))


def usual_features(body: bytes) -> dict[str, float | None] | None:
    """The features of a body in its usual form, or None.

    Every text in such a body is a key. D keys that differ need 2 D quotation marks, a key that comes again or one with
    a mark in it needs more: so their number tells whether each is there once.
    """
    try:
        features = USUAL_BODY.decode(body).features
    except msgspec.MsgspecError:
        return None
    each_once = body.count(b'"') == 2 * (len(features) + 1)
    return features if each_once and len(features) <= MOST_FEATURES else None


def once_more(body: bytes, receive: Receive) -> Receive:
    """A body that was read, to be read again."""
    pieces = [body]

    async def again() -> Message:
        return {"type": "http.request", "body": pieces.pop(), "more_body": False} if pieces else await receive()

    return again


def answered(body: bytes) -> Response:
    """A score that is not kept."""
    return Response(body, headers=FRESH, media_type="application/json")


async def make_score(
    service: GivenService,
    caller: Caller,
    asked: Annotated[ScoreRequest, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Probability, grade, points and exact contributions by the model in force, without reading any record.

    A promoted model is used within a second. Nothing is kept: for a decision, POST /v1/assessments.
    """
    scorer = service.row_scorer
    by = scorer.at_hand()
    if by is None:
        by = await run_in_threadpool(scorer.look_up)
    body = scored(asked.features, by)
    if idempotency_key is None:
        return answered(body)
    known = once_of(caller, idempotency_key, "score", asked)
    return await run_in_threadpool(answered_once, service, known, lambda: Answer(HTTPStatus.OK, body))


def scored(features: Mapping[str, float | None], by: InForce) -> bytes:
    """What is answered. Raises FeaturesRefused."""
    found = RowScorer.score(features, by)
    body = {
        "notice_zh": NOTICE_ZH,
        "notice_en": NOTICE_EN,
        "pd": found.pd,
        "pd_low": found.low,
        "pd_high": found.high,
        "grade": found.grade,
        "points": found.points,
        "base_points": found.base_points,
        "compared_with": by.policy.compared_with or TRAINING_AVERAGE,
        "contributions": dict(zip(by.bundle.features, found.contributions, strict=True)),
        "bundle": by.bundle.digest,
        "policy": by.policy.digest,
        "simulated": by.bundle.simulated,
    }
    return msgspec.json.encode(body)


def install(app: FastAPI) -> None:
    """Give the application the route itself: through a router that is included it would be looked for twice."""
    app.router.add_api_route(
        "/v1/scores",
        make_score,
        methods=["POST"],
        route_class_override=ScoreRoute,
        response_model=ScoreResponse,
        tags=["assessments"],
        summary="Score a ready row of features",
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        dependencies=[LET_THROUGH, Depends(require_json)],
    )
