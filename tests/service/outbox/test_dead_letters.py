"""What no attempt could deliver holds back its application until somebody replays or discards it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.outbox.backoff import Backoff
from service.outbox.errors import EventNotDead, EventNotFound
from tests.service.outbox.conftest import Bank


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
