"""The database connection: SQLite in WAL mode inside the data directory unless an address says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreUnusable
from service.store.schema import METADATA

BUSY_MILLISECONDS = 10_000


def open_engine(url: str) -> Engine:
    """An engine with the tables in place; StoreUnusable when the database cannot be opened or written."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    try:
        METADATA.create_all(engine)
    except SQLAlchemyError as refusal:
        engine.dispose()
        raise StoreUnusable(
            "the store of assessments cannot be opened",
            where=address.render_as_string(hide_password=True),
            found=str(getattr(refusal, "orig", refusal)),
            advice="check that the directory is writable and that the file is a database of this service",
        ) from None
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    """WAL so that readers never wait; synchronous=FULL so that a commit is on the disk when it returns."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
