"""`/healthz`: the process lives. `/readyz`: it can assess, or what is missing and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from models import __version__
from models.errors import AssetlightError
from service.api.given import GivenService
from service.api.problems import documented, problem_response
from service.assessing import has_stored_rows, nothing_stored
from service.bootstrap import Service

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
    """Checks the store, the lake, the bundle and the policy of today; a problem names everything that is missing."""
    checks: dict[str, Any] = {}
    missing: list[dict[str, Any]] = []
    for name, check in CHECKS.items():
        try:
            checks[name] = check(service)
        except AssetlightError as error:
            missing.append({"check": name, **error.as_dict()})
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


def _store(service: Service) -> dict[str, Any]:
    return {"assessments": service.assessments.count()}


def _lake(service: Service) -> dict[str, Any]:
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    return {"kinds": sorted(service.lake.tables().by_kind)}


def _bundle(service: Service) -> dict[str, Any]:
    bundle = service.bundles.current()
    return {"digest": bundle.digest, "trained_as_of": bundle.trained_as_of.isoformat(), "simulated": bundle.simulated}


def _policy(service: Service) -> dict[str, Any]:
    policy = service.assessor.policy_on(service.assessor.today())
    return {"on": policy.on.isoformat(), "digest": policy.digest, "overdue_reviews": len(policy.review_warnings)}


CHECKS: dict[str, Callable[[Service], dict[str, Any]]] = {
    "store": _store,
    "lake": _lake,
    "bundle": _bundle,
    "policy": _policy,
}
