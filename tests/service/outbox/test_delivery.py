"""Events reach a consumer that is down, slow or broken: all of them, in order, each counted once by its id."""

from __future__ import annotations

import asyncio
import base64
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cloudevents.core.formats.json import JSONFormat
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from service.outbox import Event, event_id, keep
from service.outbox.addresses import Guard
from service.outbox.backoff import Backoff
from service.outbox.deliveries import LEASE, Deliveries, Delivery
from service.outbox.errors import AddressRefused, EventNotDead, EventNotFound, EventsKeyNotUsable
from service.outbox.sending import SECONDS_FOR_ALL, Outcome, Sender
from service.outbox.signing import Secrets, secret_text, signature
from service.outbox.subscriptions import Subscription, Subscriptions
from service.outbox.worker import Worker
from service.store import Store
from service.store.outbox_schema import EVENT_DELIVERIES, OUTBOX_EVENTS
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
            keep(connection, [event])
        return event.id

    def worker(self, seconds: float = 5.0, deliveries: Deliveries | None = None) -> Worker:
        return Worker(self.subscriptions, deliveries or self.deliveries, Sender(Guard(), seconds))

    def drain(self, seconds: float = 5.0) -> None:
        asyncio.run(self.worker(seconds).drain())


@pytest.fixture
def bank(store: Store, tmp_path: Path) -> Iterator[Bank]:
    return Bank(store, tmp_path)


def test_a_signed_cloud_event_arrives_with_the_bytes_that_were_kept(bank: Bank) -> None:
    """The consumer verifies the signature with the secret it was given, and reads a CloudEvent 1.0."""
    bank.subscribe()
    named = bank.happen()
    with bank.consumer.up():
        bank.drain()
    (event,) = bank.consumer.taken
    assert not bank.consumer.bad
    assert event == {
        "specversion": "1.0",
        "id": named,
        "source": "urn:bank",
        "type": "application.submitted",
        "subject": "A",
        "time": "2026-01-05T01:00:00Z",
        "datacontenttype": "application/json",
        "data": {"number": 1, "词": "额度"},
    }
    with bank.store.reading() as connection:
        body = bytes(connection.execute(select(OUTBOX_EVENTS.c.body)).scalar_one())
    assert JSONFormat().read(None, body).get_id() == named
    assert bank.deliveries.counts() == {"waiting": 0, "delivered": 1, "dead": 0, "discarded": 0}


def test_a_consumer_that_is_down_for_an_hour_loses_nothing_and_counts_nothing_twice(bank: Bank) -> None:
    """Events of an outage arrive after it, in order within each application, none of them again."""
    bank.subscribe()
    sent: dict[str, list[str]] = {"A": [], "B": [], "C": []}
    for minute in range(60):
        subject = "ABC"[minute % 3]
        if minute % 6 < 3:
            sent[subject].append(bank.happen(subject))
        bank.drain()
        bank.clock.forward(minutes=1)
    assert bank.consumer.requests == []
    bank.consumer.behave = lambda number: 500 if number in (1, 5) else 204
    with bank.consumer.up():
        for _ in range(8):
            bank.drain()
            bank.clock.forward(hours=1)
    for subject, ids in sent.items():
        assert [one["id"] for one in bank.consumer.taken if one["subject"] == subject] == ids
    assert len(bank.consumer.requests) == 30 + 2  # only what was answered 500 came again
    assert bank.deliveries.counts()["waiting"] == 0


def test_a_slow_consumer_is_not_waited_for_and_keeps_no_other_one_waiting(bank: Bank) -> None:
    """An attempt ends at its deadline; the other subscription has its events meanwhile."""
    bank.subscribe()
    quick = Consumer()
    bank.subscribe(quick)
    for subject in "ABCD":
        bank.happen(subject)
    released = threading.Event()
    bank.consumer.behave = lambda _: 204 if released.wait(20) else 500
    with bank.consumer.up(), quick.up():
        started = time.monotonic()
        bank.drain(seconds=0.5)
        assert time.monotonic() - started < 15
        released.set()
    assert len(quick.taken) == 4
    found = [one["deliveries"] for one in bank.deliveries.listed("waiting")]
    assert {one[0]["problem"] for one in found} == {"no answer within 0.5 seconds"}


def test_after_the_last_attempt_it_is_a_dead_letter_that_holds_back_its_application_until_replayed(
    bank: Bank,
) -> None:
    """Order is kept: what happened to the same application waits; another application goes on."""
    bank.subscribe()
    bank.deliveries = replace(bank.deliveries, backoff=Backoff(most_attempts=3))
    first, second, other = bank.happen("A"), bank.happen("A"), bank.happen("B")
    broken = {first}
    with bank.consumer.up():
        bank.consumer.behave = lambda number: 500 if bank.consumer.requests[number - 1] in broken else 204
        for _ in range(5):
            bank.drain()
            bank.clock.forward(hours=2)
        assert [one["id"] for one in bank.consumer.taken] == [other]
        (dead,) = bank.deliveries.listed("dead")
        assert (dead["id"], dead["deliveries"][0]["attempts"]) == (first, 3)
        assert dead["deliveries"][0]["problem"] == "HTTP 500"
        with pytest.raises(EventNotDead, match="no dead letter"):
            bank.deliveries.replay(second, actor="risk")
        with pytest.raises(EventNotFound, match="no event has this id"):
            bank.deliveries.replay("nothing", actor="risk")
        broken.clear()
        assert bank.deliveries.replay(first, actor="risk") == 1
        bank.drain()
    assert [one["id"] for one in bank.consumer.taken] == [other, first, second]
    with pytest.raises(EventNotDead):  # sent once more is sent once too often
        bank.deliveries.replay(first, actor="risk")


def test_a_discarded_dead_letter_lets_its_application_go_on(bank: Bank) -> None:
    """Somebody decides that one event will never be told."""
    bank.subscribe()
    bank.deliveries = replace(bank.deliveries, backoff=Backoff(most_attempts=1))
    first, second = bank.happen("A"), bank.happen("A")
    bank.drain()
    bank.deliveries = replace(bank.deliveries, backoff=Backoff())
    assert bank.deliveries.discard(first, actor="risk") == 1
    with bank.consumer.up():
        bank.drain()
    assert [one["id"] for one in bank.consumer.taken] == [second]


def test_workers_share_the_work_and_never_send_the_same_event_at_once(bank: Bank) -> None:
    """Four workers on one store: every event once, in order, none sent by two."""
    bank.subscribe()
    for number in range(40):
        bank.happen("ABCDEFGH"[number % 8])
    with bank.consumer.up():
        workers = [threading.Thread(target=bank.drain) for _ in range(4)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        bank.drain()
    assert len(bank.consumer.requests) == len(set(bank.consumer.requests)) == 40
    for subject in "ABCDEFGH":
        numbers = [one["data"]["number"] for one in bank.consumer.taken if one["subject"] == subject]
        assert numbers == sorted(numbers)
        assert len(numbers) == 5


def test_what_a_dead_worker_had_taken_is_sent_again_after_its_lease(bank: Bank) -> None:
    """Until then nobody else sends it, and what the dead worker says afterwards changes nothing."""
    made = bank.subscribe()
    bank.happen()
    (taken,) = bank.deliveries.take(made.id, 8)
    with bank.consumer.up():
        bank.drain()
        assert bank.consumer.requests == []
        bank.clock.forward(seconds=LEASE.total_seconds() + 1)
        bank.drain()
        assert len(bank.consumer.requests) == 1
    assert not bank.deliveries.delivered(taken)
    assert not bank.deliveries.refused(taken, "late")
    assert bank.deliveries.counts()["delivered"] == 1
    assert LEASE.total_seconds() > 2 * SECONDS_FOR_ALL


def test_an_event_is_kept_with_its_change_or_not_at_all(bank: Bank) -> None:
    """A transaction that fails leaves no event; the id of an event follows from what happened."""
    bank.subscribe()
    event = Event("x", "application.closed", "A", START, "urn:bank", {})
    with pytest.raises(IntegrityError), bank.store.writing() as connection:  # the second one has the id of the first
        keep(connection, [event, event])
    assert bank.deliveries.listed() == []
    assert event_id("A", 1, "application.closed") == event_id("A", 1, "application.closed")
    assert event_id("A", 1, "application.closed") != event_id("A", 11, "application.closed")
    with pytest.raises(ValueError, match="no event has the type"):
        Event("x", "application.eaten", "A", START, "urn:bank", {}).body()


def test_a_subscription_is_told_of_its_types_from_its_making_on_and_nothing_after_its_end(bank: Bank) -> None:
    """Patterns name types; what waits when it is removed is discarded."""
    bank.happen("A")
    made = bank.subscribe(types=("limit.changed", "model.*"))
    bank.happen("A")
    wanted = [bank.happen("A", "limit.changed"), bank.happen("M", "model.promoted")]
    with bank.consumer.up():
        bank.drain()
        assert sorted(one["id"] for one in bank.consumer.taken) == sorted(wanted)
        bank.happen("M", "model.rolled_back")
        bank.subscriptions.remove(made.id, actor="risk", at=bank.clock())
        bank.happen("M", "model.promoted")
        bank.drain()
    assert len(bank.consumer.requests) == 2
    assert bank.deliveries.counts() == {"waiting": 0, "delivered": 2, "dead": 0, "discarded": 1}


def test_a_changed_key_signs_nothing(bank: Bank, tmp_path: Path) -> None:
    """The database knows no secret; another key is noticed before anything is sent, and nothing is lost."""
    bank.subscribe()
    bank.happen()
    key = (tmp_path / "events.key").read_bytes()
    assert (tmp_path / "events.key").stat().st_mode & 0o077 == 0
    (tmp_path / "events.key").write_bytes(b"f" * 64)
    with bank.consumer.up():
        with pytest.raises(EventsKeyNotUsable, match="not the one"):
            bank.drain()
        (tmp_path / "events.key").write_bytes(key)
        bank.drain()
    assert len(bank.consumer.taken) == 1


def test_the_running_worker_stops_when_told_and_survives_a_failing_look(bank: Bank) -> None:
    """What happens while it runs is delivered; a subscription whose key is wrong is tried again, not fatal."""
    bank.subscribe()

    async def run() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(bank.worker().run(stop))
        await asyncio.to_thread(bank.happen)
        for _ in range(400):
            await asyncio.sleep(0.05)
            if bank.consumer.taken:
                break
        stop.set()
        await task

    with bank.consumer.up():
        asyncio.run(run())
    assert len(bank.consumer.taken) == 1


def test_the_signature_is_that_of_the_specification() -> None:
    """The worked example of the reference libraries of Standard Webhooks."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 0.0, 5), (2, 0.0, 10), (4, 1.0, 20), (11, 0.0, 3600), (60, 0.0, 3600), (60, 1.0, 1800)],
)
def test_waits_double_up_to_an_hour(attempts: int, chance: float, seconds: float) -> None:
    """Each wait is shortened by up to half at random."""
    assert Backoff().wait(attempts, chance) == timedelta(seconds=seconds)


def test_all_attempts_together_outlast_a_day_and_the_consumers_wish_is_heard_within_reason() -> None:
    """The stated span of 25 to 51 hours; Retry-After is heard up to an hour."""
    shortest, longest = (sum((Backoff().wait(n, chance) for n in range(1, 60)), timedelta()) for chance in (1.0, 0.0))
    assert timedelta(hours=24.9) < shortest < longest < timedelta(hours=51)
    assert Backoff().wait(1, 0.0, timedelta(seconds=90)) == timedelta(seconds=90)
    assert Backoff().wait(1, 0.0, timedelta(days=9)) == timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.bank.example/in",
        "ftp://erp.bank.example/in",
        "https://user:word@erp.bank.example/in",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/in",
        "https://[::ffff:169.254.169.254]/in",
        "https://0.0.0.0/in",
        "https://224.0.0.1/in",
        "https:///in",
        "https://erp.bank.example:99999/in",
        "https://erp.bank.example/in#part",
        "https://erp.bank.example/i n",
        "file:///etc/passwd",
        "https://erp.bank.example/" + "x" * 2000,
    ],
)
def test_an_address_that_is_no_consumer_is_refused(url: str) -> None:
    """Plain http beyond this machine, credentials in the address, link-local, multicast, nonsense."""
    with pytest.raises(AddressRefused, match="not sent there"):
        Guard().check(url)


@pytest.mark.parametrize(
    "url", ["https://erp.bank.example/in", "https://10.2.3.4:8443/in", "http://127.0.0.1:9/in", "http://[::1]:9/in"]
)
def test_https_anywhere_and_http_on_this_machine_are_let_through(url: str) -> None:
    """A bank's consumers live in its own network."""
    Guard().check(url)


def test_a_list_of_hosts_lets_through_those_alone() -> None:
    """By https or http, whatever the port."""
    guard = Guard(hosts=("erp.bank.example",))
    guard.check("http://ERP.bank.example:8080/in")
    for url in ("https://other.example/in", "http://127.0.0.1/in"):
        with pytest.raises(AddressRefused, match="WEBHOOK_HOSTS"):
            guard.check(url)


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104
def test_a_name_that_leads_elsewhere_by_then_is_not_connected_to(address: str) -> None:
    """The address is looked at when the connection is made (DNS rebinding)."""
    guard = Guard(resolve=lambda *_: [address])
    outcome = asyncio.run(Sender(guard, 5).send("https://erp.bank.example/in", b"s" * 32, "id", b"{}", START))
    assert outcome.problem is not None
    assert outcome.problem.startswith("AddressRefused")


def test_no_redirect_is_followed(bank: Bank) -> None:
    """An answer that leads elsewhere is a refusal."""
    bank.subscribe()
    bank.happen()
    bank.consumer.behave = lambda _: 302
    with bank.consumer.up():
        bank.drain()
    assert len(bank.consumer.requests) == 1
    assert bank.deliveries.listed("waiting")[0]["deliveries"][0]["problem"] == "HTTP 302"


def test_a_failing_sender_is_told_of_to_whoever_looks(bank: Bank) -> None:
    """What a consumer did is the problem of the delivery, in a few words."""
    bank.subscribe()
    bank.happen()

    seen: list[tuple[Delivery, Outcome]] = []
    worker = bank.worker()
    worker.each = lambda one, outcome: seen.append((one, outcome))
    told = asyncio.run(worker.drain())
    assert (told.delivered, told.refused, told.dead) == (0, 1, 0)
    assert seen[0][1].problem is not None
    assert "ConnectError" in seen[0][1].problem


def test_the_database_notices_nothing_of_a_lease_that_was_taken_over(bank: Bank) -> None:
    """Whoever lost the lease cannot mark the delivery, whatever state it has by then."""
    made = bank.subscribe()
    bank.happen()
    (first,) = bank.deliveries.take(made.id, 1)
    with bank.store.writing() as connection:
        connection.execute(update(EVENT_DELIVERIES).values(leased_until=bank.clock.now.isoformat()))
    bank.clock.forward(seconds=1)
    (second,) = bank.deliveries.take(made.id, 1)
    assert second.attempts == 2
    assert not bank.deliveries.refused(first, "late")
    assert bank.deliveries.delivered(second)
