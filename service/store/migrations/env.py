"""What Alembic runs: the steps on the connection that `service.store.migrating` gives it, inside its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite too: the connection's driver leaves DDL inside the transaction
    render_as_batch=True,
)
context.run_migrations()
