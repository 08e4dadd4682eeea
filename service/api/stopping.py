"""The answer to those who come while the service stops."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from service.api.problems import problem_response


def service_stopping(path: str) -> Response:
    """503, and the connection is closed so that the next request goes elsewhere."""
    return problem_response(
        path,
        name="ServiceStopping",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="the service is stopping",
        detail="It finishes what it has begun and takes nothing new. Ask again: another process will answer.",
        headers={"Connection": "close", "Retry-After": "5"},
    )
