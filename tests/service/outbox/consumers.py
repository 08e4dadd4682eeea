"""A consumer over real HTTP: it can be down, slow or answer 500, verifies every signature and dedupes by id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Consumer:
    """What a bank's other system has received. `behave` gives the status of the n-th request, after what it does."""

    secret: str = ""
    behave: Callable[[int], int] = lambda _: 204
    port: int = 0
    requests: list[str] = field(default_factory=list)  # ids, repeats included
    taken: list[dict[str, Any]] = field(default_factory=list)  # events that were answered 2xx, each id once
    bad: list[str] = field(default_factory=list)
    torn: int = 0  # requests that ended before their body did
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    def receive(self, headers: Any, body: bytes) -> int:
        name = headers["webhook-id"]
        with self.lock:
            self.requests.append(name)
            number = len(self.requests)
        status = self.behave(number)
        with self.lock:
            if not self.verifies(headers, body):
                self.bad.append(name)
                return 401
            event = json.loads(body)
            if event["id"] != name or headers["content-type"] != "application/cloudevents+json":
                self.bad.append(name)
            if status < 300 and event["id"] not in {one["id"] for one in self.taken}:
                self.taken.append(event)
        return status

    def verifies(self, headers: Any, body: bytes) -> bool:
        """The check as the specification describes it, written without our code."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(one, f"v1,{digest}") for one in headers["webhook-signature"].split())

    @contextmanager
    def up(self) -> Iterator[Consumer]:
        """Listen; the port stays the same from one time to the next."""
        consumer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender died while it sent
                    consumer.torn += 1
                    return
                status = consumer.receive(self.headers, body)
                try:
                    self.send_response(status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:  # the worker did not wait
                    return

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        server = Server(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
