"""What is removed when its time is over: answers kept for repeated requests, and events that everybody has been told.

Nothing else is: no entry of the ledger, no assessment, no content, nothing of a case. What was removed is an entry.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from models.errors import AssetlightError
from service.ledger import Kind, append
from service.ledger.entry import moment_text
from service.ledger.rows_told import GONE, key_of
from service.operations.logs import logger
from service.outbox.keeping import DELIVERED, DISCARDED
from service.store import Store
from service.store.application_schema import IDEMPOTENCY_KEYS
from service.store.outbox_schema import EVENT_DELIVERIES, OUTBOX_EVENTS

LOG = logger(__name__)
ACTOR = "system:retention"
SUBJECT = "retention"
ROWS_AT_ONCE = 500  # in one transaction, so that nobody waits long for a turn to write
SECONDS_BEFORE_FIRST = 60.0
SECONDS_BETWEEN = 3600.0


@dataclass(frozen=True)
class Purged:
    """How many rows were, or would be, removed: answers older than one moment, events older than another."""

    answers: int
    events: int
    deliveries: int
    answers_before: str
    events_before: str

    @property
    def nothing(self) -> bool:
        """Whether there was none."""
        return not (self.answers or self.events)


@dataclass(frozen=True)
class Retention:
    """The times after which answers and delivered events go. Threads and processes may share a store."""

    store: Store
    clock: Callable[[], datetime]
    answers_days: int
    events_days: int

    def due(self) -> Purged:
        """What would be removed now; removes nothing."""
        answers, events = self._before()
        with self.store.reading() as connection:
            found = _count(connection, _answers(answers))
            told = _events(events)
            told_of = select(EVENT_DELIVERIES.c.sequence).where(EVENT_DELIVERIES.c.sequence.in_(told))
            return Purged(found, _count(connection, told), _count(connection, told_of), answers, events)

    def purge(self, actor: str = ACTOR) -> Purged:
        """Remove what is due, some rows at a time, each with its entry; gives what was removed."""
        total: Purged | None = None
        while True:
            some = self._purge_some(actor)
            total = some if total is None else _sum(total, some)
            if some.nothing:
                return total

    def _before(self) -> tuple[str, str]:
        now = self.clock()
        before = (moment_text(now - timedelta(days=days)) for days in (self.answers_days, self.events_days))
        return next(before), next(before)

    def _purge_some(self, actor: str) -> Purged:
        now = self.clock()
        answers_before, events_before = self._before()
        keys, columns = IDEMPOTENCY_KEYS.c, EVENT_DELIVERIES.c
        with self.store.writing() as connection:
            chosen = _answers(answers_before).order_by(keys.at).limit(ROWS_AT_ONCE).with_for_update(skip_locked=True)
            answers = [tuple(row) for row in connection.execute(chosen)]
            query = _events(events_before).order_by(OUTBOX_EVENTS.c.sequence).limit(ROWS_AT_ONCE)
            events = list(connection.execute(query.with_for_update(skip_locked=True)).scalars())
            deliveries = 0
            if answers:
                connection.execute(delete(IDEMPOTENCY_KEYS).where(tuple_(keys.caller, keys.key).in_(answers)))
            if events:
                deliveries = connection.execute(delete(EVENT_DELIVERIES).where(columns.sequence.in_(events))).rowcount
                connection.execute(delete(OUTBOX_EVENTS).where(OUTBOX_EVENTS.c.sequence.in_(events)))
            removed = Purged(len(answers), len(events), deliveries, answers_before, events_before)
            if not removed.nothing:
                gone = {
                    IDEMPOTENCY_KEYS.name: [
                        list(key_of(IDEMPOTENCY_KEYS, {"caller": by, "key": key})) for by, key in answers
                    ],
                    OUTBOX_EVENTS.name: [list(key_of(OUTBOX_EVENTS, {"sequence": one})) for one in events],
                }
                append(connection, Kind.PURGE, SUBJECT, actor, {**vars(removed), GONE: gone}, at=now)
        return removed


async def retain(retention: Callable[[], Retention], stop: asyncio.Event) -> None:
    """Purge every hour until told to stop, beside the server. A database that is away is waited for."""
    seconds = SECONDS_BEFORE_FIRST
    while not await _stopped(stop, seconds):
        seconds = SECONDS_BETWEEN
        try:
            removed = await asyncio.to_thread(lambda: retention().purge())
        except (AssetlightError, SQLAlchemyError) as failure:
            LOG.error("retention waits", failure=type(failure).__name__)  # noqa: TRY400  # words may hold values
        else:
            LOG.info("retention", answers=removed.answers, events=removed.events)


def _answers(before: str) -> Select[tuple[str, str]]:
    """Answers that were given before a moment."""
    return select(IDEMPOTENCY_KEYS.c.caller, IDEMPOTENCY_KEYS.c.key).where(IDEMPOTENCY_KEYS.c.at < before)


def _events(before: str) -> Select[tuple[int]]:
    """Events of before a moment of which every consumer was told, or told no more, before it too."""
    events, deliveries = OUTBOX_EVENTS.c, EVENT_DELIVERIES.c
    over = deliveries.state.in_((DELIVERED, DISCARDED))
    ended: ColumnElement[bool] = over & deliveries.ended_at.is_not(None) & (deliveries.ended_at < before)
    open_ = exists(select(1).where(deliveries.sequence == events.sequence, ~ended).correlate(OUTBOX_EVENTS))
    return select(events.sequence).where(events.at < before, ~open_)


def _count(connection: Connection, query: Select[tuple[int]] | Select[tuple[str, str]]) -> int:
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _sum(one: Purged, other: Purged) -> Purged:
    counts: Mapping[str, int] = {
        name: getattr(one, name) + getattr(other, name) for name in ("answers", "events", "deliveries")
    }
    return Purged(**counts, answers_before=one.answers_before, events_before=one.events_before)


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Whether to stop, known at the latest after so many seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
