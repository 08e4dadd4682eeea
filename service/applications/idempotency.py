"""A request that is sent twice is done once: its answer is kept in the transaction that did it.

The ledger is told of every kept answer, and an answer that is not as told is not given again: whoever edits one would
have the service say what it never said.
"""

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
from service.ledger import Draft, Kind, draft
from service.ledger.reading import require_row_as_told
from service.ledger.rows_told import answer_subject, row_told, with_rows
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
        return None if row is None else self._given(connection, row)

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

    def row(self, at: datetime, answer: Answer) -> dict[str, Any]:
        """The key with its answer, by column in the order of the table."""
        return {
            "caller": self.caller,
            "key": self.key,
            "digest": self.digest,
            "at": instant(at),
            "status": answer.status,
            "headers": json.dumps(dict(answer.headers)),
            "body": answer.body,
        }

    def entry(self, at: datetime, answer: Answer) -> Draft:
        """The entry of the ledger that tells of the kept answer."""
        told = row_told(IDEMPOTENCY_KEYS, self.row(at, answer))
        return draft(Kind.ANSWER, answer_subject(told.key), self.caller, with_rows({}, [told]), at=at)

    def keep(self, connection: Connection, answer: Answer, at: datetime) -> list[Draft]:
        """Keep the answer with the work that it tells of, at the moment of `reserve`.

        Gives the entry that the caller appends, last, in the same transaction; none without a key.
        """
        if self.key is None:
            return []
        columns, row = IDEMPOTENCY_KEYS.c, self.row(at, answer)
        connection.execute(
            update(IDEMPOTENCY_KEYS)
            .where(columns.caller == self.caller, columns.key == self.key)
            .values({name: row[name] for name in ("at", "status", "headers", "body")})
        )
        return [self.entry(at, answer)]

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """What is written meanwhile by somebody who opens the transaction themselves takes the key with `take`."""
        before = IN_HAND.set(None if self.key is None else self)
        try:
            yield
        finally:
            IN_HAND.reset(before)

    def _given(self, connection: Connection, row: Row[Any]) -> Answer:
        stored = row_told(IDEMPOTENCY_KEYS, row._mapping)  # noqa: SLF001
        require_row_as_told(connection, stored, [answer_subject(stored.key)])
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


def take(connection: Connection, at: datetime, answer: Answer) -> list[Draft]:
    """Take the key at hand, if any, in a transaction that does the work, with its answer; gives the entry about it.

    Raises AnsweredBefore.
    """
    known = IN_HAND.get()
    if known is None:
        return []
    earlier = known.reserve(connection, at)
    if earlier is not None:
        raise AnsweredBefore(earlier)
    return known.keep(connection, answer, at)
