"""A small ledger with real assessments, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from models.canonical import canonical_json
from service.assessing import Question
from service.bootstrap import Service, build
from service.ledger import Kind, append
from service.recording import asked_of
from service.settings import read_settings
from service.store import Assessment
from tests.service.conftest import AS_OF, still_clock


def assess(service: Service, enterprise: str) -> Assessment:
    """Assess a stored enterprise as the API does."""
    moment = service.clock()
    made = service.assessor.made(Question(enterprise, AS_OF))
    kept = Assessment(
        id=service.new_id(moment),
        created_at=moment,
        enterprise_id=enterprise,
        as_of=AS_OF,
        decision_id=made.decision.decision_id,
        decision=made.content,
        request=canonical_json(asked_of(enterprise, AS_OF, None, None)),
    )
    service.recorder.keep(made, kept, "tester")
    return kept


@pytest.fixture
def bank(stocked: Path, database_url: str) -> Iterator[Service]:
    """Entries 1 to 7: the policy, three assessments, a reading, a transition, an assessment."""
    service = build(read_settings(home=stocked, database_url=database_url), still_clock)
    made = [assess(service, enterprise) for enterprise in ("E1", "E2", "E3")]
    service.recorder.accessed(made[1].id, "read", "auditor", service.clock())
    with service.store.writing() as connection:
        append(connection, Kind.TRANSITION, "case-1", "officer", {"to": "approved"}, at=service.clock())
    assess(service, "E4")
    yield service
    service.close()


def without_triggers(connection: Connection) -> None:
    """What somebody does who owns the database and wants to change it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    for name in names:
        connection.execute(text(f"DROP TRIGGER {name}"))
