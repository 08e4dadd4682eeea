"""The tables of the outbox: what happened, who wants to be told, and how far each of them has been told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from service.store.schema import METADATA, SEQUENCE

OUTBOX_EVENTS = Table(
    "outbox_events",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),  # rises with every event of one subject
    Column("id", String(36), nullable=False, unique=True),  # the CloudEvents id: follows from what happened
    Column("type", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("at", String(32), nullable=False),  # ISO 8601, UTC, microseconds, as everywhere
    Column("body", LargeBinary, nullable=False),  # the event as JSON, byte for byte as it is sent and signed
    Index(None, "subject", "sequence"),
)

EVENT_SUBSCRIPTIONS = Table(
    "event_subscriptions",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),  # JSON list of types or `application.*`
    Column("secret_sha256", String(64), nullable=False),  # of the signing secret, which is kept nowhere
    Column("made_by", String(255), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("removed_at", String(32)),
)

EVENT_DELIVERIES = Table(
    "event_deliveries",
    METADATA,
    Column("subscription_id", String(36), ForeignKey("event_subscriptions.id"), primary_key=True),
    Column("sequence", SEQUENCE, ForeignKey("outbox_events.sequence"), primary_key=True),
    Column("subject", String(128), nullable=False),  # of the event: one after the other within it
    Column("state", String(12), nullable=False),  # waiting, delivered, dead, discarded
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(32), nullable=False),
    Column("lease", String(36)),  # of the attempt that is under way
    Column("leased_until", String(32)),
    Column("problem", Text),  # of the last attempt
    Column("ended_at", String(32)),
    Index(None, "subscription_id", "subject", "sequence"),
    Index(None, "state", "due_at"),
    Index(None, "sequence"),
)
