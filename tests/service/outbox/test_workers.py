"""Workers on one store: each delivery on the lease of one of them, whatever becomes of it."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy import update

from service.outbox.deliveries import LEASE
from service.outbox.sending import SECONDS_FOR_ALL
from service.store.outbox_schema import EVENT_DELIVERIES
from tests.service.outbox.conftest import Bank


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
