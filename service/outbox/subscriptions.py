"""Who wants to be told of what, and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from service.ledger import Draft, Kind, append, append_all, draft
from service.ledger.reading import Chosen, require_as_told
from service.ledger.rows_told import row_told, with_rows
from service.outbox.addresses import Guard
from service.outbox.errors import EventTypeUnknown, SubscriptionNotFound
from service.outbox.event import TYPES, wanted
from service.outbox.keeping import DEAD, DISCARDED, WAITING
from service.outbox.moments import moment_text
from service.outbox.signing import Secrets, fingerprint
from service.store import Store
from service.store.outbox_schema import EVENT_DELIVERIES, EVENT_SUBSCRIPTIONS

OF_A_SUBSCRIPTION = Chosen(EVENT_SUBSCRIPTIONS, EVENT_SUBSCRIPTIONS.c.id)


@dataclass(frozen=True)
class Subscription:
    """A consumer in force. It is told of what happens after it was made."""

    id: str
    name: str
    url: str
    types: tuple[str, ...]
    secret_sha256: str
    made_by: str
    made_at: datetime

    def facts(self) -> dict[str, Any]:
        """What may be known of it."""
        return {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "types": list(self.types),
            "made_by": self.made_by,
            "made_at": moment_text(self.made_at),
        }


@dataclass(frozen=True)
class Subscriptions:
    """The subscriptions of a store. Threads may share it."""

    store: Store
    secrets: Secrets
    guard: Guard
    new_id: Callable[[datetime], str]

    def draft(self, *, name: str, url: str, types: Collection[str], actor: str, at: datetime) -> Subscription:
        """A subscription that may be made. Raises AddressRefused, EventTypeUnknown, EventsKeyNotUsable."""
        self.guard.check_where_it_leads(url)
        unknown = [one for one in types if not any(wanted(kind, (one,)) for kind in TYPES)]
        if unknown or not types:
            raise EventTypeUnknown(
                "no event has such a type",
                field="types",
                expected=", ".join(["*", "application.*", *TYPES]),
                found=", ".join(unknown) or "none",
            )
        made = self.new_id(at)
        digest = fingerprint(self.secrets.secret(made, make=True))
        return Subscription(made, name, url, tuple(dict.fromkeys(types)), digest, actor, at)

    def put(self, connection: Connection, made: Subscription, also: Sequence[Draft] = ()) -> None:
        """Keep it in the caller's transaction, which does nothing after it: the ledger is told, of `also` too."""
        row = {**made.facts(), "types": json.dumps(made.types), "secret_sha256": made.secret_sha256}
        connection.execute(EVENT_SUBSCRIPTIONS.insert().values(row))
        facts = {"action": "add", "name": made.name, "url": made.url, "types": list(made.types)}
        told = with_rows(facts, [row_told(EVENT_SUBSCRIPTIONS, row)])
        append_all(connection, [draft(Kind.SUBSCRIPTION, made.id, made.made_by, told, at=made.made_at), *also])

    def add(self, *, name: str, url: str, types: Collection[str], actor: str, at: datetime) -> Subscription:
        """Make a subscription. Raises AddressRefused, EventTypeUnknown, EventsKeyNotUsable."""
        made = self.draft(name=name, url=url, types=types, actor=actor, at=at)
        with self.store.writing() as connection:
            self.put(connection, made)
        return made

    def secret(self, subscription: Subscription) -> bytes:
        """What its events are signed with. Raises EventsKeyNotUsable."""
        return self.secrets.verified(subscription.id, subscription.secret_sha256)

    def as_told(self, subscription_id: str) -> Subscription | None:
        """The subscription as it is now and as the ledger says; None: it has ended. Raises RowNotAsTold.

        Signed events go to the address in it, so it is asked for before anything is sent.
        """
        columns = EVENT_SUBSCRIPTIONS.c
        with self.store.snapshot() as connection:
            row = connection.execute(select(EVENT_SUBSCRIPTIONS).where(columns.id == subscription_id)).one_or_none()
            require_as_told(connection, [subscription_id], OF_A_SUBSCRIPTION)
        return None if row is None or row.removed_at is not None else _read(row)

    def every(self) -> list[Subscription]:
        """Those in force, the oldest first. Raises RowNotAsTold."""
        columns = EVENT_SUBSCRIPTIONS.c
        with self.store.snapshot() as connection:
            require_as_told(connection, list(connection.execute(select(columns.id)).scalars()), OF_A_SUBSCRIPTION)
            found = connection.execute(
                select(EVENT_SUBSCRIPTIONS).where(columns.removed_at.is_(None)).order_by(columns.made_at, columns.id)
            ).all()
        return [_read(row) for row in found]

    def remove(self, subscription_id: str, *, actor: str, at: datetime) -> None:
        """End a subscription; what it was not told yet, it is not told any more. Raises SubscriptionNotFound."""
        columns, deliveries = EVENT_SUBSCRIPTIONS.c, EVENT_DELIVERIES.c
        with self.store.writing() as connection:
            ended = connection.execute(
                update(EVENT_SUBSCRIPTIONS)
                .where(columns.id == subscription_id, columns.removed_at.is_(None))
                .values(removed_at=moment_text(at))
            )
            if ended.rowcount == 0:
                raise SubscriptionNotFound(
                    "no subscription in force has this id",
                    field="subscription_id",
                    expected="an id of `assetlight events subscriptions list`",
                    found=subscription_id,
                )
            left = connection.execute(
                update(EVENT_DELIVERIES)
                .where(deliveries.subscription_id == subscription_id, deliveries.state.in_((WAITING, DEAD)))
                .values(state=DISCARDED, ended_at=moment_text(at))
            ).rowcount
            row = connection.execute(select(EVENT_SUBSCRIPTIONS).where(columns.id == subscription_id)).mappings().one()
            told = with_rows({"action": "remove", "discarded": left}, [row_told(EVENT_SUBSCRIPTIONS, row)])
            append(connection, Kind.SUBSCRIPTION, subscription_id, actor, told, at=at)


def _read(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        name=row.name,
        url=row.url,
        types=tuple(json.loads(row.types)),
        secret_sha256=row.secret_sha256,
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
    )
