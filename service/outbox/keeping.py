"""Events kept in the transaction of what they tell of, with one delivery for each subscription that wants them.

The deliveries are made here, and not found later by a number up to which somebody has read: numbers of concurrent
transactions do not become visible in their order, and a reader that counts on it passes some over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, insert, select

from service.ledger.reading import require_row_as_told
from service.ledger.rows_told import RowTold, row_told
from service.outbox.event import Event, wanted
from service.outbox.moments import moment_text
from service.store.outbox_schema import EVENT_DELIVERIES, EVENT_SUBSCRIPTIONS, OUTBOX_EVENTS

OF_MODELS = "model:"  # how the subject of an event about a model begins
NO_MODEL = "models"  # subject of an entry about no model in particular
WAITING, DELIVERED, DEAD, DISCARDED = STATES = ("waiting", "delivered", "dead", "discarded")


def keep(connection: Connection, events: Iterable[Event]) -> list[RowTold]:
    """Keep events in the caller's transaction; gives the rows that its entry in the ledger, which is last, tells of."""
    told: list[RowTold] = []
    events = tuple(events)
    if not events:
        return told
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
        told.append(row_told(OUTBOX_EVENTS, {**row, "sequence": sequence}))
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
    return told


def require_event_as_told(connection: Connection, event: Mapping[Any, Any]) -> None:
    """Refuse to send an event, a row of its table, that is not as the ledger told of it. Raises RowNotAsTold."""
    subjects = {str(event["subject"])}
    if event["subject"].startswith(OF_MODELS):  # roles are told in the order of their scope, entries name the model
        with suppress(ValueError, TypeError, KeyError):
            subjects.add(str(json.loads(bytes(event["body"]))["data"]["model"]) or NO_MODEL)
    require_row_as_told(connection, row_told(OUTBOX_EVENTS, event), subjects)
