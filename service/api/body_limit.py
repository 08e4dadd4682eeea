"""A limit on the size of request bodies, packed and unpacked, refused as a problem like everything else.

A body may come as gzip (RFC 9110, 8.4.1). It is unpacked piece by piece, and what counts is what comes out, so that a
small body cannot become a large one; any other coding is refused before the body is read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_response

GZIP = ("gzip", "x-gzip")
PLAIN = ("", "identity")
TAKEN = {"Accept-Encoding": "gzip, identity"}
GZIP_WINDOW = 16 + zlib.MAX_WBITS
PIECE_BYTES = 1 << 18
BODY_HEADERS = (b"content-encoding", b"content-length")


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
        most_bytes, headers = self._most_bytes_of(scope), Headers(scope=scope)
        coding, declared = coding_of(headers), headers.get("content-length", "0")
        refusal = refused_coding(scope["path"], coding)
        if refusal is None and declared.isdecimal() and int(declared) > most_bytes:
            refusal = too_large(scope["path"], declared, most_bytes)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        counted = Counted(receive, most_bytes).receive
        if coding in GZIP:
            # in place: what the router writes into the scope is read by the layers around this one
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in BODY_HEADERS]
            counted = Counted(Unpacked(counted).receive, most_bytes).receive
        await self._app(scope, counted, send)


class BodyTooLarge(HTTPException):
    """A body turned out too large while it was read: the same problem as of one that says so."""

    name, title = "BodyTooLarge", "the body is too large"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words(most_bytes), {"Connection": "close"})
        self.members = {"field": "body", "expected": f"at most {most_bytes} bytes"}


class Counted:
    """A body that ends with a refusal where it is too long."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._received = 0

    async def receive(self) -> Message:
        """The next piece. Raises BodyTooLarge."""
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._most_bytes:
            raise BodyTooLarge(self._most_bytes)
        return message


class Unpacked:
    """A gzip body as it was before, in pieces of at most PIECE_BYTES however much the packed ones hold."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._inflater = zlib.decompressobj(wbits=GZIP_WINDOW)
        self._packed = b""
        self._held = False  # a piece was cut short: more of it is held
        self._begun = False  # a member of the gzip file was begun
        self._more = True
        self._ended = False

    async def receive(self) -> Message:
        """The next piece. Raises HTTPException, 400: it is no gzip, or is cut off."""
        while not self._ended:
            if self._packed or self._held:
                piece = self._next()
                if piece:
                    return {"type": "http.request", "body": piece, "more_body": True}
            elif self._more:
                message = await self._receive()
                if message["type"] != "http.request":
                    return message
                self._packed, self._more = message.get("body", b""), message.get("more_body", False)
            else:
                self._ended = True
                if self._begun:
                    raise HTTPException(HTTPStatus.BAD_REQUEST, "The gzip body is cut off.")
                return {"type": "http.request", "body": b"", "more_body": False}
        return await self._receive()

    def _next(self) -> bytes:
        self._begun = True
        try:
            piece = self._inflater.decompress(self._packed, PIECE_BYTES)
        except zlib.error as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body is not gzip: {error}.") from None
        self._held = len(piece) == PIECE_BYTES
        self._packed = self._inflater.unconsumed_tail
        if self._inflater.eof:  # another member may follow
            self._packed, self._held, self._begun = self._inflater.unused_data, False, False
            self._inflater = zlib.decompressobj(wbits=GZIP_WINDOW)
        return piece


def coding_of(headers: Headers) -> str:
    """The declared coding of the body."""
    return ", ".join(headers.getlist("content-encoding")).strip().lower()


def refused_coding(path: str, coding: str) -> ASGIApp | None:
    """The answer to a body in a coding that is not taken."""
    if coding in PLAIN or coding in GZIP:
        return None
    return problem_response(
        path,
        name="EncodingNotTaken",
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        title="the body is in a coding that is not taken",
        detail="A body comes as it is, or as gzip.",
        headers={**TAKEN, "Connection": "close"},
        field="Content-Encoding",
        value=coding[:100],
        expected="gzip, identity, or no Content-Encoding",
    )


def too_large(path: str, declared: str, most_bytes: int) -> ASGIApp:
    """The answer to a body that says it is too large."""
    return problem_response(
        path,
        name=BodyTooLarge.name,
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title=BodyTooLarge.title,
        detail=words(most_bytes),
        headers={"Connection": "close"},
        field="body",
        value=f"{declared} bytes",
        expected=f"at most {most_bytes} bytes",
    )


def words(most_bytes: int) -> str:
    """How long a body may be."""
    return (
        f"A request body of this kind may have at most {most_bytes} bytes, unpacked; "
        "divide it, or import large histories with assetlight import."
    )
