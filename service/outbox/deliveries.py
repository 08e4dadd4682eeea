"""Deliveries: taken on lease by one worker, then delivered, tried again, or given up until somebody replays them.

One subject of a subscription is told in order: the earliest event that is neither delivered nor discarded is the only
one that can be taken, so a dead letter holds back what came after it until it is replayed or discarded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from service.errors import RowNotAsTold
from service.ledger import Kind, append
from service.outbox.backoff import Backoff
from service.outbox.errors import EventNotDead, EventNotFound
from service.outbox.keeping import DEAD, DELIVERED, DISCARDED, STATES, WAITING, require_event_as_told
from service.outbox.moments import moment_text
from service.store import Store
from service.store.outbox_schema import EVENT_DELIVERIES, OUTBOX_EVENTS

LOG = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than an attempt may take: see sending.SECONDS_FOR_ALL
LONGEST_PROBLEM = 500
MOST_SHOWN = 500


@dataclass(frozen=True)
class Delivery:
    """One event for one subscription, on lease: nobody else sends it until the lease has run out."""

    subscription_id: str
    sequence: int
    lease: str
    attempts: int  # this one included
    event_id: str
    body: bytes


@dataclass(frozen=True)
class Deliveries:
    """The deliveries of a store. Threads and processes may share them."""

    store: Store
    clock: Callable[[], datetime]
    backoff: Backoff = field(default_factory=Backoff)
    chance: Callable[[], float] = lambda: 0.0

    def due_subscriptions(self) -> list[str]:
        """The subscriptions that have something to be told now."""
        query = select(EVENT_DELIVERIES.c.subscription_id).where(self._takeable()).distinct()
        with self.store.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def take(self, subscription_id: str, most: int) -> list[Delivery]:
        """Take what is due on lease, at most one of each subject. An attempt counts from here, come what may.

        An event that is not as the ledger told of it is sent to nobody: it is a dead letter that says so.
        """
        while True:
            found, altered = self._take(subscription_id, most)
            if found or not altered:
                return found

    def _take(self, subscription_id: str, most: int) -> tuple[list[Delivery], int]:
        """The same once; gives the number of those that were not as told beside it."""
        now = self.clock()
        columns, lease = EVENT_DELIVERIES.c, str(uuid4())
        query = (
            select(columns.attempts, OUTBOX_EVENTS)
            .select_from(EVENT_DELIVERIES)
            .join(OUTBOX_EVENTS, OUTBOX_EVENTS.c.sequence == columns.sequence)
            .where(columns.subscription_id == subscription_id, self._takeable())
            .order_by(columns.due_at, columns.sequence)
            .limit(most)
            .with_for_update(skip_locked=True, of=EVENT_DELIVERIES)
        )
        mine = update(EVENT_DELIVERIES).where(columns.subscription_id == subscription_id)
        sound = []
        with self.store.writing() as connection:
            due = connection.execute(query).all()
            for row in due:
                try:
                    require_event_as_told(connection, row._mapping)  # noqa: SLF001
                except RowNotAsTold as altered:
                    LOG.error("event %s is sent to nobody: %s", row.id, altered.problem)  # noqa: TRY400
                    dead = {"state": DEAD, "ended_at": moment_text(now), "problem": altered.problem[:LONGEST_PROBLEM]}
                    connection.execute(mine.where(columns.sequence == row.sequence).values(dead))
                else:
                    sound.append(row)
            if sound:
                leased = mine.where(columns.sequence.in_([row.sequence for row in sound]))
                until = moment_text(now + LEASE)
                connection.execute(leased.values(attempts=columns.attempts + 1, lease=lease, leased_until=until))
        return [
            Delivery(subscription_id, row.sequence, lease, row.attempts + 1, row.id, bytes(row.body)) for row in sound
        ], len(due) - len(sound)

    def delivered(self, one: Delivery) -> bool:
        """The consumer has it. False where the lease had run out and another worker took it meanwhile."""
        return self._end(one, state=DELIVERED, ended_at=moment_text(self.clock()), problem=None)

    def refused(self, one: Delivery, problem: str, asked: timedelta | None = None) -> bool:
        """The consumer did not take it: later again, or a dead letter after the last attempt. True when it is dead."""
        dead = one.attempts >= self.backoff.most_attempts
        now = self.clock()
        due = now if dead else now + self.backoff.wait(one.attempts, self.chance(), asked)
        self._end(
            one,
            state=DEAD if dead else WAITING,
            due_at=moment_text(due),
            ended_at=moment_text(now) if dead else None,
            problem=problem[:LONGEST_PROBLEM],
        )
        return dead

    def replay(
        self,
        event_id: str | None,
        *,
        actor: str,
        subscription_id: str | None = None,
        within: Connection | None = None,
    ) -> int:
        """Send dead letters again: of one event, or all; with the id they always had. EventNotFound, EventNotDead.

        `within`: in the caller's transaction, as its last step.
        """
        again = {"state": WAITING, "attempts": 0, "ended_at": None}
        with self._transaction(within) as connection:
            return self._revive(connection, event_id, subscription_id, actor, "replay", again)

    def discard(
        self, event_id: str, *, actor: str, subscription_id: str | None = None, within: Connection | None = None
    ) -> int:
        """Give a dead letter up for good, so that what waits behind it goes on. EventNotFound, EventNotDead."""
        with self._transaction(within) as connection:
            return self._revive(connection, event_id, subscription_id, actor, "discard", {"state": DISCARDED})

    def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        state = EVENT_DELIVERIES.c.state
        with self.store.reading() as connection:
            found = {row[0]: row[1] for row in connection.execute(select(state, func.count()).group_by(state))}
        return {state: int(found.get(state, 0)) for state in STATES}

    def listed(self, state: str | None = None, *, after: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """Events with their deliveries, in the order in which they happened."""
        events, columns = OUTBOX_EVENTS.c, EVENT_DELIVERIES.c
        query = select(events.sequence, events.id, events.type, events.subject, events.at)
        if state is not None:
            query = query.where(
                exists(
                    select(1)
                    .where(columns.sequence == events.sequence, columns.state == state)
                    .correlate(OUTBOX_EVENTS)
                )
            )
        query = query.where(events.sequence > after).order_by(events.sequence).limit(min(most, MOST_SHOWN))
        with self.store.reading() as connection:
            found = {row.sequence: {**row._asdict(), "deliveries": []} for row in connection.execute(query)}
            told = select(EVENT_DELIVERIES).where(columns.sequence.in_(found)).order_by(columns.subscription_id)
            for row in connection.execute(told):
                if state is None or row.state == state:
                    found[row.sequence]["deliveries"].append(
                        {
                            "subscription_id": row.subscription_id,
                            "state": row.state,
                            "attempts": row.attempts,
                            "due_at": row.due_at if row.state == WAITING else None,
                            "ended_at": row.ended_at,
                            "problem": row.problem,
                        }
                    )
        return list(found.values())

    def _takeable(self) -> ColumnElement[bool]:
        columns, earlier = EVENT_DELIVERIES.c, EVENT_DELIVERIES.alias("earlier")
        now = moment_text(self.clock())
        held_back = exists(
            select(1)
            .where(
                earlier.c.subscription_id == columns.subscription_id,
                earlier.c.subject == columns.subject,
                earlier.c.sequence < columns.sequence,
                earlier.c.state.in_((WAITING, DEAD)),
            )
            .correlate(EVENT_DELIVERIES)
        )
        free = or_(columns.leased_until.is_(None), columns.leased_until <= now)
        return and_(columns.state == WAITING, columns.due_at <= now, free, ~held_back)

    def _end(self, one: Delivery, **values: object) -> bool:
        columns = EVENT_DELIVERIES.c
        with self.store.writing() as connection:
            changed = connection.execute(
                update(EVENT_DELIVERIES)
                .where(
                    columns.subscription_id == one.subscription_id,
                    columns.sequence == one.sequence,
                    columns.lease == one.lease,
                    columns.state == WAITING,
                )
                .values(lease=None, leased_until=None, **values)
            ).rowcount
        return changed == 1

    def _transaction(self, within: Connection | None) -> AbstractContextManager[Connection]:
        return self.store.writing() if within is None else nullcontext(within)

    def _revive(
        self,
        connection: Connection,
        event_id: str | None,
        subscription_id: str | None,
        actor: str,
        action: str,
        values: Mapping[str, object],
    ) -> int:
        columns, events, now = EVENT_DELIVERIES.c, OUTBOX_EVENTS.c, self.clock()
        which = columns.state == DEAD
        if subscription_id is not None:
            which &= columns.subscription_id == subscription_id
        if event_id is not None:
            sequence = connection.execute(select(events.sequence).where(events.id == event_id)).scalar_one_or_none()
            if sequence is None:
                raise EventNotFound(
                    "no event has this id",
                    field="event_id",
                    expected="an id of `assetlight events list`",
                    found=event_id,
                )
            which &= columns.sequence == sequence
        changed = connection.execute(
            update(EVENT_DELIVERIES).where(which).values(due_at=moment_text(now), **values)
        ).rowcount
        if changed == 0 and event_id is not None:
            raise EventNotDead(
                "the event is no dead letter",
                field="event_id",
                expected="an id of `assetlight events dead`",
                found=event_id,
            )
        if changed:
            told = {"action": action, "deliveries": changed, "subscription": subscription_id}
            append(connection, Kind.DELIVERY, event_id or "dead letters", actor, told, at=now)
        return changed
