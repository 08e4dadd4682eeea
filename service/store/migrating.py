"""The form of the database: which step it is at, which one this release needs, and the way there.

A step either happens whole or not at all, on both databases: all of them run in one transaction that other processes
queue behind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from service.errors import DatabaseAhead, DatabaseBehind, StoreUnusable
from service.store import migrations
from service.store.address import shown
from service.store.engine import IMMEDIATE, open_engine, reason

UPGRADE_LOCK = 0x41_4C_44_42  # PostgreSQL advisory lock: one upgrade at a time
AfterSteps = Callable[[Connection], object]


@dataclass(frozen=True)
class Form:
    """Where a database stands. `current` is None where nothing was made by a step yet; `pending`: steps to come."""

    current: str | None
    head: str
    pending: tuple[str, ...]

    @property
    def ahead(self) -> bool:
        """Whether a newer release made it."""
        return self.current is not None and self.current not in known_steps()

    @property
    def ready(self) -> bool:
        """Whether this release can use it as it is."""
        return self.current == self.head


def head() -> str:
    """The step that this release needs."""
    found = _scripts().get_current_head()
    assert found is not None  # noqa: S101
    return found


@cache
def known_steps() -> tuple[str, ...]:
    """Every step that this release knows, the first one first."""
    return tuple(script.revision for script in reversed(list(_scripts().walk_revisions())))


def form_of(engine: Engine) -> Form:
    """Where the database stands. Raises StoreUnusable."""
    try:
        with engine.connect() as connection:
            return _form(connection)
    except SQLAlchemyError as refusal:
        raise StoreUnusable("the store cannot be read", where=shown(engine.url), found=reason(refusal)) from None


def require_ready(engine: Engine) -> None:
    """Refuse a database of another form, with what to do. Raises DatabaseBehind, DatabaseAhead."""
    form = form_of(engine)
    if form.ready:
        return
    if form.ahead:
        raise ahead(form, engine)
    raise DatabaseBehind(
        "the database was made for an earlier release",
        where=shown(engine.url),
        expected=f"step {form.head}",
        found="no step yet" if form.current is None else f"step {form.current}",
        advice="make a backup, then run: assetlight db upgrade",
    )


def ahead(form: Form, engine: Engine) -> DatabaseAhead:
    """The sentence about a database of a newer release."""
    return DatabaseAhead(
        "the database was made for a newer release",
        where=shown(engine.url),
        expected=f"step {form.head}",
        found=f"step {form.current}",
        advice="install the release that made it; there is no way back: `assetlight db status` shows where it stands",
    )


def upgrade(engine: Engine, after: AfterSteps = lambda _: None) -> tuple[str, ...]:
    """Take the steps that are pending and give them back; none is left half done.

    `after` runs in the same transaction when any step was taken. Raises DatabaseAhead, StoreUnusable.
    """
    form = form_of(engine)
    if form.ahead:
        raise ahead(form, engine)
    if form.ready:
        return ()
    own = open_engine(engine.url, pooled=False, foreign_keys=False).execution_options(**{IMMEDIATE: True})
    try:
        with own.begin() as connection:
            if own.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            pending = _form(connection).pending
            if pending:
                with _silent():
                    command.upgrade(_config(connection), "head")
                after(connection)
            return pending
    except SQLAlchemyError as refusal:
        raise StoreUnusable(
            "the database could not be brought to the form of this release; it is as it was before",
            where=shown(engine.url),
            found=reason(refusal),
            advice="check that the user may create tables, that there is space, and that nothing else was put there",
        ) from None
    finally:
        own.dispose()


def _form(connection: Connection) -> Form:
    current = MigrationContext.configure(connection).get_current_revision()
    steps = known_steps()
    after = steps.index(current) + 1 if current in steps else 0 if current is None else len(steps)
    return Form(current, head(), steps[after:])


@contextmanager
def _silent() -> Iterator[None]:
    """Alembic tells its steps to whoever set up logging; the command that asked tells them itself."""
    log = logging.getLogger("alembic")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])).replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
