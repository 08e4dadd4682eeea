"""`/v1/models`: the registry over HTTP. Who acts is who the token says; the rules are the same as everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.api.access import Caller, require
from service.api.given import GivenService, require_json
from service.api.messages import Day
from service.api.once import IdempotencyKey, before, once_of, shown
from service.api.problems import documented
from service.applications.idempotency import Answer, AnsweredBefore, Once
from service.bootstrap import Service
from service.comparing import compare_cases
from service.people import Principal, Role
from service.registry.errors import CandidateNotFound, ModelNotRegistered
from service.registry.facts import model_facts, move_facts, record_facts, standing_facts
from service.registry.records import ALL, Record
from service.registry.records import Role as ModelRole
from service.registry.registry import Actor

routes = APIRouter(prefix="/v1/models", tags=["models"])
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
READS = (Role.MODEL_OWNER, Role.VALIDATOR, Role.APPROVER, Role.RISK, Role.AUDITOR)
DIGEST = Field(min_length=12, max_length=64, pattern="^[0-9a-f]+$", examples=["3f2a9c1b22aa"])
ModelName = Annotated[str, Path(max_length=64, description="digest of a registered model, or how it begins")]
REFUSALS = documented(
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
FAILURES = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


class Asked(BaseModel):
    """A body in which every field is known."""

    model_config = ConfigDict(extra="forbid")


class Registration(Asked):
    """A trained bundle, by its digest in the data directory of the service."""

    bundle: Annotated[str, DIGEST]
    developer: str = Field(min_length=1, max_length=128, description="who made it", examples=["li.wei"])
    note: str = Field("", max_length=2000)


class Remark(Asked):
    """A remark for the record."""

    note: str = Field("", max_length=2000, examples=["as of the report of 30 September"])


class Promotion(Asked):
    """Which role, for which product, and why."""

    role: ModelRole = ModelRole.CHAMPION
    scope: str = Field(ALL, description="a product of the policy, or all", examples=["all"])
    reason: str = Field(min_length=1, max_length=2000, examples=["better in all segments"])
    requested_by: str | None = Field(None, max_length=128, description="who asked for it; default: who calls")
    replaces: str | None = Field(
        "",
        max_length=64,
        description="whole digest of the holder that the caller saw, null for none; default: whoever holds it",
    )


class Rollback(Asked):
    """An earlier champion of a scope, and why."""

    scope: str = Field(ALL, examples=["all"])
    reason: str = Field(min_length=1, max_length=2000, examples=["arrears above plan"])
    requested_by: str | None = Field(None, max_length=128)


class Kept(BaseModel):
    """What was put on record, and what is in force now."""

    record: dict[str, Any]
    champion: str | None
    challenger: str | None


@routes.get("", dependencies=[require(*READS)], summary="Every registered model", responses=FAILURES)
def list_models(service: GivenService) -> dict[str, Any]:
    """Models with role, validation and approval, and rows of the database that have no effect."""
    return standing_facts(service.registry.standing())


@routes.get("/live-on/{day}", dependencies=[require(*READS)], summary="The model of a day", responses=FAILURES)
def live_on(service: GivenService, day: Day, product: str | None = None) -> dict[str, Any]:
    """Which model was in force at the end of a day of the bank, and by whose hand; null before any promotion."""
    move = service.registry.live_on(day, product)
    return {"on": day.isoformat(), "model": move and move.model, "move": move and move_facts(move)}


@routes.get("/drift", dependencies=[require(*READS)], summary="Measurements of drift", responses=FAILURES)
def list_drift(service: GivenService, model: str | None = None) -> list[dict[str, Any]]:
    """The measurements with their alerts, oldest first, of one model or of all."""
    standing = service.registry.standing()
    wanted = None if model is None else standing.model(model).digest
    return [record_facts(one) for one in standing.drift if wanted in (None, one.model)]


@routes.get("/compare", dependencies=[require(*READS)], summary="Champion and challenger", responses=FAILURES)
def compare(
    service: GivenService, challenger: str | None = None, since: Annotated[Day | None, Query()] = None
) -> dict[str, Any]:
    """Both on the cases that both have scored; by default the challenger of now."""
    standing = service.registry.standing()
    wanted = standing.challenger() if challenger is None else standing.model(challenger).digest
    if wanted is None:
        raise ModelNotRegistered("no model is in the shadow", advice="promote one to challenger first")
    return {"challenger": wanted, **compare_cases(service.shadow_scores.cases(wanted, since))}


@routes.get(
    "/{model}",
    dependencies=[require(*READS)],
    summary="One model",
    responses={**FAILURES, **documented(HTTPStatus.UNPROCESSABLE_ENTITY)},
)
def show(service: GivenService, model: ModelName) -> dict[str, Any]:
    """Everything on record about a model, by its digest or how it begins."""
    standing = service.registry.standing()
    return model_facts(standing, standing.model(model))


@routes.post(
    "",
    response_model=Kept,
    status_code=HTTPStatus.CREATED,
    dependencies=[require(Role.MODEL_OWNER), Depends(require_json)],
    summary="Register a model",
    responses=REFUSALS,
)
def register(
    service: GivenService, caller: Caller, asked: Registration, idempotency_key: IdempotencyKey = None
) -> Response:
    """From then on it cannot change: its digests are checked at every load."""
    folder = service.settings.home / "bundles" / asked.bundle[:12]
    if not folder.is_dir():
        raise CandidateNotFound(
            "no bundle with this digest lies in the data directory", found=asked.bundle, field="bundle"
        )
    step = partial(service.registry.register, folder, developer=asked.developer, by=actor(caller), note=asked.note)
    return recorded(service, once_of(caller, idempotency_key, "register", asked), step)


@routes.post(
    "/{model}/validations",
    response_model=Kept,
    status_code=HTTPStatus.CREATED,
    dependencies=[require(Role.VALIDATOR), Depends(require_json)],
    summary="Put a validation on record",
    responses=REFUSALS,
)
def validate(
    service: GivenService, caller: Caller, model: ModelName, asked: Remark, idempotency_key: IdempotencyKey = None
) -> Response:
    """The caller stands for the report that lies beside the model, and is not its developer."""
    step = partial(service.registry.validate, model, by=actor(caller), note=asked.note)
    return recorded(service, once_of(caller, idempotency_key, "validate", asked, model=model), step)


@routes.post(
    "/{model}/approvals",
    response_model=Kept,
    status_code=HTTPStatus.CREATED,
    dependencies=[require(Role.APPROVER), Depends(require_json)],
    summary="Approve a model",
    responses=REFUSALS,
)
def approve(
    service: GivenService, caller: Caller, model: ModelName, asked: Remark, idempotency_key: IdempotencyKey = None
) -> Response:
    """The caller is neither developer nor validator."""
    step = partial(service.registry.approve, model, by=actor(caller), note=asked.note)
    return recorded(service, once_of(caller, idempotency_key, "approve model", asked, model=model), step)


@routes.post(
    "/{model}/promotions",
    response_model=Kept,
    status_code=HTTPStatus.CREATED,
    dependencies=[require(Role.MODEL_OWNER), Depends(require_json)],
    summary="Put a model in force, or into the shadow",
    responses=REFUSALS,
)
def promote(
    service: GivenService, caller: Caller, model: ModelName, asked: Promotion, idempotency_key: IdempotencyKey = None
) -> Response:
    """Needs every gate passed; a champion also an approval by somebody who neither asks for this nor makes it."""
    step = partial(
        service.registry.promote,
        model,
        by=actor(caller),
        reason=asked.reason,
        role=asked.role,
        scope=asked.scope,
        requester=asked.requested_by,
        replaces=asked.replaces,
    )
    return recorded(service, once_of(caller, idempotency_key, "promote", asked, model=model), step)


@routes.post(
    "/{model}/rollbacks",
    response_model=Kept,
    status_code=HTTPStatus.CREATED,
    dependencies=[require(Role.MODEL_OWNER, Role.RISK), Depends(require_json)],
    summary="Put an earlier champion in force again",
    responses=REFUSALS,
)
def roll_back(
    service: GivenService, caller: Caller, model: ModelName, asked: Rollback, idempotency_key: IdempotencyKey = None
) -> Response:
    """Its gates are looked at again."""
    step = partial(
        service.registry.roll_back,
        model,
        by=actor(caller),
        reason=asked.reason,
        scope=asked.scope,
        requester=asked.requested_by,
    )
    return recorded(service, once_of(caller, idempotency_key, "roll back", asked, model=model), step)


def actor(caller: Principal) -> Actor:
    """Who acts, as the identity provider calls them."""
    return Actor(caller.subject, identified_by="token")


def recorded(service: Service, known: Once, step: Callable[[], Record]) -> Response:
    """Take the step, or find the record that it made under the same key; the key is kept in its transaction."""
    earlier = before(service, known)
    if earlier is None:
        try:
            with known.in_hand():
                return shown(kept(service, step()))
        except AnsweredBefore as again:
            earlier = again.answer
    record = next(one for one in service.registry.records() if one.digest == earlier.body.decode())
    return shown(kept(service, record, earlier.headers))


def kept(service: Service, record: Record, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
    """The record, and what is in force now."""
    standing = service.registry.standing()
    found = Kept(record=record_facts(record), champion=standing.champion(), challenger=standing.challenger())
    return Answer(HTTPStatus.CREATED, found.model_dump_json().encode(), headers)
