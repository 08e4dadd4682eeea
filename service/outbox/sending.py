"""One attempt: an event posted to a consumer, signed, with an end in sight however the consumer behaves."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import httpcore2

from models import __version__
from models.errors import AssetlightError
from service.outbox.addresses import Guard
from service.outbox.event import MEDIA_TYPE
from service.outbox.signing import headers

SECONDS_FOR_ALL = 15.0  # from the name's address to the status; a lease is longer
SECONDS_TO_CONNECT = 5.0


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt. `problem` None: the consumer has the event."""

    problem: str | None = None
    retry_after: timedelta | None = None


class Sends(Protocol):
    """Sends one event."""

    async def send(self, url: str, secret: bytes, event: str, body: bytes, now: datetime) -> Outcome:
        """Post the event, and say what came of it; never raises for anything that the consumer does."""
        ...


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the address that the guard has looked at, and not to what the name is by then."""

    def __init__(self, guard: Guard, scheme: str) -> None:
        self._guard = guard
        self._scheme = scheme
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to one of the host's addresses. Raises AddressRefused, httpcore2.ConnectError."""
        try:
            address = await asyncio.to_thread(self._guard.connectable, host, port, self._scheme)
        except OSError as refusal:
            raise httpcore2.ConnectError(str(refusal)) from None
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)


class Sender:
    """Posts events over HTTP. No redirect is followed, no proxy is used, no answer is read beyond its status."""

    def __init__(self, guard: Guard, seconds: float = SECONDS_FOR_ALL) -> None:
        self._guard = guard
        self._seconds = seconds
        self._tls = ssl.create_default_context()

    async def send(self, url: str, secret: bytes, event: str, body: bytes, now: datetime) -> Outcome:
        """Post the event, and say what came of it."""
        sent = {
            "content-type": MEDIA_TYPE,
            "user-agent": f"assetlight/{__version__}",
            **headers(secret, event, int(now.timestamp()), body),
        }
        try:
            self._guard.check(url)
            async with asyncio.timeout(self._seconds):
                return await self._post(url, sent, body)
        except TimeoutError:
            return Outcome(f"no answer within {self._seconds:g} seconds")
        except AssetlightError as refused:
            return Outcome(f"{type(refused).__name__}: {refused.problem}")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as failure:
            return Outcome(f"{type(failure).__name__}: {failure}"[:200])

    async def _post(self, url: str, sent: dict[str, str], body: bytes) -> Outcome:
        async with httpcore2.AsyncConnectionPool(
            ssl_context=self._tls,
            network_backend=GuardedBackend(self._guard, urlsplit(url).scheme),
            max_connections=1,
            retries=0,
        ) as pool:
            timeouts = {"connect": SECONDS_TO_CONNECT, "read": self._seconds, "write": self._seconds}
            named = [("host", urlsplit(url).netloc), *sent.items()]
            async with pool.stream(
                "POST", url, headers=named, content=body, extensions={"timeout": timeouts}
            ) as answer:
                if 200 <= answer.status < 300:
                    return Outcome()
                given = {name.lower(): value for name, value in answer.headers}.get(b"retry-after", b"")
                wait = timedelta(seconds=min(int(given), 86_400)) if given.isdigit() else None
                return Outcome(f"HTTP {answer.status}", wait)
