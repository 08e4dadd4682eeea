"""The outbox: events, subscriptions and deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox_events",
        sa.Column("sequence", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox_events"),
        sa.UniqueConstraint("id", name="uq_outbox_events_id"),
    )
    op.create_index("ix_outbox_events_subject_sequence", "outbox_events", ["subject", "sequence"])
    op.create_table(
        "event_subscriptions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("types", sa.Text, nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(255), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("removed_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_event_subscriptions"),
    )
    op.create_table(
        "event_deliveries",
        sa.Column("subscription_id", sa.String(36), nullable=False),
        sa.Column("sequence", SEQUENCE, nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("lease", sa.String(36)),
        sa.Column("leased_until", sa.String(32)),
        sa.Column("problem", sa.Text),
        sa.Column("ended_at", sa.String(32)),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name="pk_event_deliveries"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["event_subscriptions.id"], name="fk_event_deliveries_subscription_id"
        ),
        sa.ForeignKeyConstraint(["sequence"], ["outbox_events.sequence"], name="fk_event_deliveries_sequence"),
    )
    op.create_index(
        "ix_event_deliveries_subscription_id_subject_sequence",
        "event_deliveries",
        ["subscription_id", "subject", "sequence"],
    )
    op.create_index("ix_event_deliveries_state_due_at", "event_deliveries", ["state", "due_at"])
