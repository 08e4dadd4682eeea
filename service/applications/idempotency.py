"""A request that is sent twice is done once: its answer is kept in the transaction that did it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from models.canonical import digest
from service.applications.rows import instant
from service.record_batches import IdempotencyKeyReused
from service.store.application_schema import IDEMPOTENCY_KEYS

REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True)
class Answer:
    """What a caller was, or is, told."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Once:
    """One request of one caller under a key. Without a key it is done whenever it comes."""

    caller: str
    key: str | None
    asked: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """What tells this request from another."""
        return digest(dict(self.asked))

    def before(self, connection: Connection) -> Answer | None:
        """The answer that was given to it, if any. Raises IdempotencyKeyReused."""
        if self.key is None:
            return None
        columns = IDEMPOTENCY_KEYS.c
        row = connection.execute(
            select(IDEMPOTENCY_KEYS).where(columns.caller == self.caller, columns.key == self.key)
        ).one_or_none()
        return None if row is None else self._given(row)

    def reserve(self, connection: Connection, at: datetime) -> Answer | None:
        """Take the key for this transaction, or give the answer of the one that had it first.

        Another transaction with the key is waited for: if it commits, its answer is ours; if not, the key is ours.
        """
        if self.key is None:
            return None
        insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        row = {"caller": self.caller, "key": self.key, "digest": self.digest, "at": instant(at)}
        statement = insert(IDEMPOTENCY_KEYS).values(**row, status=0, headers="{}", body=b"").on_conflict_do_nothing()
        if connection.execute(statement.returning(IDEMPOTENCY_KEYS.c.key)).first() is not None:
            return None
        return self.before(connection)

    def row(self, at: datetime, answer: Answer) -> tuple[Any, ...]:
        """The key with its answer as a row for a transaction that somebody else opens; a taken key refuses it."""
        headers = json.dumps(dict(answer.headers))
        return (self.caller, self.key, self.digest, instant(at), answer.status, headers, answer.body)

    def keep(self, connection: Connection, answer: Answer) -> None:
        """Keep the answer with the work that it tells of."""
        if self.key is None:
            return
        columns = IDEMPOTENCY_KEYS.c
        connection.execute(
            update(IDEMPOTENCY_KEYS)
            .where(columns.caller == self.caller, columns.key == self.key)
            .values(status=answer.status, headers=json.dumps(dict(answer.headers)), body=answer.body)
        )

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """What is written meanwhile by somebody who opens the transaction themselves takes the key with `take`."""
        before = IN_HAND.set(None if self.key is None else self)
        try:
            yield
        finally:
            IN_HAND.reset(before)

    def _given(self, row: Row[Any]) -> Answer:
        if row.digest != self.digest:
            raise IdempotencyKeyReused(
                "this idempotency key came before with another request",
                field="Idempotency-Key",
                expected="the same request, or a new key",
                found=self.key,
            )
        return Answer(row.status, bytes(row.body), {**json.loads(row.headers), REPLAYED: "true"})


class AnsweredBefore(Exception):
    """The request at hand was done before: nothing of it is written again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


IN_HAND: ContextVar[Once | None] = ContextVar("assetlight_idempotency", default=None)


def take(connection: Connection, at: datetime, answer: Answer) -> None:
    """Take the key at hand, if any, in a transaction that does the work, with its answer. Raises AnsweredBefore."""
    known = IN_HAND.get()
    if known is None:
        return
    earlier = known.reserve(connection, at)
    if earlier is not None:
        raise AnsweredBefore(earlier)
    known.keep(connection, answer)
