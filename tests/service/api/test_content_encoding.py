"""Packed request bodies: gzip is taken everywhere, within the limits; every other coding is refused clearly."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import Message

from service.api.body_limit import PIECE_BYTES, Counted, Unpacked
from service.bootstrap import Service
from tests.service.callers import bearer, token
from tests.service.conftest import PATH, asked

JSON = "application/json"


def unpacked(pieces: list[bytes], most: int = 1 << 30) -> bytes:
    """A packed body that comes in pieces, as the application receives it."""

    async def body() -> bytes:
        waiting = [*pieces]

        async def receive() -> Message:
            body = waiting.pop(0) if waiting else b""
            return {"type": "http.request", "body": body, "more_body": bool(waiting)}

        layer, found, more = Counted(Unpacked(receive).receive, most), b"", True
        while more:
            message = await layer.receive()
            assert len(message["body"]) <= PIECE_BYTES
            found += message["body"]
            more = message["more_body"]
        return found

    return asyncio.run(body())


def pieces_of(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)] or [b""]


@given(content=st.binary(max_size=3_000), repeat=st.integers(1, 400), size=st.integers(1, 5_000), members=st.booleans())
def test_what_was_packed_comes_out(content: bytes, repeat: int, size: int, members: bool) -> None:
    """However it is cut, small or a thousand times larger than it came, in one member or two."""
    whole = content * repeat
    packed = gzip.compress(whole) if not members else gzip.compress(whole[:1000]) + gzip.compress(whole[1000:])
    assert unpacked(pieces_of(packed, size)) == whole


@given(cut=st.integers(1, 40), size=st.integers(1, 100))
def test_a_body_that_is_cut_off_is_refused(cut: int, size: int) -> None:
    """An end that is missing is not an end."""
    packed = gzip.compress(bytes(range(256)) * 4, mtime=0)
    with pytest.raises(HTTPException, match="cut off") as refused:
        unpacked(pieces_of(packed[:-cut], size))
    assert refused.value.status_code == 400


@pytest.mark.parametrize("body", [b"{}", b"\x1f\x8b\x08broken", gzip.compress(b"{}", mtime=0)[:-8] + b"12345678"])
def test_a_body_that_is_no_gzip_is_refused(body: bytes) -> None:
    """Plain text, a broken header, a checksum that does not match."""
    with pytest.raises(HTTPException, match="not gzip") as refused:
        unpacked([body])
    assert refused.value.status_code == 400


def test_a_bomb_is_never_held_in_memory() -> None:
    """A hundred megabytes in a hundred kilobytes: refused at the limit, and no more than some pieces are held."""
    bomb = gzip.compress(b" " * 100_000_000)
    tracemalloc.start()
    with pytest.raises(HTTPException, match="unpacked") as refused:
        unpacked([bomb], most=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status_code == 413
    assert peak < 8_000_000


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
def test_an_assessment_may_come_packed(client: TestClient, coding: str) -> None:
    """It is answered as the plain one."""
    headers = {"Content-Type": JSON, "Content-Encoding": coding}
    answer = client.post(PATH, content=gzip.compress(json.dumps(asked("E5")).encode()), headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["decision"] == client.post(PATH, json=asked("E5")).json()["decision"]


def posts(client: TestClient) -> dict[str, Any]:
    paths = client.get("/openapi.json").json()["paths"]
    return {
        path.replace("{", "").replace("}", ""): next(
            iter(item["post"].get("requestBody", {}).get("content", {JSON: 0}))
        )
        for path, item in paths.items()
        if "post" in item
    }


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "nothing"])
def test_every_other_coding_is_refused_at_every_post(client: TestClient, coding: str) -> None:
    """415 with what is taken, before the body is read."""
    for path, media_type in posts(client).items():
        headers = {"Content-Type": media_type, "Content-Encoding": coding}
        answer = client.post(path, content=b"whatever", headers=headers)
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, identity"), path
        problem = answer.json()
        assert (problem["type"], problem["field"]) == ("urn:assetlight:problem:encoding-not-taken", "Content-Encoding")


def test_limits_are_of_what_comes_out_at_every_post(client: TestClient, service: Service) -> None:
    """413 wherever a body is read, however small it came; a body that is no gzip is 400."""
    bomb = gzip.compress(b" " * 60_000_000)
    headers = bearer(token(service))
    read = 0
    for path, media_type in posts(client).items():
        packed = {**headers, "Content-Type": media_type, "Content-Encoding": "gzip"}
        answer = client.post(path, content=bomb, headers=packed)
        assert answer.status_code in (413, 404, 409, 422), (path, answer.text)
        read += answer.status_code == 413
        assert client.post(path, content=b"{}", headers=packed).status_code in (400, 404, 409, 422), path
    assert read >= 10


def test_a_packed_body_is_counted_under_its_route(client: TestClient) -> None:
    """Log and metrics know the route also where the body was unpacked."""
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    client.post("/v1/scores", content=gzip.compress(b"{}"), headers=headers)
    assert 'route="/v1/scores",status="422"' in client.get("/metrics").text
