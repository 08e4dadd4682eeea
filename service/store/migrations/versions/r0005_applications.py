"""Applications with their events, overrides and attachments, and the answers given under an idempotency key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "applications",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("enterprise_id", sa.String(128), nullable=False),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("tenor_months", sa.Integer, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("branch", sa.String(200), nullable=False),
        sa.Column("park", sa.String(200)),
        sa.Column("officer", sa.String(200), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.Column("assessment_id", sa.String(36), nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("grade", sa.String(3)),
        sa.Column("limit_fen", sa.BigInteger, nullable=False),
        sa.Column("approved_fen", sa.BigInteger),
        sa.Column("approvals", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
    )
    for column in ("branch", "enterprise_id", "officer", "state"):
        op.create_index(f"ix_applications_{column}_id", "applications", [column, "id"])
    op.create_table(
        "application_events",
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("application_id", "number", name="pk_application_events"),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name="fk_application_events_application_id"),
    )
    op.create_table(
        "application_overrides",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("assessment_id", sa.String(36), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("before", sa.String(32), nullable=False),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("evidence", sa.String(64), nullable=False),
        sa.Column("expires_on", sa.String(10), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_application_overrides"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_application_overrides_application_id"
        ),
    )
    op.create_index("ix_application_overrides_application_id", "application_overrides", ["application_id"])
    op.create_index("ix_application_overrides_at", "application_overrides", ["at"])
    op.create_table(
        "application_attachments",
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("application_id", "sha256", name="pk_application_attachments"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_application_attachments_application_id"
        ),
    )
    op.create_table(
        "application_assessments",
        sa.Column("assessment_id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name="pk_application_assessments"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_application_assessments_application_id"
        ),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(200), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])
