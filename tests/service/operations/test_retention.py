"""Answers and told events go when their time is over; decisions, cases and the ledger stay as they are."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.ledger import Kind, append
from service.ledger.rows_told import RowTold, row_told, with_rows
from service.ledger.verifying import verify
from service.operations import retention as module
from service.operations.retention import Purged, Retention, retain
from service.outbox import Event, keep
from service.outbox.deliveries import Deliveries
from service.store import Store
from service.store.application_schema import IDEMPOTENCY_KEYS
from service.store.outbox_schema import EVENT_DELIVERIES, EVENT_SUBSCRIPTIONS, OUTBOX_EVENTS
from service.store.schema import LEDGER, METADATA
from tests.service.conftest import Run

NOW = datetime(2020, 6, 1, tzinfo=UTC)
STAYS = {*METADATA.tables} - {"idempotency_keys", "outbox_events", "event_deliveries"}


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def fill(store: Store) -> None:
    """Answers of 1 to 40 days ago; events of 80 and 100 days ago in every state of delivery, some heard by nobody."""
    told: list[RowTold] = []
    with store.writing() as connection:
        for days in (1, 29.9, 30.1, 40):
            row = {"caller": "c", "key": f"k{days}", "digest": "d", "at": text(days_ago(days))}
            row |= {"status": 201, "headers": "{}", "body": b"{}"}
            connection.execute(IDEMPOTENCY_KEYS.insert().values(row))
            told.append(row_told(IDEMPOTENCY_KEYS, row))
        for days in (80, 100):
            told += keep(
                connection, [Event(f"unheard-{days}", "application.closed", "A", days_ago(days), "urn:bank", {})]
            )
        made = {"name": "erp", "url": "https://x", "types": '["*"]', "secret_sha256": "s", "made_by": "r"}
        subscription = {"id": "S", "made_at": text(days_ago(200)), **made}
        connection.execute(EVENT_SUBSCRIPTIONS.insert().values(subscription))
        told.append(row_told(EVENT_SUBSCRIPTIONS, subscription))
        ends = (("delivered", 95), ("discarded", 95), ("dead", 95), ("waiting", None), ("delivered", 80))
        for at, (state, ended) in enumerate(ends):
            name = f"{state}-{ended}"
            told += keep(connection, [Event(name, "application.closed", f"S{at}", days_ago(100), "urn:bank", {})])
            values = {"state": state, "ended_at": None if ended is None else text(days_ago(ended))}
            of = select(OUTBOX_EVENTS.c.sequence).where(OUTBOX_EVENTS.c.id == name).scalar_subquery()
            connection.execute(EVENT_DELIVERIES.update().where(EVENT_DELIVERIES.c.sequence == of).values(values))
        append(connection, Kind.TRANSITION, "A", "tester", with_rows({}, told), at=days_ago(40))


def kept(store: Store) -> tuple[set[str], set[str]]:
    """Keys of answers and ids of events."""
    with store.reading() as connection:
        answers = connection.execute(select(IDEMPOTENCY_KEYS.c.key)).scalars()
        return set(answers), set(connection.execute(select(OUTBOX_EVENTS.c.id)).scalars())


def rest(store: Store) -> dict[str, list[str]]:
    """Every row of every table that a purge must not touch; of the ledger and its head what was there before."""
    with store.reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in METADATA.tables.items()
            if name in STAYS - {"ledger", "ledger_head"}
        }


def entries(store: Store) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(LEDGER).order_by(LEDGER.c.sequence))]


def test_what_is_over_goes_and_nothing_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers after 30 days, events 90 days after everybody was told; dead letters and what waits stay."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1)
    fill(store)
    retention = Retention(store, lambda: NOW, answers_days=30, events_days=90)
    before, others = entries(store), rest(store)
    whole = kept(store)
    due = retention.due()
    assert (due.answers, due.events, due.deliveries) == (2, 3, 2)
    assert kept(store) == whole
    assert entries(store) == before
    assert retention.purge("tester") == due
    assert kept(store) == ({"k1", "k29.9"}, {"unheard-80", "dead-95", "waiting-None", "delivered-80"})
    assert retention.purge("tester").nothing
    assert rest(store) == others
    assert entries(store)[: len(before)] == before
    told = [json.loads(bytes(row[5]))["content"] for row in entries(store)[len(before) :]]
    assert (sum(one["answers"] for one in told), sum(one["events"] for one in told)) == (2, 3)
    assert Deliveries(store, lambda: NOW).counts() == {"waiting": 1, "delivered": 1, "dead": 1, "discarded": 0}
    with store.snapshot() as connection:
        found = [one for one in verify(connection) if one.table != "event_subscriptions"]  # ours was slipped in
    assert found == []


def test_the_server_purges_by_itself_and_outlives_a_database_that_is_away(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon after its start and then again and again, until it stops."""
    monkeypatch.setattr(module, "SECONDS_BEFORE_FIRST", 0.01)
    monkeypatch.setattr(module, "SECONDS_BETWEEN", 0.01)
    fill(store)
    made = Retention(store, lambda: NOW, answers_days=30, events_days=90)
    calls = iter([None])

    def sometimes() -> Retention:
        if next(calls, made) is None:
            raise module.AssetlightError("away")
        return made

    async def serve() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(retain(sometimes, stop))
        for _ in range(1000):
            await asyncio.sleep(0.02)
            if made.due().nothing:
                break
        stop.set()
        await task

    asyncio.run(serve())
    assert made.due() == Purged(0, 0, 0, text(days_ago(30)), text(days_ago(90)))


def test_the_command_tells_and_then_removes(
    store: Store, database_url: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--dry-run removes nothing; the settings say how long; the clock is the real one, so all of it is long over."""
    fill(store)
    monkeypatch.setenv("ASSETLIGHT_DATABASE_URL", database_url)
    monkeypatch.setenv("ASSETLIGHT_KEEP_EVENTS_DAYS", "1")
    code, out, _ = run("db", "purge", "--dry-run", "--home", tmp_path, "--json")
    told = json.loads(out)
    assert (code, told["dry_run"], told["answers"], told["events"]) == (0, True, 4, 5)
    assert len(kept(store)[1]) == 7
    code, out, _ = run("db", "purge", "--home", tmp_path)
    assert (code, "5 events (3 deliveries)" in out) == (0, True)
    assert kept(store)[1] == {"dead-95", "waiting-None"}
    with store.reading() as connection:
        (entry,) = connection.execute(select(LEDGER.c.actor).where(LEDGER.c.kind == "purge")).scalars()
        assert connection.execute(select(func.count()).select_from(IDEMPOTENCY_KEYS)).scalar_one() == 0
    assert entry.startswith("cli:")
