"""What a case is made of is append-only, on SQLite also against REPLACE; names of people, further names of files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.migrations.append_only import refuse_changes, refuse_replacing, skip_replacing

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMES = "application_file_names"
CASES = {
    "application_events": ["application_id", "number"],
    "application_overrides": ["id"],
    "application_attachments": ["application_id", "sha256"],
    "application_assessments": ["assessment_id"],
    NAMES: ["application_id", "sha256", "name"],
}


def upgrade() -> None:
    """Make the table, the column and the triggers."""
    op.add_column("application_events", sa.Column("actor_name", sa.String(200)))
    op.create_table(
        NAMES,
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("application_id", "sha256", "name", name=f"pk_{NAMES}"),
        sa.ForeignKeyConstraint(
            ["application_id", "sha256"],
            ["application_attachments.application_id", "application_attachments.sha256"],
            name=f"fk_{NAMES}_application_id_sha256",
        ),
    )
    op.create_index("ix_event_deliveries_sequence", "event_deliveries", ["sequence"])
    for table, key in CASES.items():
        refuse_changes(table)
        refuse_replacing(table, key)
    refuse_replacing("assessments", ["id"])
    refuse_replacing("ledger", ["sequence"], ["hash"])
    refuse_replacing("ledger_head", ["one"])
    refuse_replacing("model_records", ["sequence"])
    refuse_replacing("shadow_scores", ["assessment_id"])
    skip_replacing("contents", "sha256")
    _keep_the_one_head()


def _keep_the_one_head() -> None:
    """The head stays the row that it is: only its numbers grow."""
    refuse = "SELECT RAISE(ABORT, 'the ledger only grows')"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER ledger_head_grows")
        op.execute(
            "CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head "
            f"WHEN NEW.sequence <= OLD.sequence OR NEW.one <> OLD.one BEGIN {refuse}; END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_way_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.sequence <= OLD.sequence OR NEW.one <> OLD.one THEN RAISE EXCEPTION 'the ledger only grows'; END IF; "
        "RETURN NEW; END $$"
    )
