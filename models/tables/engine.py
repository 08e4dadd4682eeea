"""One DuckDB in the process for work on rows in memory: opening one takes longer than most questions put to it.

Each session has its own temporary tables and registered names; sessions of several threads do not see each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import duckdb


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, in UTC; everything it made is gone afterwards."""
    connection = _database(os.getpid()).cursor()
    try:
        yield connection
    finally:
        connection.close()


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001
    """The database of a process: a forked child must not use its parent's threads."""
    database = duckdb.connect()
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    return database
