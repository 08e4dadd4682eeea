"""Events kept in the transaction of what they tell of, with one delivery for each subscription that wants them.

The deliveries are made here, and not found later by a number up to which somebody has read: numbers of concurrent
transactions do not become visible in their order, and a reader that counts on it passes some over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from service.outbox.event import Event, wanted
from service.outbox.moments import moment_text
from service.store.outbox_schema import EVENT_DELIVERIES, EVENT_SUBSCRIPTIONS, OUTBOX_EVENTS

WAITING, DELIVERED, DEAD, DISCARDED = STATES = ("waiting", "delivered", "dead", "discarded")


def keep(connection: Connection, events: Iterable[Event]) -> None:
    """Keep events in the caller's transaction, before its entry in the ledger."""
    events = tuple(events)
    if not events:
        return
    columns = EVENT_SUBSCRIPTIONS.c
    subscribed = [
        (row.id, tuple(json.loads(row.types)))
        for row in connection.execute(select(columns.id, columns.types).where(columns.removed_at.is_(None)))
    ]
    for event in events:
        at = moment_text(event.at)
        row = {"id": event.id, "type": event.type, "subject": event.subject, "at": at, "body": event.body()}
        sequence = connection.execute(
            insert(OUTBOX_EVENTS).values(row).returning(OUTBOX_EVENTS.c.sequence)
        ).scalar_one()
        deliveries = [
            {
                "subscription_id": subscription,
                "sequence": sequence,
                "subject": event.subject,
                "state": WAITING,
                "attempts": 0,
                "due_at": at,
            }
            for subscription, patterns in subscribed
            if wanted(event.type, patterns)
        ]
        if deliveries:
            connection.execute(insert(EVENT_DELIVERIES), deliveries)
