"""The tables of the store as this release uses them; how they come to be is `service.store.migrations`.

Bytes that a digest names are kept as the bytes that were digested, never re-made.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, String, Table, Text

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
    Index(None, "decision_id"),
)

SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")

LEDGER = Table(
    "ledger",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),  # 1, 2, 3, ... without gaps
    Column("at", String(32), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("actor", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the columns before and the content
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index(None, "subject", "sequence"),
    Index(None, "kind", "sequence"),
)

LEDGER_HEAD = Table(
    "ledger_head",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),  # the only row: whoever appends locks it
    Column("sequence", SEQUENCE, nullable=False),
    Column("hash", String(64), nullable=False),
)

CONTENTS = Table(
    "contents",
    METADATA,
    Column("sha256", String(64), primary_key=True),  # of the bytes as they were
    Column("media", String(20), nullable=False),
    Column("size", SEQUENCE, nullable=False),  # bytes as they were
    Column("packed", LargeBinary, nullable=False),  # zstandard
    Column("packed_sha256", String(64), nullable=False),
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


MODEL_RECORDS = Table(  # see service.registry.records; append-only by trigger
    "model_records",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),  # two writers at once: one finds it taken
    Column("kind", String(32), nullable=False),
    Column("model", String(64), nullable=False),  # digest of the bundle; empty where a record is about none
    Column("actor", String(128), nullable=False),
    Column("identified_by", String(32), nullable=False),
    Column("at", String(32), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)

SHADOW_SCORES = Table(  # what the challenger would have decided on the case of an assessment; append-only by trigger
    "shadow_scores",
    METADATA,
    Column("assessment_id", String(36), primary_key=True),
    Column("created_at", String(32), nullable=False),
    Column("enterprise_id", String(128), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("champion", String(64), nullable=False),  # digests of the bundles
    Column("challenger", String(64), nullable=False),
    Column("champion_pd", Double),
    Column("champion_grade", String(4)),
    Column("champion_outcome", String(16), nullable=False),
    Column("champion_limit_fen", BigInteger),
    Column("challenger_pd", Double),
    Column("challenger_grade", String(4)),
    Column("challenger_outcome", String(16)),
    Column("challenger_limit_fen", BigInteger),
    Column("failure", Text),  # why the challenger gave no answer
    Column("milliseconds", Double, nullable=False),  # that the challenger took
    Index(None, "challenger", "created_at"),
)
