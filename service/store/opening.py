"""The opened database: transactions that read, transactions that write, and the refusal of a wrong form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine

from service.deadline import claim
from service.store.address import address_of, shown
from service.store.engine import IMMEDIATE, open_engine
from service.store.migrating import require_ready


class Store:
    """A database in the form of this release. Safe to use from several threads: every block has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{IMMEDIATE: True})

    @property
    def address(self) -> URL:
        """Where it is, the password included."""
        return self.engine.url

    @property
    def shown(self) -> str:
        """Where it is, for a person."""
        return shown(self.engine.url)

    @property
    def sqlite(self) -> bool:
        """Whether it is SQLite: one writer at a time; PostgreSQL otherwise."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database however long it reads and whoever writes meanwhile."""
        with self.engine.connect() as connection:
            if not self.sqlite:  # SQLite's transactions are like that by themselves
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self, *, on_time: bool = True) -> Iterator[Connection]:
        """A transaction: committed and on the disk when the block ends, as if it never was when the block raises.

        `on_time`: it is not committed where the request that it is part of has been answered as too late.
        Raises DeadlinePassed.
        """
        with self._writer.begin() as connection:
            yield connection
            if on_time:
                claim()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The database at an address. Raises DatabaseUrlUnsupported, StoreUnusable, DatabaseBehind, DatabaseAhead."""
    engine = open_engine(address_of(url))
    try:
        require_ready(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)
