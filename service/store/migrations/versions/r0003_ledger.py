"""The ledger, its head, the contents that entries name, and the triggers that keep all of it append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("assessments", "ledger", "contents")
FIRST = "0" * 64


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_index("ix_assessments_decision_id", "assessments", ["decision_id"])
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger",
        sa.Column("sequence", whole, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_ledger"),
        sa.UniqueConstraint("hash", name="uq_ledger_hash"),
    )
    op.create_index("ix_ledger_subject_sequence", "ledger", ["subject", "sequence"])
    op.create_index("ix_ledger_kind_sequence", "ledger", ["kind", "sequence"])
    head = op.create_table(
        "ledger_head",
        sa.Column("one", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", whole, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_ledger_head"),
    )
    op.bulk_insert(head, [{"one": 1, "sequence": 0, "hash": FIRST}])
    op.create_table(
        "contents",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("size", whole, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.Column("packed_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_contents"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE contents ALTER COLUMN packed SET STORAGE EXTERNAL")
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            "CREATE FUNCTION refuse_way_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.sequence <= OLD.sequence THEN RAISE EXCEPTION 'the ledger only grows'; END IF; RETURN NEW; END $$"
        )
        for table in APPEND_ONLY:
            for what in ("UPDATE OR DELETE", "TRUNCATE"):
                op.execute(
                    f"CREATE TRIGGER {table}_append_only_{what[:1].lower()} BEFORE {what} ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
                )
        op.execute(
            "CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head "
            "FOR EACH ROW EXECUTE FUNCTION refuse_way_back()"
        )
        op.execute(
            "CREATE TRIGGER ledger_head_stays BEFORE DELETE OR TRUNCATE ON ledger_head "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for table in APPEND_ONLY:
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{what[:1].lower()} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute(
        "CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head WHEN NEW.sequence <= OLD.sequence "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_head_stays BEFORE DELETE ON ledger_head "
        "BEGIN SELECT RAISE(ABORT, 'ledger_head is append-only'); END"
    )
