"""A limit on the size of request bodies, refused as a problem like everything else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_response


class BodyLimit:
    """Refuses a body that says it is too large before reading it, and one that turns out so while it is read."""

    def __init__(self, app: ASGIApp, most_bytes: Callable[[Scope], int]) -> None:
        self._app = app
        self._most_bytes_of = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most_bytes = self._most_bytes_of(scope)
        declared = Headers(scope=scope).get("content-length", "0")
        detail = (
            f"A request body of this kind may have at most {most_bytes} bytes; "
            "divide it, or import large histories with assetlight import."
        )
        if declared.isdecimal() and int(declared) > most_bytes:
            response = problem_response(
                scope["path"],
                name="BodyTooLarge",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                title="the body is too large",
                detail=detail,
                headers={"Connection": "close"},
                field="body",
                value=f"{declared} bytes",
                expected=f"at most {most_bytes} bytes",
            )
            await response(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"})
            return message

        await self._app(scope, counted, send)
