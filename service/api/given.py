"""What a route is given: the built service, and a body that is declared as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from service.bootstrap import Service


def service_of(request: Request) -> Service:
    """The service that the application was made on."""
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101
    return service


def require_json(request: Request) -> None:
    """Refuse a body of another media type before anything is read into it."""
    declared = request.headers.get("content-type", "")
    if declared.split(";")[0].strip().lower() != "application/json":
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Expected Content-Type: application/json; found {declared or 'none'!r}."
        )


GivenService = Annotated[Service, Depends(service_of)]
