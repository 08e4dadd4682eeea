"""The outermost layer: every request has an id, a line in the log and its time in the metrics, whatever it comes to."""

from __future__ import annotations

import re
from secrets import token_hex
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from service.api.access import STATE, route_path, template_of
from service.api.problems import on_unexpected_error
from service.api.stopping import service_stopping
from service.bootstrap import Service
from service.operations.logs import logger
from service.people import Principal

LOG = logger(__name__)
HEADER = "X-Request-ID"
USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
WHILE_STOPPING = frozenset({"/healthz", "/readyz", "/metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"  # a path that is nobody's may hold anything


class Observing:
    """Gives each request its id, counts it, and logs one line about it."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch it; a service that stops takes no new one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = request_id(Headers(scope=scope))
        before = bind_contextvars(request_id=named)
        try:
            await self._observed(scope, receive, _Watched(send, named))
        finally:
            reset_contextvars(**before)

    async def _observed(self, scope: Scope, receive: Receive, watched: _Watched) -> None:
        stopping, metrics = self._service.stopping, self._service.metrics
        refused = stopping.begun and route_path(scope) not in WHILE_STOPPING
        stopping.in_flight += 1
        metrics.in_flight.inc()
        try:
            if refused:
                await service_stopping(scope["path"])(scope, receive, watched.send)
            else:
                await self._app(scope, receive, watched.send)
        except Exception as error:
            if watched.status:
                raise
            await (await on_unexpected_error(Request(scope), error))(scope, receive, watched.send)
        finally:
            stopping.in_flight -= 1
            metrics.in_flight.dec()
            self._account(scope, watched)

    def _account(self, scope: Scope, watched: _Watched) -> None:
        route, seconds = route_of(scope), watched.seconds
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._service.metrics.answered(method, route, watched.status, seconds)
        principal = scope.get(STATE)
        LOG.info(
            "request",
            method=method,
            route=route,
            status=watched.status,
            ms=round(seconds * 1000.0, 2),
            who=principal.pseudonym if isinstance(principal, Principal) else None,
        )


class _Watched:
    """The way out of one answer: its status, and when its last byte went."""

    def __init__(self, send: Send, given_id: str) -> None:
        self._send = send
        self._id = given_id
        self._began = perf_counter()
        self._ended: float | None = None
        self.status = 0  # the caller went away before there was one

    @property
    def seconds(self) -> float:
        """Until the last byte, or until now."""
        return (self._ended or perf_counter()) - self._began

    async def send(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._id
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended = perf_counter()


def request_id(headers: Headers) -> str:
    """The caller's id of the request where it is a plain word, else a new one."""
    given = headers.get(HEADER, "")
    return given if USABLE.fullmatch(given) else token_hex(16)


def route_of(scope: Scope) -> str:
    """The template of the route that answered."""
    return template_of(scope) or NO_ROUTE
