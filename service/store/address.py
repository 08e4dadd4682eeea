"""The address of the database: two kinds are supported, and what is secret in one is never shown."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from service.errors import DatabaseUrlUnsupported

SUPPORTED = "sqlite:////path/to/file or postgresql://user:password@host:5432/database"
POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


def address_of(url: str) -> URL:
    """The address behind a text; every way to write PostgreSQL means psycopg 3. Raises DatabaseUrlUnsupported."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise _unsupported("not an address") from None
    if address.drivername in ("sqlite", "sqlite+pysqlite"):
        return address.set(drivername="sqlite")
    if address.drivername in POSTGRESQL:
        return address.set(drivername="postgresql+psycopg")
    raise _unsupported(address.drivername)


def shown(address: URL) -> str:
    """The address for a person: no password, and of the query only what says where the database is."""
    plain = {key: value for key, value in address.query.items() if key in ("host", "port")}
    return address.set(query=plain).render_as_string(hide_password=True)


def _unsupported(found: str) -> DatabaseUrlUnsupported:
    """Names the driver alone: the rest of an address that was not understood may hold a password anywhere."""
    return DatabaseUrlUnsupported(
        "the database address is not one of a supported database",
        field="ASSETLIGHT_DATABASE_URL",
        expected=SUPPORTED,
        found=found,
        advice="correct or unset ASSETLIGHT_DATABASE_URL; without it a SQLite file in the data directory is used",
    )
