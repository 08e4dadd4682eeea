"""What the database itself says of its file: pages, indexes and values that cannot be what was written."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from service.ledger.findings import Finding

MOST_SAID = 20


def damaged_pages(connection: Connection) -> Iterator[Finding]:
    """What SQLite finds wrong in its own file; PostgreSQL's pages are its server's to check (`data_checksums`)."""
    if connection.dialect.name != "sqlite":
        return
    for row in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST_SAID})"):
        if row[0] != "ok":
            yield Finding(0, "the database file is damaged", "ok", str(row[0]))
