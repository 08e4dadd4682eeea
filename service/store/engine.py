"""The database connection: SQLite in WAL mode, or PostgreSQL; both acknowledge a commit when it is on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreUnusable
from service.store.address import shown

BUSY_MILLISECONDS = 10_000
CONNECT_SECONDS = 10
IMMEDIATE = "assetlight_immediate"  # execution option: the transaction will write, so it queues at its beginning


def open_engine(address: URL, *, pooled: bool = True, foreign_keys: bool = True) -> Engine:
    """An engine whose database answers; StoreUnusable when it cannot be opened. Makes no table."""
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    if not sqlite:
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
        if pooled:
            options["pool_pre_ping"] = True
    engine = create_engine(address, hide_parameters=True, **options)  # what is kept does not go to the log
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite_with(foreign_keys=foreign_keys))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _set_up_postgresql)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM sqlite_master" if sqlite else "SELECT 1"))
    except (SQLAlchemyError, OSError) as refusal:
        engine.dispose()
        raise cannot_open(address, refusal) from None
    return engine


def cannot_open(address: URL, refusal: Exception) -> StoreUnusable:
    """The sentence about a database that refuses."""
    return StoreUnusable(
        "the store of assessments cannot be opened",
        where=shown(address),
        found=reason(refusal),
        advice="check that the directory is writable and that the file is a database of this service"
        if address.get_backend_name() == "sqlite"
        else "check that the PostgreSQL server runs, and the user, password and database of ASSETLIGHT_DATABASE_URL",
    )


def reason(refusal: Exception) -> str:
    """What the database said, without the statement, and without the row that PostgreSQL tells in its details."""
    said = getattr(refusal, "orig", None) or refusal
    first = getattr(getattr(said, "diag", None), "message_primary", None)
    return " ".join(str(first or said).split())


def _set_up_sqlite_with(*, foreign_keys: bool) -> Any:  # noqa: ANN401
    """WAL so that readers never wait; synchronous=FULL so that a commit is on the disk when it returns.

    The driver begins no transaction by itself: then DDL is part of one, and `_begin_sqlite` says which kind it is.
    """

    def set_up(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.isolation_level = None
        cursor = connection.cursor()
        enforced = "ON" if foreign_keys else "OFF"
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"foreign_keys={enforced}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return set_up


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that will write takes its turn at once: one that reads first would be refused, not queued."""
    immediate = connection.get_execution_options().get(IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _set_up_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401
    """A server that was told not to wait for its disk is told otherwise for our connections; its time is UTC."""
    connection.autocommit = True
    connection.execute("SET synchronous_commit = on")
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False
