"""Who may call which route: nobody, unless the route says who. Checked before a body is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import AssetlightError
from service.api.problems import assetlight_problem, documented_as
from service.api.rates import Rates
from service.bootstrap import Service
from service.errors import RowNotAsTold
from service.operations.logs import logger
from service.people import EVERYONE, Principal, Role, development
from service.people.errors import NotLetIn, RoleMissing, RouteOutsideKey, RouteUndeclared
from service.settings import LOOPBACK
from service.store.schema import API_KEYS

LOG = logger(__name__)
PUBLIC = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
PUBLIC_FOLDERS = ("/docs/assets/",)
ASSESSES = (Role.OFFICER, Role.APPROVER, Role.RISK, Role.SERVICE)
READS_CASES = (*ASSESSES, Role.VALIDATOR, Role.AUDITOR)
KEEPS_RECORDS = (Role.OFFICER, Role.RISK, Role.SERVICE)
METRICS = "/metrics"
SCRAPER = Principal("scraper", "scraper", frozenset({Role.SERVICE}), kind="key", routes=frozenset({f"GET {METRICS}"}))
STATE = "assetlight.principal"  # in the scope of a request
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the bank's identity provider (RS256, ES256 or EdDSA). On a laptop: "
        "`assetlight people token --role officer`, with the development issuer on.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "For batch jobs: `assetlight people keys create`. Scoped to roles and routes, expiring.",
    },
}


class Authentication:
    """Lets nobody in who has not shown who they are, on any path but the public ones."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._rates = Rates(service.settings, lambda: service.clock().timestamp())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who calls, or refuse the request before any of its body is read."""
        if scope["type"] != "http":  # no websocket is served; the lifespan is nobody's
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        answer = self._announcing(send)
        path = route_path(scope)
        if path in PUBLIC or path.startswith(PUBLIC_FOLDERS):
            await self._app(scope, receive, answer)
            return
        try:
            principal = scope[STATE] = await self._caller(scope, path)
        except AssetlightError as error:
            if isinstance(error, RowNotAsTold):
                self._service.metrics.not_as_told.labels(API_KEYS.name).inc()
            reason = error.reason if isinstance(error, NotLetIn) else type(error).__name__
            LOG.warning("access.refused", method=scope["method"], reason=reason)
            await assetlight_problem(scope["path"], error)(scope, receive, answer)
            return
        refusal = self._rates.refusal(principal, scope["path"])
        await (refusal or self._app)(scope, receive, answer)

    async def _caller(self, scope: Scope, path: str) -> Principal:
        headers = Headers(scope=scope)
        if path == METRICS and self._service.settings.metrics_on_loopback and is_this_machine(scope, headers):
            return SCRAPER
        return await self._principal(headers)

    async def _principal(self, headers: Headers) -> Principal:
        people, now = self._service.people, self._service.clock()
        given = headers.get("authorization"), headers.get("x-api-key")
        if people.is_quick(*given):
            return people.principal(*given, now)
        return await run_in_threadpool(people.principal, *given, now)

    def _announcing(self, send: Send) -> Send:
        if not self._service.settings.development_issuer:
            return send

        async def announcing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[development.HEADER] = "on"
            await send(message)

        return announcing


def is_this_machine(scope: Scope, headers: Headers) -> bool:
    """Whether a request without a credential comes from this machine, and not for somebody else."""
    said = {"authorization", "x-api-key", "forwarded", "x-forwarded-for"} & set(headers.keys())
    client = scope.get("client")
    return not said and client is not None and client[0] in LOOPBACK


def route_path(scope: Scope) -> str:
    """The path below the place where the application is mounted."""
    root, path = scope.get("root_path", ""), str(scope["path"])
    return path.removeprefix(root) if root and path.startswith(root + "/") else path


@dataclass(frozen=True)
class Requirement:
    """The roles that a route lets through. Called by FastAPI, it gives the caller. Raises RoleMissing."""

    roles: tuple[Role, ...]

    async def __call__(self, request: Request) -> Principal:  # async: a thread for it would cost more than it does
        """The caller, if a role lets it through."""
        principal = request.scope.get(STATE)
        assert isinstance(principal, Principal)  # noqa: S101  # Authentication lets nobody else come here
        route = f"{request.method} {template_of(request.scope) or request.url.path}"
        try:
            self._check(principal, route)
        except (RoleMissing, RouteOutsideKey) as refused:
            LOG.warning("access.denied", who=principal.pseudonym, route=route, reason=refused.reason)
            raise
        return principal

    def _check(self, principal: Principal, route: str) -> None:
        if not principal.has(*self.roles):
            raise RoleMissing(
                "none of the caller's roles may do this",
                reason="role",
                expected="one of " + ", ".join(self.roles),
                found=", ".join(sorted(principal.roles)) or "no role",
            )
        if principal.routes and route not in principal.routes:
            raise RouteOutsideKey("the API key is not made for this route", reason="route", found=route)


def require(*roles: Role) -> Any:  # noqa: ANN401
    """The dependency of a route that lets these roles through; every route needs one."""
    assert roles, "name the roles"  # noqa: S101
    return Depends(Requirement(tuple(roles)))


async def caller_of(request: Request) -> Principal:
    """Who calls, in a route that has its requirement elsewhere."""
    principal = request.scope[STATE]
    assert isinstance(principal, Principal)  # noqa: S101
    return principal


Caller = Annotated[Principal, Depends(caller_of)]


def template_of(scope: Scope) -> str | None:
    """The path of the route with its parameters' names, as the OpenAPI document has it; None: of no route."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path_format", None)


@dataclass(frozen=True)
class Declared:
    """One operation of the application and what it requires."""

    method: str
    path: str
    roles: tuple[Role, ...]
    in_document: bool


def declared_routes(app: FastAPI) -> Iterator[Declared]:
    """Every operation that is not public, with the roles it lets through. Raises RouteUndeclared."""
    for context in iter_route_contexts(app.routes):
        path = str(getattr(context, "path_format", None) or getattr(context, "path", ""))
        if path in PUBLIC or (path + "/").startswith(PUBLIC_FOLDERS):
            continue
        if not isinstance(context.original_route, APIRoute):
            raise RouteUndeclared("a route does not say who may use it", found=path or repr(context.original_route))
        stack = [context.dependant]
        required: list[Requirement] = []
        while stack:
            one = stack.pop()
            required += [one.call] if isinstance(one.call, Requirement) else []
            stack += one.dependencies
        if not required:
            raise RouteUndeclared(
                "a route does not say who may use it",
                found=path,
                expected="dependencies=[require(Role...)]",
                where=getattr(context.endpoint, "__qualname__", None),
            )
        roles = tuple(role for role in EVERYONE if all(role in one.roles for one in required))
        for method in sorted(context.methods or ()):
            yield Declared(method, path, roles, context.include_in_schema)


def document(app: FastAPI, openapi: dict[str, Any]) -> None:
    """Write into the OpenAPI document how one is let in, and whom each operation lets through."""
    openapi["components"]["securitySchemes"] = SCHEMES
    refusals = {
        HTTPStatus.UNAUTHORIZED: "No credential, or one that is not accepted",
        HTTPStatus.FORBIDDEN: "None of the caller's roles is let through",
    }
    for declared in declared_routes(app):
        operation = openapi["paths"].get(declared.path, {}).get(declared.method.lower())
        if operation is None:
            continue
        operation["security"] = [{"bearer": []}, {"apiKey": []}]
        operation["x-roles"] = list(declared.roles)
        for status, words in refusals.items():
            answer = documented_as(words)
            if status == HTTPStatus.UNAUTHORIZED:
                answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
            operation["responses"].setdefault(str(int(status)), answer)
        said = "Roles: " + ", ".join(declared.roles) + "."
        operation["description"] = "\n\n".join(filter(None, (operation.get("description"), said)))


def check_every_route(app: FastAPI) -> None:
    """Refuse to start an application with a route that does not say who may use it. Raises RouteUndeclared."""
    for _ in declared_routes(app):
        pass
