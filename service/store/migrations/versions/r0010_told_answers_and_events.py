"""Answers and events are told to the ledger: neither is changed once it is written; both still go after their time."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the triggers. What is there already is told of after the steps, as found: `service.ledger.adopting`."""
    _refuse_update("outbox_events", "events are never changed", "")
    _refuse_update("idempotency_keys", "an answer that was given is never changed", "WHEN ({old}.status <> 0)")


def _refuse_update(table: str, why: str, when: str) -> None:
    """A row is removed after its time, so only UPDATE is refused."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when.format(old='OLD')} "
            f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_no_update() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{why}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"FOR EACH ROW {when.format(old='OLD')} EXECUTE FUNCTION {table}_no_update()"
    )
