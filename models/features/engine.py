"""The in-memory DuckDB that features are computed in, and desks: cursors that plan a statement once for many firms.

Planning the statement of one enterprise takes several times as long as running it, and it is the same statement for
every enterprise of a day. A desk therefore shows DuckDB relations whose rows can be exchanged, prepares a statement
when it first meets its text, and from then on only runs it. A desk serves one call at a time and forgets the rows
when the call ends.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import tempfile
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

MEMORY_LIMIT = "3GB"  # beyond it DuckDB spills to the temporary directory
MOST_STATEMENTS = 256  # planned statements that a desk keeps: one a family, day and set of connected kinds
MOST_IDLE_DESKS = 8
_ROOMS = itertools.count()


def database(*, small: bool) -> duckdb.DuckDBPyConnection:
    """The database of the process, opened once (20 ms); work on a cursor of it. `small`: on one thread."""
    return _database(os.getpid(), small=small)


@functools.cache
def _database(process: int, *, small: bool) -> duckdb.DuckDBPyConnection:
    """A forked child must not use its parent's threads, and processes must not spill into each other's files."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"assetlight-duckdb-{process}"),
    }
    if small:
        settings["threads"] = 1
    return duckdb.connect(config=settings)


@contextmanager
def room(connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[], duckdb.DuckDBPyConnection]]:
    """A schema of its own in the database, in which the connection makes its tables from now on; gone afterwards.

    Yields a function to open another cursor that sees the tables (but no view and no registered table): for one thread
    each, to be closed by the caller.
    """
    name = f"room_{next(_ROOMS)}"
    connection.execute(f"CREATE SCHEMA {name}")
    connection.execute(f"SET schema = '{name}'")

    def another() -> duckdb.DuckDBPyConnection:
        cursor = connection.cursor()
        cursor.execute(f"SET schema = '{name}'")
        return cursor

    try:
        yield another
    finally:
        connection.execute("SET schema = 'main'")
        connection.execute(f"DROP SCHEMA {name} CASCADE")


class Shown:
    """A relation whose rows are exchanged between executions; DuckDB asks for them anew each time it runs."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self._nothing = rows.schema.empty_table()  # kept: making it takes longer than a small statement

    def clear(self) -> None:
        """Let go of the rows."""
        self.rows = self._nothing

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.rows.schema.__arrow_c_schema__()


class Desk:
    """A cursor, the relations it shows and the statements it has planned. For one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._shown: dict[str, Shown] = {}
        self._planned: OrderedDict[str, str] = OrderedDict()
        self._numbered = 0

    def show(self, relations: Mapping[str, pa.Table]) -> None:
        """Let statements read these rows under these names; what was shown before is empty."""
        self.clear()
        for name, rows in relations.items():
            shown = self._shown.get(name)
            if shown is not None and shown.rows.schema.equals(rows.schema):
                shown.rows = rows
                continue
            if shown is not None:
                self._forget_statements()  # they are planned for columns of other types
            self._shown[name] = Shown(rows)
            self._connection.register(name, self._shown[name])

    def fetched(self, text: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Column names and rows of a statement."""
        result = self._connection.execute(f"EXECUTE {self._plan(text)}")
        return [str(column[0]) for column in result.description or ()], result.fetchall()

    def clear(self) -> None:
        """Let go of the rows."""
        for shown in self._shown.values():
            shown.clear()

    def close(self) -> None:
        """Close the cursor."""
        self._connection.close()
        self._shown.clear()

    def _plan(self, text: str) -> str:
        """The name of the prepared statement; the one not used for longest makes room."""
        name = self._planned.get(text)
        if name is None:
            while len(self._planned) >= MOST_STATEMENTS:
                self._connection.execute(f"DEALLOCATE {self._planned.popitem(last=False)[1]}")
            self._numbered += 1
            name = f"planned_{self._numbered}"
            self._connection.execute(f"PREPARE {name} AS {text}")
            self._planned[text] = name
        self._planned.move_to_end(text)
        return name

    def _forget_statements(self) -> None:
        while self._planned:
            self._connection.execute(f"DEALLOCATE {self._planned.popitem()[1]}")


@contextmanager
def desk() -> Iterator[Desk]:
    """An idle desk of the process, or a new one. One at which something failed is not used again."""
    idle = _idle(os.getpid())
    try:
        taken = idle.pop()
    except IndexError:
        taken = Desk(database(small=True).cursor())
    try:
        yield taken
    except BaseException:
        taken.close()
        raise
    taken.clear()
    if len(idle) < MOST_IDLE_DESKS:
        idle.append(taken)
    else:
        taken.close()


@functools.cache
def _idle(process: int) -> deque[Desk]:  # noqa: ARG001
    idle: deque[Desk] = deque()
    atexit.register(_close_all, idle)
    return idle


def _close_all(idle: deque[Desk]) -> None:
    while idle:
        idle.pop().close()
