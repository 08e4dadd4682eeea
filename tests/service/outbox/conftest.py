"""An outbox with one consumer, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.ledger import Kind, append
from service.ledger.rows_told import with_rows
from service.outbox import Event, event_id, keep
from service.outbox.addresses import Guard
from service.outbox.deliveries import Deliveries
from service.outbox.sending import Sender
from service.outbox.signing import Secrets, secret_text
from service.outbox.subscriptions import Subscription, Subscriptions
from service.outbox.worker import Worker
from service.store import Store
from tests.service.outbox.consumers import Consumer

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Bank:
    """An outbox with one consumer."""

    def __init__(self, store: Store, home: Path) -> None:
        self.store, self.clock, self.consumer = store, Clock(), Consumer()
        ids = (f"{number:08d}-0000-7000-8000-000000000000" for number in itertools.count(1))
        self.subscriptions = Subscriptions(store, Secrets(home), Guard(), lambda _: next(ids))
        self.deliveries = Deliveries(store, self.clock)
        self.count = itertools.count(1)

    def subscribe(self, consumer: Consumer | None = None, types: tuple[str, ...] = ("*",)) -> Subscription:
        consumer = consumer or self.consumer
        with consumer.up():  # takes its port
            made = self.subscriptions.add(name="engine", url=consumer.url, types=types, actor="risk", at=self.clock())
        consumer.secret = secret_text(self.subscriptions.secret(made))
        return made

    def happen(self, subject: str = "A", kind: str = "application.submitted") -> str:
        number = next(self.count)
        event = Event(
            event_id(subject, number, kind), kind, subject, self.clock(), "urn:bank", {"number": number, "词": "额度"}
        )
        with self.store.writing() as connection:
            told = keep(connection, [event])
            append(connection, Kind.TRANSITION, subject, "tester", with_rows({}, told), at=event.at)
        return event.id

    def worker(self, seconds: float = 5.0, deliveries: Deliveries | None = None) -> Worker:
        return Worker(self.subscriptions, deliveries or self.deliveries, Sender(Guard(), seconds))

    def drain(self, seconds: float = 5.0) -> None:
        asyncio.run(self.worker(seconds).drain())


@pytest.fixture
def bank(store: Store, tmp_path: Path) -> Iterator[Bank]:
    return Bank(store, tmp_path)
