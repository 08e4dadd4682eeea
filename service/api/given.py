"""What a route is given: the built service, and a body that is declared as JSON."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from models.errors import AssetlightError
from service.bootstrap import Service


async def service_of(request: Request) -> Service:
    """The service that the application was made on."""
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101
    return service


class KeyRepeated(AssetlightError):
    """A JSON object in the body has a key twice: the last one would win in silence."""


class JsonTooDeep(AssetlightError):
    """Objects and arrays of the body lie in each other deeper than anything here does."""


UTF_8 = ("utf-8", "utf8", "utf-8-sig")
CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')


async def require_json(request: Request) -> None:
    """Refuse a body of another media type or charset, and one that has a key twice in an object. Raises KeyRepeated."""
    declared = request.headers.get("content-type", "")
    if declared.split(";")[0].strip().lower() != "application/json":
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Expected Content-Type: application/json; found {declared or 'none'!r}."
        )
    charset = CHARSET.search(declared)
    if charset is not None and charset[1].lower() not in UTF_8:
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"JSON is UTF-8 (RFC 8259, 8.1); found charset={charset[1]!r}."
        )
    if body := await request.body():
        if (coding := json.detect_encoding(body)) not in UTF_8:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"JSON is UTF-8 (RFC 8259, 8.1); found {coding}.")
        refuse_depth(body, (await service_of(request)).settings.max_json_depth)
        json.loads(body, object_pairs_hook=once_each)  # it is JSON: the framework has read it


def refuse_depth(body: bytes, most: int) -> None:
    """Refuse JSON that is nested too deeply. Raises JsonTooDeep."""
    if body.count(b"[") + body.count(b"{") <= most:
        return
    marks = np.frombuffer(TEXT.sub(b"", body), dtype=np.uint8)
    opens, closes = (marks == 0x5B) | (marks == 0x7B), (marks == 0x5D) | (marks == 0x7D)
    depth = int((opens.astype(np.int32) - closes).cumsum().max(initial=0))
    if depth > most:
        raise JsonTooDeep(
            "the body is nested too deeply",
            field="body",
            expected=f"objects and arrays at most {most} deep",
            found=f"{depth} deep",
        )


def once_each(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that has a key twice."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise KeyRepeated(
            "a key occurs twice in one object of the body", field=repeated, expected="every key once", found=repeated
        )


GivenService = Annotated[Service, Depends(service_of)]
