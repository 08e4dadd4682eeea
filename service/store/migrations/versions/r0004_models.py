"""The records about models, and what challengers would have decided; rows of both are only ever added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.migrations.append_only import make_append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "model_records",
        sa.Column("sequence", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("identified_by", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_model_records"),
    )
    op.create_table(
        "shadow_scores",
        sa.Column("assessment_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(128), nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("champion", sa.String(64), nullable=False),
        sa.Column("challenger", sa.String(64), nullable=False),
        sa.Column("champion_pd", sa.Double, nullable=True),
        sa.Column("champion_grade", sa.String(4), nullable=True),
        sa.Column("champion_outcome", sa.String(16), nullable=False),
        sa.Column("champion_limit_fen", sa.BigInteger, nullable=True),
        sa.Column("challenger_pd", sa.Double, nullable=True),
        sa.Column("challenger_grade", sa.String(4), nullable=True),
        sa.Column("challenger_outcome", sa.String(16), nullable=True),
        sa.Column("challenger_limit_fen", sa.BigInteger, nullable=True),
        sa.Column("failure", sa.Text, nullable=True),
        sa.Column("milliseconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name="pk_shadow_scores"),
    )
    op.create_index("ix_shadow_scores_challenger_created_at", "shadow_scores", ["challenger", "created_at"])
    make_append_only("model_records", key="sequence")
    make_append_only("shadow_scores", key="assessment_id")
