"""Events reach a consumer that is down, slow or broken: all of them, in order, each counted once by its id."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from cloudevents.core.formats.json import JSONFormat
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service.outbox import Event, event_id, keep
from service.outbox.deliveries import Delivery
from service.outbox.sending import Outcome
from service.store.outbox_schema import OUTBOX_EVENTS
from tests.service.outbox.conftest import START, Bank
from tests.service.outbox.consumers import Consumer


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
