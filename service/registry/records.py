"""The records of the registry: what each kind says, and the digest and seal that make it one of ours.

A record is never changed. Its digest covers everything that it says and the digest of the record before it; its seal is
an HMAC of the digest under a key that does not lie in the database (RFC 2104, SHA-256), so that a row written by hand
is no record, however well its digests fit.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.canonical import canonical_json, digest
from service.registry.errors import PersonNotUsable

ALL = "all"  # the scope of every product that has no champion of its own
FIRST = ""  # what the first record names as the one before it
LONGEST_NAME = 128
JOB = "job"  # how the actor of a scheduled job is known: no person stands for what it records


class Kind(StrEnum):
    """What a record is about."""

    REGISTERED = "model_registered"
    VALIDATED = "model_validated"
    APPROVED = "model_approved"
    PROMOTED = "model_promoted"
    ROLLED_BACK = "model_rolled_back"
    PLANNED = "retraining_planned"
    STOPPED = "retraining_stopped"
    DRIFT = "drift_measured"


class Role(StrEnum):
    """What a model does: the champion decides, the challenger is scored beside it and decides nothing."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class Content(BaseModel):
    """What a record says; unknown or missing fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal["1"] = "1"


class Registered(Content):
    """A model is known from here on. `developer`: who is answerable for its making."""

    developer: str
    data_origin: tuple[str, ...]
    label_origin: str
    trained_as_of: date
    features: int
    card_sha256: str
    plan: str | None = None  # digest of the record that fixed the metric beforehand, for a model of a retraining
    comparison: dict[str, Any] | None = None  # with the champion, on the same rows, by that metric
    note: str = ""


class Gate(BaseModel):
    """One line of a validation that the model is held against; one that is not blocking is only reported."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    passed: bool
    blocking: bool = True
    found: str = ""


class Validated(Content):
    """A person other than the developer stands for a report. Whether it passed is read from the gates, each time."""

    report_sha256: str
    gates: tuple[Gate, ...]
    note: str = ""

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the blocking gates that are not passed."""
        return tuple(gate.name for gate in self.gates if gate.blocking and not gate.passed)


class Approved(Content):
    """A person who is neither developer nor validator approves the model as it was validated in one record."""

    validation: str  # digest of that record
    note: str = ""


class Promoted(Content):
    """A model takes a role. `replaces`: who had it before, as the one who promotes saw it."""

    role: Role
    scope: str
    replaces: str | None
    requester: str
    reason: str


class RolledBack(Content):
    """An earlier champion is put in force again."""

    scope: str
    replaces: str | None
    requester: str
    reason: str


class Planned(Content):
    """How a retraining will be judged, on record before it begins."""

    key: str  # of the job: names its inputs
    config: dict[str, Any]


class Stopped(Content):
    """A retraining ended without a challenger, and why."""

    key: str
    plan: str
    reason: str
    comparison: dict[str, Any] | None = None


class Alert(BaseModel):
    """One finding of a drift measurement that is worth a person's time."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    subject: str
    measure: str
    level: Literal["amber", "red"]
    value: float
    threshold: float
    zh: str
    en: str


class DriftMeasured(Content):
    """How far enterprises and outcomes have moved from what a model was trained on."""

    as_of: date
    policy_digest: str
    level: Literal["green", "amber", "red"]
    alerts: tuple[Alert, ...]
    figures: dict[str, Any]
    simulated: bool


CONTENT: dict[Kind, type[Content]] = {
    Kind.REGISTERED: Registered,
    Kind.VALIDATED: Validated,
    Kind.APPROVED: Approved,
    Kind.PROMOTED: Promoted,
    Kind.ROLLED_BACK: RolledBack,
    Kind.PLANNED: Planned,
    Kind.STOPPED: Stopped,
    Kind.DRIFT: DriftMeasured,
}


class Record(BaseModel):
    """One record as it is kept. `identified_by`: how the actor was known: command line, token, or job."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sequence: int
    kind: Kind
    model: str  # digest of the bundle; empty where a record is about none
    actor: str
    identified_by: str
    at: datetime
    content: Any
    previous: str
    digest: str = ""
    seal: str = ""

    @property
    def text(self) -> str:
        """The content as canonical JSON, as it is kept."""
        return canonical_json(self.content.model_dump(mode="json")).decode()

    def row(self) -> dict[str, int | str]:
        """The record as a row of the database."""
        return {
            "sequence": self.sequence,
            "kind": self.kind.value,
            "model": self.model,
            "actor": self.actor,
            "identified_by": self.identified_by,
            "at": moment_text(self.at),
            "content": self.text,
            "previous": self.previous,
            "digest": self.digest,
            "seal": self.seal,
        }

    def own_digest(self) -> str:
        """SHA-256 over everything the record says, its place, and the record before it."""
        return digest(
            {
                "sequence": self.sequence,
                "kind": self.kind.value,
                "model": self.model,
                "actor": self.actor,
                "identified_by": self.identified_by,
                "at": moment_text(self.at),
                "content": self.content.model_dump(mode="json"),
                "previous": self.previous,
            }
        )

    def sealed(self, key: bytes) -> Record:
        """The record with its digest and seal."""
        own = self.own_digest()
        return self.model_copy(update={"digest": own, "seal": seal_of(own, key)})


def seal_of(record_digest: str, key: bytes) -> str:
    """HMAC-SHA-256 of a record's digest."""
    return hmac.new(key, record_digest.encode(), hashlib.sha256).hexdigest()


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds: sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def person(name: str) -> str:
    """A person's name as it is kept and compared: `Li.Wei ` and `li.wei` are one person. Raises PersonNotUsable."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise PersonNotUsable(
            "a person is named by visible text",
            expected=f"1 to {LONGEST_NAME} characters",
            found=name,
            advice="name yourself with --as PERSON",
        )
    return plain
