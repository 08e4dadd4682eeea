"""Problem details (RFC 9457): one table from class of failure to HTTP status, one shape for every error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from models.errors import AssetlightError
from service.operations.logs import logger

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:assetlight:problem:"
LOG = logger(__name__)
RETRY_AFTER_S = {"IssuerKeysUnavailable": 30, "LakeBusy": 5}  # seconds after which the same request may well succeed
BODY_NOT_PARSED = "There was an error parsing the body"  # FastAPI's words for what is not even text, or too deep
LONGEST_VALUE = 200  # characters of a refused value that are sent back

# By name, so that the table imports nothing. A subclass has the status of its nearest ancestor here; an error that is
# not here is ours, not the caller's.
STATUS_BY_ERROR: dict[str, HTTPStatus] = {
    "AssetlightError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "AddressRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "AsOfInTheFuture": HTTPStatus.UNPROCESSABLE_ENTITY,
    "AmountNotApprovable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ApplicationNotFound": HTTPStatus.NOT_FOUND,
    "ApprovalRulesNotInForce": HTTPStatus.UNPROCESSABLE_ENTITY,
    "AssessmentNotFound": HTTPStatus.NOT_FOUND,
    "AttachmentNotFound": HTTPStatus.NOT_FOUND,
    "AttachmentRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "AuthorityExceeded": HTTPStatus.FORBIDDEN,
    "BatchBusy": HTTPStatus.CONFLICT,
    "BatchNotFinished": HTTPStatus.CONFLICT,
    "BatchNotFound": HTTPStatus.NOT_FOUND,
    "NothingStored": HTTPStatus.CONFLICT,
    "BatchCutOff": HTTPStatus.BAD_REQUEST,
    "BatchEmpty": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BatchMalformed": HTTPStatus.BAD_REQUEST,
    "BatchRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BatchShapeUnknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BatchTooLong": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "BundleCorrupt": HTTPStatus.SERVICE_UNAVAILABLE,
    "BundleNotFound": HTTPStatus.SERVICE_UNAVAILABLE,
    "DatabaseAhead": HTTPStatus.SERVICE_UNAVAILABLE,
    "DatabaseBehind": HTTPStatus.SERVICE_UNAVAILABLE,
    "Conflict": HTTPStatus.CONFLICT,
    "CursorNotUnderstood": HTTPStatus.UNPROCESSABLE_ENTITY,
    "DeadlinePassed": HTTPStatus.GATEWAY_TIMEOUT,
    "DecisionAltered": HTTPStatus.SERVICE_UNAVAILABLE,
    "DecisionNotReproduced": HTTPStatus.CONFLICT,
    "EnterpriseUnknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "EventNotDead": HTTPStatus.CONFLICT,
    "DayNotReached": HTTPStatus.UNPROCESSABLE_ENTITY,
    "EventNotFound": HTTPStatus.NOT_FOUND,
    "EventTypeUnknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "EventsKeyNotUsable": HTTPStatus.SERVICE_UNAVAILABLE,
    "FeaturesRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "FourEyes": HTTPStatus.FORBIDDEN,
    "IdempotencyKeyReused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "KeyRepeated": HTTPStatus.UNPROCESSABLE_ENTITY,
    "JsonTooDeep": HTTPStatus.BAD_REQUEST,
    "KindUnknown": HTTPStatus.NOT_FOUND,
    "FactNotUnderstood": HTTPStatus.UNPROCESSABLE_ENTITY,
    "IssuerKeysUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "LineNotReplaceable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "LakeBusy": HTTPStatus.SERVICE_UNAVAILABLE,
    "LakeDamaged": HTTPStatus.SERVICE_UNAVAILABLE,
    "MoneyNotExact": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ChineseFontMissing": HTTPStatus.SERVICE_UNAVAILABLE,
    "NoticeNotDue": HTTPStatus.CONFLICT,
    "NotForThisRole": HTTPStatus.FORBIDDEN,
    "NotLetIn": HTTPStatus.UNAUTHORIZED,
    "NotLetThrough": HTTPStatus.FORBIDDEN,
    "OverrideNotFound": HTTPStatus.NOT_FOUND,
    "OutsideReach": HTTPStatus.UNPROCESSABLE_ENTITY,
    "OverrideRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "PopulationNotInBundle": HTTPStatus.SERVICE_UNAVAILABLE,
    "PolicyValueNotInForce": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ProductUnknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "QuarantineNotFound": HTTPStatus.NOT_FOUND,
    "AlreadyInRole": HTTPStatus.CONFLICT,
    "CandidateNotFound": HTTPStatus.NOT_FOUND,
    "ChampionChanged": HTTPStatus.CONFLICT,
    "ModelAlreadyRegistered": HTTPStatus.CONFLICT,
    "ModelAmbiguous": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ModelNotRegistered": HTTPStatus.NOT_FOUND,
    "NotIndependent": HTTPStatus.FORBIDDEN,
    "RegistryBusy": HTTPStatus.SERVICE_UNAVAILABLE,
    "RegistryDamaged": HTTPStatus.SERVICE_UNAVAILABLE,
    "RegistryKeyNotUsable": HTTPStatus.SERVICE_UNAVAILABLE,
    "RegistryRefusal": HTTPStatus.CONFLICT,
    "RegistryRequired": HTTPStatus.SERVICE_UNAVAILABLE,
    "ReportNotUsable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ScopeUnknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "PersonNotUsable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ReasonMissing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "RangesNotInForce": HTTPStatus.UNPROCESSABLE_ENTITY,
    "RecordsRefused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ReferenceNotInForce": HTTPStatus.UNPROCESSABLE_ENTITY,
    "RequestedAmountInvalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ForecastImplausible": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ReachTooNarrow": HTTPStatus.FORBIDDEN,
    "SubscriptionNotFound": HTTPStatus.NOT_FOUND,
    "StepWithoutReason": HTTPStatus.UNPROCESSABLE_ENTITY,
    "StoreUnusable": HTTPStatus.SERVICE_UNAVAILABLE,
    "TenorTooLong": HTTPStatus.UNPROCESSABLE_ENTITY,
    "VersionChanged": HTTPStatus.PRECONDITION_FAILED,
    "VersionMissing": HTTPStatus.PRECONDITION_REQUIRED,
}


class FieldProblem(BaseModel):
    """One field that was refused."""

    field: str = Field(description="where in the request, e.g. request.amount_yuan or records.invoice[3].issued_on")
    value: Any = Field(None, description="what came")
    expected: str = Field(description="what was expected")


class Problem(BaseModel):
    """Problem details for HTTP APIs (RFC 9457), with field, value and expectation."""

    type: str = Field(examples=[TYPE_PREFIX + "enterprise-unknown"])
    title: str = Field(examples=["no record of this enterprise is stored"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(description="path of the request")
    field: str | None = None
    value: Any = None
    expected: str | None = None
    advice: str | None = None
    errors: list[FieldProblem] | None = Field(None, description="every field that was refused, when there are several")


def status_of(error: AssetlightError) -> HTTPStatus:
    """The HTTP status of an error."""
    for ancestor in type(error).__mro__:
        if ancestor.__name__ in STATUS_BY_ERROR:
            return STATUS_BY_ERROR[ancestor.__name__]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_response(
    request_path: str,
    *,
    name: str,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: Any,  # noqa: ANN401
) -> Response:
    """A problem as a response. ASCII only, so that any text a caller sent can be sent back."""
    kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    body = {"type": TYPE_PREFIX + kebab, "title": title, "status": int(status), "detail": detail}
    body |= {"instance": request_path, **{key: value for key, value in members.items() if value is not None}}
    return Response(json.dumps(body, default=repr), status_code=int(status), headers=headers, media_type=MEDIA_TYPE)


async def on_assetlight_error(request: Request, error: Exception) -> Response:
    """An error of ours, by the table."""
    assert isinstance(error, AssetlightError)  # noqa: S101
    return assetlight_problem(request.url.path, error)


def assetlight_problem(path: str, error: AssetlightError) -> Response:
    """The problem that an error of ours is; what the error says in `headers` and `members` goes with it."""
    facts = error.as_dict()
    status = status_of(error)
    again = RETRY_AFTER_S.get(type(error).__name__)
    headers = dict(getattr(error, "headers", {}))
    if again is not None:
        headers["Retry-After"] = str(again)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log_failure(error, status)
    return problem_response(
        path,
        name=type(error).__name__,
        status=status,
        title=error.problem,
        detail=error.sentence(),
        field=error.field,
        value=shortened(facts.get("found")),
        expected=error.expected,
        where=error.where,
        advice=error.advice,
        errors=getattr(error, "errors", None),
        headers=headers or None,
        **getattr(error, "members", {}),
    )


def log_failure(error: AssetlightError, status: HTTPStatus) -> None:
    """A failure of ours for those who run the service: what is broken and where, nothing that a caller sent."""
    known = status == HTTPStatus.SERVICE_UNAVAILABLE  # of the surroundings: database, disk, lake, bundle
    facts = {"where": error.where, "found": str(error.found), "advice": error.advice} if known else {}
    LOG.error("failure", problem=type(error).__name__, status=int(status), **facts, exc_info=error)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """A request that is not what the OpenAPI document says: each field with its value and the expectation."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        position = found[0]["loc"][-1]
        reason = found[0].get("ctx", {}).get("error", "not JSON")
        return problem_response(
            request.url.path,
            name="MalformedJson",
            status=HTTPStatus.BAD_REQUEST,
            title="the body is not JSON",
            detail=f"Reading stopped at character {position}: {reason}.",
            field="body",
            expected="one JSON object (RFC 8259)",
        )
    errors = [field_problem(one) for one in found]
    first = errors[0]
    return problem_response(
        request.url.path,
        name="InvalidRequest",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="the request is not what this resource expects",
        detail=" ".join(f"{one['field']}: expected {one['expected']}." for one in errors[:3]),
        **first,
        errors=errors,
    )


def field_problem(error: Mapping[str, Any]) -> dict[str, Any]:
    """One finding of pydantic as field, value and expectation."""
    kind, context = error["type"], error.get("ctx", {})
    expected = {
        "missing": "a value: this field is required",
        "extra_forbidden": "a field that /docs lists for this place; this one is unknown here",
        "string_pattern_mismatch": context.get("expectation") or f"text that matches {context.get('pattern')}",
        "literal_error": str(context.get("expected")),
    }.get(kind) or str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    problem = {"field": field_path(error["loc"]), "expected": expected}
    if kind != "missing":
        problem["value"] = shortened(error.get("input"))
    return problem


def field_path(location: Sequence[str | int]) -> str:
    """`records.invoice[3].issued_on` from pydantic's location."""
    path = ""
    for step in location[1:] if location[:1] == ("body",) and len(location) > 1 else location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def shortened(value: Any) -> Any:  # noqa: ANN401
    """A refused value as it can be sent back: plain, and not longer than a person reads."""
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}... ({len(text)} characters)"


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses: no such path, wrong method, a body too large or of another type."""
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(methods_at(request)))
    if status == HTTPStatus.BAD_REQUEST and error.detail == BODY_NOT_PARSED:
        return problem_response(
            request.url.path,
            name="MalformedJson",
            status=status,
            title="the body is not JSON",
            detail="The body is not UTF-8, is nested too deeply, or holds an endless number.",
            field="body",
            expected="one JSON object (RFC 8259)",
        )
    return problem_response(
        request.url.path,
        name=getattr(error, "name", status.phrase.title().replace(" ", "")),
        status=status,
        title=getattr(error, "title", status.phrase),
        detail=str(error.detail or status.description),
        headers=headers,
        **getattr(error, "members", {}),
    )


def methods_at(request: Request) -> set[str]:
    """Every method that some route takes at the path of a request: the framework tells only those of one route."""
    path = str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        template = str(getattr(context, "path_format", None) or getattr(context, "path", ""))
        if template and compile_path(template)[0].match(path):
            found |= context.methods or set()
    return found


async def on_unexpected_error(request: Request, error: Exception) -> Response:
    """A failure nobody foresaw: nothing of it leaves the house but that it happened."""
    LOG.error("unexpected failure", exc_info=error)
    return problem_response(
        request.url.path,
        name="UnexpectedError",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        title="the service failed unexpectedly",
        detail="The failure is in the service's log; nothing was kept.",
    )


def install(app: FastAPI) -> None:
    """Give every error of the application its problem."""
    app.add_exception_handler(AssetlightError, on_assetlight_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_unexpected_error)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these statuses carry a problem."""
    return {int(status): documented_as(status.phrase) for status in statuses}


def documented_as(description: str) -> dict[str, Any]:
    """One documented answer that carries a problem."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": description, "content": {MEDIA_TYPE: schema}}
