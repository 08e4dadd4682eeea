"""What was kept before the ledger told of it: each gets an entry that says what it was when an upgrade found it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, inspect, select

from service.ledger.appending import append_all
from service.ledger.entry import Draft, Kind, draft
from service.ledger.rows_told import TOLD_TABLES, rows_in, subject_of, with_rows
from service.ledger.telling import TELLING, told_of
from service.ledger.verifying_rows import Key, stored_rows
from service.store.schema import ASSESSMENTS, LEDGER

ADOPTER = "system:upgrade"
ROWS_AT_ONCE = 500
SILENT = (*TELLING, Kind.ACCESS.value)  # kinds of entries that tell of no such row


def adopt(connection: Connection, *, at: datetime) -> int:
    """Give everything without an entry one, in the transaction of the upgrade; gives the number of new entries."""
    if not inspect(connection).has_table(LEDGER.name):
        return 0
    return adopt_assessments(connection, at=at) + adopt_rows(connection, at=at)


def adopt_assessments(connection: Connection, *, at: datetime) -> int:
    """The assessments that no entry tells of.

    What they were made from is not known any more: a replay of one stands on the records that are stored now.
    """
    adopted, last = 0, ""
    told = select(LEDGER.c.subject).where(LEDGER.c.kind.in_(TELLING))
    while True:
        untold = select(ASSESSMENTS).where(ASSESSMENTS.c.id > last, ASSESSMENTS.c.id.not_in(told))
        rows = connection.execute(untold.order_by(ASSESSMENTS.c.id).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return adopted
        append_all(connection, [draft(Kind.ADOPTED, row.id, ADOPTER, told_of(row), at=at) for row in rows])
        adopted, last = adopted + len(rows), rows[-1].id


def adopt_rows(connection: Connection, *, at: datetime) -> int:
    """The rows of other tables that no entry tells of, or not of all their columns, as they are now.

    Whether they had been edited before, `verify` tells as far as entries of before say what they were.
    """
    found = list(_untold(connection, at))
    for start in range(0, len(found), ROWS_AT_ONCE):
        append_all(connection, found[start : start + ROWS_AT_ONCE])
    return len(found)


def _untold(connection: Connection, at: datetime) -> Iterator[Draft]:
    known = _told(connection)
    for name, table in TOLD_TABLES.items():
        if not inspect(connection).has_table(name):
            continue
        for rows in stored_rows(connection, table):
            for one in rows:
                if known.get((name, one.key), 0) < len(one.columns):
                    yield draft(Kind.ADOPTED_ROWS, subject_of(one, name), ADOPTER, with_rows({}, [one]), at=at)


def _told(connection: Connection) -> dict[tuple[str, Key], int]:
    """The rows that entries tell of, with the number of columns that the latest one has."""
    entries = select(LEDGER.c.body).where(LEDGER.c.kind.not_in(SILENT)).order_by(LEDGER.c.sequence)
    return {
        (one.table, one.key): len(one.columns)
        for body in connection.execute(entries, execution_options={"yield_per": ROWS_AT_ONCE}).scalars()
        for one in rows_in(json.loads(bytes(body))["content"])
    }
