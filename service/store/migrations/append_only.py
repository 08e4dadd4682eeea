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
