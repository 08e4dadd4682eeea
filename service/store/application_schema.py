"""The tables of applications: the case, what happened to it, overrides, attachments, and answers given before."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from service.store.schema import METADATA

APPLICATIONS = Table(
    "applications",
    METADATA,
    Column("id", String(36), primary_key=True),  # UUID version 7: sorts by the time it was made
    Column("version", Integer, nullable=False),  # rises by one with every change: the ETag
    Column("state", String(16), nullable=False),
    Column("enterprise_id", String(128), nullable=False),
    Column("product", String(64), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("tenor_months", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("branch", String(200), nullable=False),
    Column("park", String(200)),
    Column("officer", String(200), nullable=False),  # subject of whoever made it
    Column("created_at", String(32), nullable=False),  # ISO 8601, UTC, microseconds, as everywhere
    Column("updated_at", String(32), nullable=False),
    Column("assessment_id", String(36), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("grade", String(3)),  # assessed; null where the model knew nothing
    Column("limit_fen", BigInteger, nullable=False),  # assessed
    Column("approved_fen", BigInteger),
    Column("approvals", Text, nullable=False),  # JSON list of this round's approvals
    Column("replaces", String(36)),  # the application whose line this one would take the place of
    Column("ends_on", String(10)),  # the last day on which the approval, then the line, counts
    Column("exposure", Text),  # JSON: what the assessment counted as exposure of this bank
    Index(None, "branch", "id"),
    Index(None, "enterprise_id", "id"),
    Index(None, "officer", "id"),
    Index(None, "state", "id"),
)

APPLICATION_EVENTS = Table(
    "application_events",
    METADATA,
    Column("application_id", String(36), ForeignKey("applications.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("actor_name", String(200)),  # as the token had it then; null where it was not kept
)

APPLICATION_OVERRIDES = Table(
    "application_overrides",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("application_id", String(36), ForeignKey("applications.id"), nullable=False),
    Column("assessment_id", String(36), nullable=False),  # it overrides this assessment and no later one
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("what", String(8), nullable=False),  # grade or amount
    Column("direction", String(4), nullable=False),  # up or down, for the enterprise
    Column("before", String(32), nullable=False),  # a grade, or decimal yuan text
    Column("after", String(32), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("explanation", Text, nullable=False),
    Column("evidence", String(64), nullable=False),  # SHA-256 of an attachment of the case
    Column("expires_on", String(10), nullable=False),  # the last day on which it counts
    Column("policy_sha256", String(64), nullable=False),
    Column("level", String(64)),  # authority of whoever made it: a level of the policy, or `risk`
    Index(None, "application_id"),
    Index(None, "at"),
)

OVERRIDE_WITHDRAWALS = Table(
    "override_withdrawals",
    METADATA,
    Column("override_id", String(36), ForeignKey("application_overrides.id"), primary_key=True),
    Column("application_id", String(36), ForeignKey("applications.id"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("level", String(64)),
    Column("reason", String(64), nullable=False),
    Column("explanation", Text, nullable=False),
    Index(None, "application_id"),
)

APPLICATION_ATTACHMENTS = Table(
    "application_attachments",
    METADATA,
    Column("application_id", String(36), ForeignKey("applications.id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
)

APPLICATION_FILE_NAMES = Table(  # further names of an attachment: the same bytes are stored once
    "application_file_names",
    METADATA,
    Column("application_id", String(36), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    ForeignKeyConstraint(
        ["application_id", "sha256"], ["application_attachments.application_id", "application_attachments.sha256"]
    ),
)

APPLICATION_ASSESSMENTS = Table(
    "application_assessments",
    METADATA,
    Column("assessment_id", String(36), primary_key=True),  # every assessment that an application ever had
    Column("application_id", String(36), ForeignKey("applications.id"), nullable=False),
)

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("caller", String(200), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of what was asked
    Column("at", String(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),  # JSON object
    Column("body", LargeBinary, nullable=False),
    Index(None, "at"),
)
