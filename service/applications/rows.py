"""Applications between rows and values. Whoever changes one holds its row until the transaction ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from service.applications.application import Application, Approval, Override
from service.applications.transitions import State
from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATION_OVERRIDES,
    APPLICATIONS,
)


@dataclass(frozen=True)
class Event:
    """One thing that happened to an application."""

    number: int
    at: str
    actor: str
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Attachment:
    """A file of a case by its SHA-256; the bytes lie outside the database."""

    application_id: str
    sha256: str
    name: str
    media_type: str
    size: int
    at: str
    actor: str


def instant(moment: datetime) -> str:
    """A moment as it is kept: ISO 8601, UTC, microseconds: it sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def insert(connection: Connection, application: Application) -> None:
    """A new application."""
    connection.execute(APPLICATIONS.insert().values(_values(application)))
    _own_assessment(connection, application)


def _own_assessment(connection: Connection, application: Application) -> None:
    row = {"assessment_id": application.assessment_id, "application_id": application.id}
    connection.execute(APPLICATION_ASSESSMENTS.insert().values(row))


def of_assessment(connection: Connection, assessment_id: str) -> Application | None:
    """The application that an assessment was made for, if any."""
    chosen = select(APPLICATIONS).join(
        APPLICATION_ASSESSMENTS, APPLICATION_ASSESSMENTS.c.application_id == APPLICATIONS.c.id
    )
    return _one(connection, chosen.where(APPLICATION_ASSESSMENTS.c.assessment_id == assessment_id))


def save(connection: Connection, application: Application, *, assessed: bool = False) -> None:
    """The next version of an application that `held` gave in this transaction; `assessed`: with another assessment."""
    statement = update(APPLICATIONS).where(
        APPLICATIONS.c.id == application.id, APPLICATIONS.c.version == application.version - 1
    )
    changed = connection.execute(statement.values(_values(application))).rowcount
    assert changed == 1, "the row is held, so nobody else can have changed it"  # noqa: S101
    if assessed:
        _own_assessment(connection, application)


def held(connection: Connection, application_id: str) -> Application | None:
    """The application, locked until the transaction ends: on PostgreSQL its row, on SQLite everything is."""
    return _one(
        connection, select(APPLICATIONS).where(APPLICATIONS.c.id == printable(application_id)).with_for_update()
    )


def read(connection: Connection, application_id: str) -> Application | None:
    """The application as it was last committed."""
    return _one(connection, select(APPLICATIONS).where(APPLICATIONS.c.id == printable(application_id)))


def _one(connection: Connection, chosen: Select[Any]) -> Application | None:
    row = connection.execute(chosen).one_or_none()
    return None if row is None else application_of(row)


def printable(text: str) -> str:
    """A text that a database can be asked for; PostgreSQL refuses a NUL, and nothing we keep has one."""
    return text.replace("\0", "\ufffd")


def add_event(
    connection: Connection, application_id: str, kind: str, actor: str, at: datetime, content: Mapping[str, Any]
) -> None:
    """The next event of an application whose row the transaction holds."""
    last = select(func.coalesce(func.max(APPLICATION_EVENTS.c.number), 0)).where(
        APPLICATION_EVENTS.c.application_id == application_id
    )
    connection.execute(
        APPLICATION_EVENTS.insert().values(
            application_id=application_id,
            number=connection.execute(last).scalar_one() + 1,
            at=instant(at),
            actor=actor,
            kind=kind,
            content=json.dumps(content, ensure_ascii=False),
        )
    )


def events(connection: Connection, application_id: str, after: int, most: int) -> list[Event]:
    """What happened, in order, from a number on."""
    chosen = (
        select(APPLICATION_EVENTS)
        .where(APPLICATION_EVENTS.c.application_id == application_id, APPLICATION_EVENTS.c.number > after)
        .order_by(APPLICATION_EVENTS.c.number)
        .limit(most)
    )
    return [
        Event(row.number, row.at, row.actor, row.kind, json.loads(row.content)) for row in connection.execute(chosen)
    ]


def add_override(connection: Connection, override: Override) -> None:
    """A new override."""
    facts = {**asdict(override), "at": instant(override.at), "expires_on": override.expires_on.isoformat()}
    connection.execute(APPLICATION_OVERRIDES.insert().values(facts))


def overrides(connection: Connection, application_ids: Sequence[str]) -> dict[str, list[Override]]:
    """The overrides of some applications, the first made first."""
    found: dict[str, list[Override]] = {one: [] for one in application_ids}
    chosen = select(APPLICATION_OVERRIDES).where(APPLICATION_OVERRIDES.c.application_id.in_(application_ids))
    for row in connection.execute(chosen.order_by(APPLICATION_OVERRIDES.c.id)):
        found[row.application_id].append(override_of(row))
    return found


def override_of(row: Row[Any]) -> Override:
    """One override."""
    facts = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's name for the row as a mapping
    facts["at"] = datetime.fromisoformat(facts["at"])
    facts["expires_on"] = date.fromisoformat(facts["expires_on"])
    return Override(**facts)


def add_attachment(connection: Connection, attachment: Attachment) -> bool:
    """A new attachment; False where the case has that file already."""
    if attachment_of(connection, attachment.application_id, attachment.sha256) is not None:
        return False
    connection.execute(APPLICATION_ATTACHMENTS.insert().values(asdict(attachment)))
    return True


def attachment_of(connection: Connection, application_id: str, sha256: str) -> Attachment | None:
    """One attachment of a case."""
    columns = APPLICATION_ATTACHMENTS.c
    row = connection.execute(
        select(APPLICATION_ATTACHMENTS).where(
            columns.application_id == application_id, columns.sha256 == printable(sha256)
        )
    ).one_or_none()
    return None if row is None else Attachment(**row._mapping)  # noqa: SLF001


def attachments(connection: Connection, application_id: str) -> list[Attachment]:
    """Every attachment of a case, the first one first."""
    columns = APPLICATION_ATTACHMENTS.c
    chosen = select(APPLICATION_ATTACHMENTS).where(columns.application_id == application_id)
    return [Attachment(**row._mapping) for row in connection.execute(chosen.order_by(columns.at, columns.sha256))]  # noqa: SLF001


def application_of(row: Row[Any]) -> Application:
    """One application."""
    facts = dict(row._mapping)  # noqa: SLF001
    facts["state"] = State(facts["state"])
    facts["created_at"] = datetime.fromisoformat(facts["created_at"])
    facts["updated_at"] = datetime.fromisoformat(facts["updated_at"])
    facts["as_of"] = date.fromisoformat(facts["as_of"])
    facts["approvals"] = tuple(Approval(**one) for one in json.loads(facts["approvals"]))
    return Application(**facts)


def _values(application: Application) -> dict[str, Any]:
    facts = {**vars(application)}
    facts["state"] = application.state.value
    facts["created_at"], facts["updated_at"] = instant(application.created_at), instant(application.updated_at)
    facts["as_of"] = application.as_of.isoformat()
    facts["approvals"] = json.dumps([asdict(one) for one in application.approvals])
    return facts
