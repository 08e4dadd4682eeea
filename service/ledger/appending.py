"""Entries appended in somebody's transaction: they get their places in the order in which transactions commit.

Whoever appends locks the head, so there is one order, also for several processes on PostgreSQL; the lock is held until
the transaction ends. Append last, so that it is short and nobody waits for you while you wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session

from service.ledger.contents import Content
from service.ledger.entry import Draft, Entry, draft, placed
from service.store.schema import CONTENTS, LEDGER, LEDGER_HEAD

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Work:
    """What is written together or not at all: rows of other tables, contents, and the entries that tell of them."""

    drafts: tuple[Draft, ...]
    rows: Mapping[Table, Sequence[Row]] = field(default_factory=dict)  # every column, in the order of the table
    contents: tuple[Content, ...] = ()


def append(
    within: Connection | Session, kind: str, subject: str, actor: str, content: Mapping[str, Any], *, at: datetime
) -> Entry:
    """Append one entry in the caller's transaction (`Store.writing`): it is there if and only if that commits."""
    return append_all(within, [draft(kind, subject, actor, content, at=at)])[0]


def append_all(within: Connection | Session, drafts: Sequence[Draft]) -> list[Entry]:
    """Append entries in order, in the caller's transaction."""
    return write(within.connection() if isinstance(within, Session) else within, [Work(tuple(drafts))])[0]


def write(connection: Connection, works: Sequence[Work]) -> list[list[Entry]]:
    """Write several works in one transaction; gives the entries of each."""
    dialect = connection.dialect.name
    sequence, previous = connection.exec_driver_sql(_lock_sql(dialect)).one()
    written: list[list[Entry]] = []
    for work in works:
        entries = []
        for waiting in work.drafts:
            sequence += 1
            entry = placed(waiting, sequence, previous)
            previous = entry.hash
            entries.append(entry)
        written.append(entries)
    contents = {one.sha256: one for work in works for one in work.contents}
    if contents:
        rows = [contents[name].row for name in sorted(contents)]
        connection.exec_driver_sql(insert_sql(CONTENTS, dialect, or_nothing=True), rows)
    by_table: dict[Table, list[Row]] = {}
    for work in works:
        for table, rows_of in work.rows.items():
            by_table.setdefault(table, []).extend(rows_of)
    for table, rows_of in by_table.items():
        connection.exec_driver_sql(insert_sql(table, dialect), list(rows_of))
    entries_flat = [_row(entry) for entries in written for entry in entries]
    if entries_flat:
        connection.exec_driver_sql(insert_sql(LEDGER, dialect), entries_flat)
        connection.exec_driver_sql(_head_sql(dialect), (sequence, previous))
    return written


def _row(entry: Entry) -> Row:
    return (
        *(entry.sequence, entry.at, entry.kind, entry.subject, entry.actor),
        *(entry.body, entry.previous, entry.hash),
    )


def _marks(dialect: str, number: int) -> list[str]:
    return ["%s" if dialect == "postgresql" else "?"] * number


@cache
def insert_sql(table: Table, dialect: str, *, or_nothing: bool = False) -> str:
    """The statement that inserts every column of a table; SQLAlchemy's own costs more than the row itself."""
    names = [column.name for column in table.columns]
    text = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(_marks(dialect, len(names)))})"  # noqa: S608
    return text + (" ON CONFLICT DO NOTHING" if or_nothing else "")


@cache
def _lock_sql(dialect: str) -> str:
    """SQLite's writing transaction has the database to itself already."""
    text = f"SELECT sequence, hash FROM {LEDGER_HEAD.name} WHERE one = 1"  # noqa: S608
    return text + (" FOR UPDATE" if dialect == "postgresql" else "")


@cache
def _head_sql(dialect: str) -> str:
    first, second = _marks(dialect, 2)
    return f"UPDATE {LEDGER_HEAD.name} SET sequence = {first}, hash = {second} WHERE one = 1"  # noqa: S608


def contents_of(*groups: Iterable[Content]) -> tuple[Content, ...]:
    """Several groups of contents as one, each content once."""
    return tuple({one.sha256: one for group in groups for one in group}.values())
