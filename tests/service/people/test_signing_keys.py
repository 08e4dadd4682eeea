"""The provider's keys: kept, rotated, asked for no more often than needed, and lived without for a while."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from service.people.errors import IssuerKeysUnavailable
from service.people.signing_keys import (
    BETWEEN_FETCHES_S,
    FRESH_S,
    LARGEST_SET_BYTES,
    STALE_S,
    KeySet,
    fetch_from_file,
    fetch_over_http,
    read_key_set,
)
from tests.service.people.issuers import Provider

GONE = IssuerKeysUnavailable("gone")


class Watch:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def key_set() -> tuple[Provider, Watch, KeySet]:
    provider, watch = Provider().add("one"), Watch()
    return provider, watch, KeySet(provider.fetch, watch)


def test_a_set_is_fetched_once_and_again_when_it_is_old() -> None:
    """Many tokens, one fetch; after five minutes another."""
    provider, watch, keys = key_set()
    assert keys.at_hand("one") is None
    for _ in range(100):
        assert keys.find("one") is not None
    assert provider.fetched == 1
    assert keys.at_hand("one") is not None
    watch.now += FRESH_S + 1
    assert keys.find("one") is not None
    assert provider.fetched == 2


def test_a_rotated_key_is_found_and_the_old_one_is_gone() -> None:
    """An unknown id asks the provider once more."""
    provider, watch, keys = key_set()
    assert keys.find("one") is not None
    provider.keys.clear()
    provider.add("two")
    watch.now += BETWEEN_FETCHES_S
    assert keys.find("two") is not None
    assert keys.find("one") is None


def test_made_up_ids_cause_one_fetch_in_half_a_minute() -> None:
    """A thousand tokens with ids that nobody knows do not become a thousand calls."""
    provider, watch, keys = key_set()
    keys.find("one")
    watch.now += BETWEEN_FETCHES_S
    for at in range(1000):
        assert keys.find(f"made-up-{at}") is None
    assert provider.fetched == 2


def test_a_provider_that_is_down_is_lived_without_for_an_hour() -> None:
    """Known keys stay good for a while; then no token can be checked, and that is said."""
    provider, watch, keys = key_set()
    keys.find("one")
    provider.down = GONE
    watch.now += FRESH_S + 1
    assert keys.find("one") is not None
    watch.now += BETWEEN_FETCHES_S
    assert keys.find("one") is not None
    watch.now += STALE_S
    with pytest.raises(IssuerKeysUnavailable, match="gone"):
        keys.find("one")
    asked = provider.fetched
    with pytest.raises(IssuerKeysUnavailable, match="a moment ago"):
        keys.find("one")
    assert provider.fetched == asked
    provider.down = None
    watch.now += BETWEEN_FETCHES_S
    assert keys.find("one") is not None


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"5", b'{"keys": {}}', b'{"keys": []}', b"[" * 100_000, b"\xff"])
def test_a_set_without_keys_is_a_sentence(text: bytes) -> None:
    """What is not a key set is said to be none."""
    with pytest.raises(IssuerKeysUnavailable, match="key set"):
        read_key_set(text)


def test_a_private_key_in_the_set_is_used_as_a_public_one() -> None:
    """A provider's slip does not put a private key into use here."""
    provider = Provider().add("one")
    (jwk,) = provider.jwks()
    found = read_key_set(json.dumps({"keys": [{**jwk, "d": jwk["x"]}]}).encode())
    assert not hasattr(found["one"].key.key, "sign")


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """A key endpoint on loopback."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keys_come_over_http() -> None:
    """What the endpoint gives is what is read."""
    with answering(200, b'{"keys": []}') as url:
        assert fetch_over_http(url) == b'{"keys": []}'


def test_a_redirect_an_error_and_a_flood_are_refused() -> None:
    """Keys come from the address that the bank set, and only so many bytes."""
    with answering(302, b"", Location="http://127.0.0.1/elsewhere") as url, pytest.raises(GONE.__class__, match="302"):
        fetch_over_http(url)
    with answering(500, b"") as url, pytest.raises(IssuerKeysUnavailable, match="did not give"):
        fetch_over_http(url)
    with answering(200, b"x" * (LARGEST_SET_BYTES + 1)) as url, pytest.raises(GONE.__class__, match="too large"):
        fetch_over_http(url)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(IssuerKeysUnavailable, match="does not answer"):
        fetch_over_http(f"http://127.0.0.1:{port}/")


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    """A file that is not there is a sentence."""
    (tmp_path / "jwks.json").write_bytes(b"{}")
    assert fetch_from_file(tmp_path / "jwks.json") == b"{}"
    with pytest.raises(IssuerKeysUnavailable, match="cannot be read"):
        fetch_from_file(tmp_path / "none.json")
