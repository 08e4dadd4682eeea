"""The tables of the store as this release uses them; how they come to be is `service.store.migrations`.

Bytes that a digest names are kept as the bytes that were digested, never re-made.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    },
)

ASSESSMENTS = Table(
    "assessments",
    METADATA,
    Column("id", String(36), primary_key=True),  # UUID version 7: sorts by the time of the assessment
    Column("created_at", String(32), nullable=False),  # ISO 8601, UTC, microseconds: sorts as text
    Column("enterprise_id", String(128), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("decision_id", String(64), nullable=False),
    Column("decision", LargeBinary, nullable=False),  # canonical JSON
    Column("request", LargeBinary, nullable=False),  # canonical JSON of what was asked, inline records included
    Index(None, "enterprise_id", "created_at"),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(12), primary_key=True),  # the visible part of the key
    Column("digest", String(64), nullable=False),  # SHA-256 of the whole key; the key itself is kept nowhere
    Column("name", String(255), nullable=False),
    Column("roles", Text, nullable=False),  # JSON list, as the three below
    Column("routes", Text, nullable=False),
    Column("branches", Text, nullable=False),
    Column("parks", Text, nullable=False),
    Column("created_at", String(32), nullable=False),  # ISO 8601, UTC, microseconds
    Column("expires_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)
