"""The assessments, as the first release made them without Alembic; a database of that release is taken as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table where it is not there yet."""
    if sa.inspect(op.get_bind()).has_table("assessments"):
        return
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(128), nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("decision_id", sa.String(64), nullable=False),
        sa.Column("decision", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_enterprise_id_created_at", "assessments", ["enterprise_id", "created_at"])
