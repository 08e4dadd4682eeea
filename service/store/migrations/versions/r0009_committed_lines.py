"""Lines as exposure: what an assessment counted, what a line replaces, how long it counts; overrides that are ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.migrations.append_only import refuse_changes, refuse_replacing

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty for applications of before, and the table."""
    op.add_column("applications", sa.Column("replaces", sa.String(36)))
    op.add_column("applications", sa.Column("ends_on", sa.String(10)))
    op.add_column("applications", sa.Column("exposure", sa.Text))
    op.add_column("application_overrides", sa.Column("level", sa.String(64)))
    op.create_table(
        "override_withdrawals",
        sa.Column("override_id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("level", sa.String(64)),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("override_id", name="pk_override_withdrawals"),
        sa.ForeignKeyConstraint(
            ["override_id"], ["application_overrides.id"], name="fk_override_withdrawals_override_id"
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name="fk_override_withdrawals_application_id"),
    )
    op.create_index("ix_override_withdrawals_application_id", "override_withdrawals", ["application_id"])
    refuse_changes("override_withdrawals")
    refuse_replacing("override_withdrawals", ["override_id"])
