"""An entry of the ledger: what happened, as canonical JSON, and its place in the chain.

    body = RFC 8785 of {"actor", "at", "content", "kind", "subject", "version": 1}
    link = RFC 8785 of {"body": SHA-256 of the body, "previous": hash of the entry before, "sequence": n}
    hash = SHA-256 of the link; the entry before the first one has the hash of 64 zeros

The link is short, so that entries can be put in order and hashed in the one place that must run alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from models.canonical import canonical_json, sha256_hex

VERSION = 1
FIRST = "0" * 64
LONGEST_TEXT = 255


class Kind(StrEnum):
    """What an entry tells of. Others add the kinds of their own changes."""

    ASSESSMENT = "assessment"
    ADOPTED = "adopted"  # an assessment that was kept before there was a ledger
    ADOPTED_ROWS = "adopted_rows"  # rows of other tables that were kept before entries told of them
    API_KEY = "api_key"
    ACCESS = "access"
    TRANSITION = "transition"
    OVERRIDE = "override"
    PROMOTION = "promotion"
    POLICY_CHANGE = "policy_change"
    REPLAY = "replay"
    BATCH = "batch"
    SUBSCRIPTION = "subscription"
    DELIVERY = "delivery"  # a dead letter was replayed or discarded
    ANSWER = "answer"  # an answer was kept under an idempotency key
    SHADOW = "shadow"  # what a challenger would have decided was kept
    PURGE = "purge"  # answers and events that nobody needs any more were removed


@dataclass(frozen=True)
class Draft:
    """An entry before it has its place: who (`actor`) did what (`kind`) to what (`subject`), when, and the facts."""

    kind: str
    subject: str
    actor: str
    at: str  # ISO 8601, UTC, microseconds
    body: bytes
    body_sha256: str


@dataclass(frozen=True)
class Entry:
    """An entry in its place."""

    sequence: int
    kind: str
    subject: str
    actor: str
    at: str
    body: bytes
    previous: str
    hash: str

    @property
    def content(self) -> dict[str, Any]:
        """The facts of the entry."""
        found = json.loads(self.body)["content"]
        assert isinstance(found, dict)  # noqa: S101
        return found


def moment_text(moment: datetime) -> str:
    """A moment as the ledger writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def draft(kind: str, subject: str, actor: str, content: Mapping[str, Any], *, at: datetime) -> Draft:
    """An entry that waits for its place. The content is JSON without fractions: amounts and rates are text."""
    for name, text in (("kind", kind), ("subject", subject), ("actor", actor)):
        if not 0 < len(text) <= LONGEST_TEXT:
            raise ValueError(f"{name} of a ledger entry has 1 to {LONGEST_TEXT} characters, not {len(text)}")
    kind, moment = str(kind), moment_text(at)
    body = canonical_json(
        {"actor": actor, "at": moment, "content": content, "kind": kind, "subject": subject, "version": VERSION}
    )
    return Draft(kind, subject, actor, moment, body, sha256_hex(body))


def link_hash(sequence: int, previous: str, body_sha256: str) -> str:
    """The hash of an entry: SHA-256 of its link, which is written in canonical JSON here."""
    return sha256_hex(f'{{"body":"{body_sha256}","previous":"{previous}","sequence":{sequence}}}'.encode())


def placed(waiting: Draft, sequence: int, previous: str) -> Entry:
    """The entry at its place."""
    return Entry(
        sequence=sequence,
        kind=waiting.kind,
        subject=waiting.subject,
        actor=waiting.actor,
        at=waiting.at,
        body=waiting.body,
        previous=previous,
        hash=link_hash(sequence, previous, waiting.body_sha256),
    )
