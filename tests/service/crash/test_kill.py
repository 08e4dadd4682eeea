"""Kill -9 under load: no acknowledged decision or case is lost, none is half written, every event is told once."""

from __future__ import annotations

import asyncio
from collections import Counter as Count
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.bootstrap import uuid7
from service.ledger.verifying import verify
from service.outbox.addresses import Guard
from service.outbox.deliveries import LEASE, Deliveries
from service.outbox.sending import Sender
from service.outbox.signing import Secrets, secret_text
from service.outbox.subscriptions import Subscriptions
from service.outbox.worker import Worker
from service.store import Store, open_store
from service.store.application_schema import APPLICATIONS
from service.store.outbox_schema import OUTBOX_EVENTS
from service.store.schema import ASSESSMENTS, LEDGER
from tests.service.crash.harness import Counter, Crashes, assess, hammer
from tests.service.outbox.consumers import Consumer

DELIVERS = {"ASSETLIGHT_DELIVER_EVENTS": "true", "ASSETLIGHT_RATE_LIMIT": "off"}


def subscriptions(store: Store, home: Path) -> Subscriptions:
    """The subscriptions of the bank under the hammer."""
    return Subscriptions(store, Secrets(home), Guard(), lambda at: uuid7(at, 0))


@contextmanager
def subscribed(home: Path, database_url: str) -> Iterator[Consumer]:
    """A consumer of every event that is up through all lives of the server, and takes what is left after the last."""
    consumer = Consumer()
    store = open_store(database_url)
    try:
        with consumer.up():
            office = subscriptions(store, home)
            made = office.add(name="engine", url=consumer.url, types=("*",), actor="risk", at=datetime.now(UTC))
            consumer.secret = secret_text(office.secret(made))
            yield consumer
            # what was under way at a kill is on lease: a server that starts later sends it when the lease is over
            deliveries = Deliveries(store, lambda: datetime.now(UTC) + 2 * LEASE + timedelta(hours=1))
            asyncio.run(Worker(office, deliveries, Sender(Guard())).drain())
            assert deliveries.counts()["waiting"] == deliveries.counts()["dead"] == 0
    finally:
        store.close()


def told_exactly_once(database_url: str, consumer: Consumer) -> int:
    """Every event that is kept was taken, each once by its id, in order within its case; gives how many came again."""
    store = open_store(database_url)
    with store.reading() as connection:
        kept = connection.execute(
            select(OUTBOX_EVENTS.c.id, OUTBOX_EVENTS.c.subject).order_by(OUTBOX_EVENTS.c.sequence)
        ).all()
    store.close()
    assert not consumer.bad
    assert sorted(one["id"] for one in consumer.taken) == sorted(row.id for row in kept)
    place = {one["id"]: at for at, one in enumerate(consumer.taken)}
    for subject in {row.subject for row in kept}:
        order = [place[row.id] for row in kept if row.subject == subject]
        assert order == sorted(order)
    return len(consumer.requests) - len(set(consumer.requests))


def run(
    home: Path, database_url: str, counter: Counter, kills: int, progress: Callable[[Crashes], None] = lambda _: None
) -> tuple[Crashes, Consumer, int]:
    """Kills under a load of assessments, applications and submissions while events are delivered."""
    with subscribed(home, database_url) as consumer:
        actions = (assess, counter.apply, counter.submit)
        crashes = hammer(home, database_url, kills, actions=actions, settings=DELIVERS, progress=progress)
    store = open_store(database_url)
    with store.reading() as connection:
        cases = connection.execute(select(func.count()).select_from(APPLICATIONS)).scalar_one()
    store.close()
    assert cases <= counter.asked, "what was asked twice was done twice"
    return crashes, consumer, told_exactly_once(database_url, consumer)


def test_three_kills(home: Path, database_url: str) -> None:
    """Three lives on the same data, on each database; every life answered somebody, every event was told."""
    crashes, consumer, _ = run(home, database_url, Counter(), 3)
    assert crashes.lives_with_answers == crashes.kills == 3
    assert consumer.taken


@pytest.mark.soak
def test_two_hundred_kills(home: Path, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two hundred lives on the same data, on each database."""
    counter = Counter()

    def progress(crashes: Crashes) -> None:
        if crashes.kills % 20 == 0:
            with capsys.disabled():
                print(f"\n{database_url[:6]}...: {crashes.kills} kills, {len(crashes.told)} acknowledged", flush=True)

    crashes, consumer, again = run(home, database_url, counter, 200, progress)
    assert crashes.kills == 200
    store = open_store(database_url)
    with store.snapshot() as connection:
        assert list(verify(connection)) == []
        rows, entries = (
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (ASSESSMENTS, LEDGER)
        )
    store.close()
    told = Count(one.action for one in crashes.told)
    with capsys.disabled():
        print(
            f"\n{database_url[:6]}...: {crashes.kills} kills; acknowledged {dict(told)}, none lost; "
            f"{rows} assessments, {entries} entries, all whole; "
            f"{len(consumer.taken)} events, each taken once by its id; "
            f"{again} sent again, {consumer.torn} torn on the way; "
            f"{counter.done_before} asked again under their key and found done"
        )
