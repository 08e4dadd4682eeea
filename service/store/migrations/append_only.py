"""Tables to which rows are only ever added: the database itself refuses to change, replace or remove one."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op


def make_append_only(table: str, key: str) -> None:
    """Let the database refuse UPDATE, DELETE and TRUNCATE of a table, and on SQLite INSERT OR REPLACE as well.

    SQLite removes a replaced row without firing its DELETE triggers, so an insert of a `key` that is there is refused.
    """
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement.format(table=table, key=key))


def refuse_changes(table: str) -> None:
    """Let the database refuse UPDATE, DELETE and TRUNCATE of a table; see `refuse_replacing` for SQLite's REPLACE."""
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE[:2]:
        op.execute(statement.format(table=table))


_SQLITE: Sequence[str] = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN "
    "SELECT RAISE(ABORT, '{table} is append-only: rows are never changed'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN "
    "SELECT RAISE(ABORT, '{table} is append-only: rows are never removed'); END",
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) BEGIN "
    "SELECT RAISE(ABORT, '{table} is append-only: rows are never replaced'); END",
)
_POSTGRESQL: Sequence[str] = (
    "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '{table} is append-only: rows are never changed or removed'; END $$",
    "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
    "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
)


def refuse_replacing(table: str, *keys: Sequence[str]) -> None:
    """Let SQLite refuse INSERT OR REPLACE into a table that refuses UPDATE and DELETE already; PostgreSQL has none.

    A row is replaced where the new one has any of its unique keys, the hidden number of the row (`rowid`) among them.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_replace")
        op.execute(_no_replace(table, keys, f"RAISE(ABORT, '{table} is append-only: rows are never replaced')"))


def skip_replacing(table: str, key: str) -> None:
    """Let SQLite pass over an insert of a key that is there, whichever way it is written: the first row stays.

    For contents, which are stored under the digest of their bytes: who inserts one that is there inserts nothing.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_no_replace(table, [[key]], "RAISE(IGNORE)"))


def _no_replace(table: str, keys: Sequence[Sequence[str]], what: str) -> str:
    same = " OR ".join(" AND ".join(f"{name} = NEW.{name}" for name in key) for key in [*keys, ["rowid"]])
    return (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608  # names of ours alone
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT {what}; END"
    )
