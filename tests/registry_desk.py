"""A small bank's model desk for tests: people, a store in memory, and models with reports on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from models.bundle import Bundle
from service.registry.records import Record, moment_text
from service.registry.registry import Actor, Registry
from service.registry.reports import report_folder
from tests.factories import bundle

DEV, VAL, APP, OWN = Actor("dev"), Actor("val"), Actor("app"), Actor("own")
KEY = "a key of the tests, long enough"
STARTED = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Beijing


def gate(code: str, *, passed: bool = True, blocking: bool = True) -> dict[str, Any]:
    """A gate as a validation report has it."""
    words = {"zh": code, "en": f"{code}: 1.02"}
    return {"code": code, "passed": passed, "blocking": blocking, "found": words, "words": words, "value": 1.02}


GATES = (gate("discrimination"), gate("calibration"), gate("psi", passed=False, blocking=False))


@dataclass
class MemoryRow:
    """A row as the database gives it."""

    sequence: int
    kind: str
    model: str
    actor: str
    identified_by: str
    at: str
    content: str
    previous: str
    digest: str
    seal: str


@dataclass
class MemoryStore:
    """The records in a list; `taken` lets another writer go first."""

    kept: list[MemoryRow] = field(default_factory=list)

    def rows(self) -> Sequence[MemoryRow]:
        return sorted(self.kept, key=lambda row: row.sequence)

    def version(self) -> tuple[int, int]:
        return len(self.kept), max((row.sequence for row in self.kept), default=0)

    def append(self, record: Record) -> bool:
        if any(row.sequence == record.sequence for row in self.kept):
            return False
        self.kept.append(row_of(record))
        return True


def row_of(record: Record) -> MemoryRow:
    """A record as a row."""
    return MemoryRow(
        sequence=record.sequence,
        kind=record.kind.value,
        model=record.model,
        actor=record.actor,
        identified_by=record.identified_by,
        at=moment_text(record.at),
        content=record.text,
        previous=record.previous,
        digest=record.digest,
        seal=record.seal,
    )


@dataclass
class Clock:
    """A clock that tests move by hand."""

    now: datetime = STARTED

    def __call__(self) -> datetime:
        return self.now

    def forward(self, days: float = 1) -> None:
        self.now += timedelta(days=days)


def desk(home: Path, store: Any = None, clock: Clock | None = None, key: str | None = KEY) -> Registry:
    """A registry on a store in memory."""
    kept = MemoryStore() if store is None else store
    return Registry(
        home=home,
        open_store=lambda: kept,
        make_store=lambda: kept,
        clock=clock or Clock(),
        products=lambda: ("invoice_credit",),
        given_key=key,
    )


@cache
def skilled(seed: int = 0) -> Bundle:
    """A real bundle whose card says that it has shown skill."""
    made = bundle(seed=seed, rows=80, trees=5)
    return replace(made, card={**made.card, "skill": {"demonstrated": True, "reasons": []}})


def write_report(home: Path, digest: str, gates: Sequence[dict[str, Any]] = GATES) -> Path:
    """A validation report where training puts it."""
    folder = report_folder(home, digest)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(
        json.dumps({"schema_version": 1, "subject": {"bundle_digest": digest}, "gates": list(gates)})
    )
    return folder


def registered(
    registry: Registry, seed: int = 0, gates: Sequence[dict[str, Any]] = GATES, developer: str = DEV.name
) -> str:
    """A model with a report, registered by its developer; gives its digest."""
    made = skilled(seed)
    directory = made.write(registry.home / "bundles" / made.digest[:12])
    write_report(registry.home, made.digest, gates)
    registry.register(directory, developer=developer, by=DEV)
    return made.digest


def approved(registry: Registry, seed: int = 0) -> str:
    """A model that is registered, validated and approved by three people."""
    digest = registered(registry, seed)
    registry.validate(digest, by=VAL)
    registry.approve(digest, by=APP)
    return digest


def promoted(registry: Registry, seed: int = 0, **more: Any) -> str:
    """A model in force."""
    digest = approved(registry, seed)
    registry.promote(digest, by=OWN, reason="first", **more)
    return digest
