"""`/healthz`: the process lives. `/readyz`: it can assess, or what is missing and what to do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from models import __version__
from service.api.given import GivenService
from service.api.problems import documented, problem_response
from service.api.stopping import service_stopping
from service.operations.readiness import look

routes = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process answers."""

    status: str = Field(examples=["ok"])
    version: str = Field(examples=["0.1.0"])
    development_issuer: bool = Field(description="true: anybody can be anybody here; never in production")


class Readiness(BaseModel):
    """Everything an assessment needs is there."""

    status: str = Field(examples=["ready"])
    checks: dict[str, Any] = Field(
        examples=[{"store": {"assessments": 12}, "lake": {"enterprises": 302}, "bundle": {"digest": "ab12..."}}]
    )


@routes.get("/healthz", summary="Does the process live?")
def health(service: GivenService) -> Health:
    """Answers as long as the process does; checks nothing else."""
    return Health(status="ok", version=__version__, development_issuer=service.settings.development_issuer)


@routes.get(
    "/readyz",
    response_model=Readiness,
    summary="Can it assess?",
    responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
)
def readiness(service: GivenService, request: Request) -> Any:  # noqa: ANN401
    """Checks store (form of this release, writable), lake, bundle, policy of today and signing keys.

    A problem names everything that is missing. While the service stops it is not ready.
    """
    if service.stopping.begun:
        return service_stopping(request.url.path)
    checks, missing = look(service)
    if not missing:
        return Readiness(status="ready", checks=checks)
    return not_ready(request.url.path, missing, checks)


def not_ready(path: str, missing: list[dict[str, Any]], checks: dict[str, Any]) -> Response:
    """The problem that names what is missing."""
    names = ", ".join(one["check"] for one in missing)
    return problem_response(
        path,
        name="NotReady",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title=f"not ready: {names}",
        detail=" ".join(f"{one['check']}: {one['message']}. {one.get('advice', '')}".strip() for one in missing),
        missing=missing,
        checks=checks,
    )
