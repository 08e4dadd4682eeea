"""Applications between rows and values. Whoever changes one holds its row until the transaction ends."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select, update

from models.policy.approval_rules import DOWN
from service.applications.application import Application, Approval, Exposure, Override, Withdrawal
from service.applications.transitions import State
from service.errors import RowNotAsTold
from service.ledger.rows_told import RowTold, row_told
from service.people import Principal
from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATION_FILE_NAMES,
    APPLICATION_OVERRIDES,
    APPLICATIONS,
    OVERRIDE_WITHDRAWALS,
)

TRANSITION = "transition"  # the kind of the events that tell of steps


@dataclass(frozen=True)
class Event:
    """One thing that happened to an application."""

    number: int
    at: str
    actor: str
    kind: str
    content: Mapping[str, Any]
    actor_name: str | None = None  # as the token had it then


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
    other_names: tuple[str, ...] = ()  # under which the same bytes were attached later

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the first one first."""
        return (self.name, *self.other_names)


def instant(moment: datetime) -> str:
    """A moment as it is kept: ISO 8601, UTC, microseconds: it sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def insert(connection: Connection, application: Application) -> list[RowTold]:
    """A new application; gives the rows for the ledger, as every function here that writes some does."""
    return [_added(connection, APPLICATIONS, _values(application)), _own_assessment(connection, application)]


def _own_assessment(connection: Connection, application: Application) -> RowTold:
    row = {"assessment_id": application.assessment_id, "application_id": application.id}
    return _added(connection, APPLICATION_ASSESSMENTS, row)


def _added(connection: Connection, table: Table, row: Mapping[str, Any]) -> RowTold:
    connection.execute(table.insert().values(row))
    return row_told(table, row)


def of_assessment(connection: Connection, assessment_id: str) -> Application | None:
    """The application that an assessment was made for, if any."""
    chosen = select(APPLICATIONS).join(
        APPLICATION_ASSESSMENTS, APPLICATION_ASSESSMENTS.c.application_id == APPLICATIONS.c.id
    )
    return _one(connection, chosen.where(APPLICATION_ASSESSMENTS.c.assessment_id == assessment_id))


def save(connection: Connection, application: Application, *, assessed: bool = False) -> list[RowTold]:
    """The next version of an application that `held` gave in this transaction; `assessed`: with another assessment."""
    statement = update(APPLICATIONS).where(
        APPLICATIONS.c.id == application.id, APPLICATIONS.c.version == application.version - 1
    )
    row = _values(application)
    changed = connection.execute(statement.values(row)).rowcount
    assert changed == 1, "the row is held, so nobody else can have changed it"  # noqa: S101
    told = [row_told(APPLICATIONS, row)]
    return [*told, _own_assessment(connection, application)] if assessed else told


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
    connection: Connection,
    application_id: str,
    kind: str,
    by: Principal,
    at: datetime,
    content: Mapping[str, Any],
) -> RowTold:
    """The next event of an application whose row the transaction holds."""
    last = select(func.coalesce(func.max(APPLICATION_EVENTS.c.number), 0)).where(
        APPLICATION_EVENTS.c.application_id == application_id
    )
    row = {
        "application_id": application_id,
        "number": connection.execute(last).scalar_one() + 1,
        "at": instant(at),
        "actor": by.subject,
        "kind": kind,
        "content": json.dumps(content, ensure_ascii=False),
        "actor_name": by.name,
    }
    return _added(connection, APPLICATION_EVENTS, row)


def events(connection: Connection, application_id: str, after: int, most: int) -> list[Event]:
    """What happened, in order, from a number on."""
    chosen = (
        select(APPLICATION_EVENTS)
        .where(APPLICATION_EVENTS.c.application_id == application_id, APPLICATION_EVENTS.c.number > after)
        .order_by(APPLICATION_EVENTS.c.number)
        .limit(most)
    )
    return [
        Event(row.number, row.at, row.actor, row.kind, json.loads(row.content), row.actor_name)
        for row in connection.execute(chosen)
    ]


def add_override(connection: Connection, override: Override) -> RowTold:
    """A new override."""
    facts = {**asdict(override), "at": instant(override.at), "expires_on": override.expires_on.isoformat()}
    del facts["withdrawn"]
    return _added(connection, APPLICATION_OVERRIDES, facts)


def add_withdrawal(connection: Connection, withdrawal: Withdrawal) -> RowTold:
    """An override ends before its day."""
    return _added(connection, OVERRIDE_WITHDRAWALS, {**asdict(withdrawal), "at": instant(withdrawal.at)})


def overrides(connection: Connection, application_ids: Sequence[str]) -> dict[str, list[Override]]:
    """The overrides of some applications, the first made first."""
    found: dict[str, list[Override]] = {one: [] for one in application_ids}
    ended = {f"{column.name}_withdrawn": column for column in OVERRIDE_WITHDRAWALS.columns}
    chosen = (
        select(APPLICATION_OVERRIDES, *(column.label(name) for name, column in ended.items()))
        .join_from(
            APPLICATION_OVERRIDES,
            OVERRIDE_WITHDRAWALS,
            OVERRIDE_WITHDRAWALS.c.override_id == APPLICATION_OVERRIDES.c.id,
            isouter=True,
        )
        .where(APPLICATION_OVERRIDES.c.application_id.in_(application_ids))
    )
    for row in connection.execute(chosen.order_by(APPLICATION_OVERRIDES.c.id)):
        found[row.application_id].append(override_of(row))
    return found


@dataclass(frozen=True)
class Lowered:
    """Something that was lowered for an enterprise and stands, with whose case it was lowered on."""

    enterprise_id: str
    product: str
    officer: str
    branch: str
    park: str | None
    override: Override


def downward_overrides(connection: Connection, enterprises: Collection[str], today: date) -> list[Lowered]:
    """What was lowered for some enterprises and stands."""
    columns, of = APPLICATION_OVERRIDES.c, APPLICATIONS.c
    chosen = (
        select(of.enterprise_id, of.product, of.officer, of.branch, of.park, columns.application_id, columns.id)
        .join_from(APPLICATION_OVERRIDES, APPLICATIONS, of.id == columns.application_id)
        .where(of.enterprise_id.in_(enterprises), columns.direction == DOWN, columns.expires_on >= today.isoformat())
    )
    standing = connection.execute(chosen).all()
    found = overrides(connection, sorted({row.application_id for row in standing})) if standing else {}
    by_id = {one.id: one for some in found.values() for one in some}
    return [
        Lowered(row.enterprise_id, row.product, row.officer, row.branch, row.park, by_id[row.id])
        for row in standing
        if by_id[row.id].withdrawn is None
    ]


def override_of(row: Row[Any]) -> Override:
    """One override, with its withdrawal."""
    facts = {column.name: getattr(row, column.name) for column in APPLICATION_OVERRIDES.columns}
    facts["at"] = datetime.fromisoformat(facts["at"])
    facts["expires_on"] = date.fromisoformat(facts["expires_on"])
    ended = {column.name: getattr(row, f"{column.name}_withdrawn") for column in OVERRIDE_WITHDRAWALS.columns}
    if ended["override_id"] is not None:
        facts["withdrawn"] = Withdrawal(**{**ended, "at": datetime.fromisoformat(ended["at"])})
    return Override(**facts)


def add_attachment(connection: Connection, attachment: Attachment) -> RowTold | None:
    """A new attachment, or a new name of one; None where the case has that file under that name already."""
    known = attachment_of(connection, attachment.application_id, attachment.sha256)
    facts = {name: value for name, value in vars(attachment).items() if name != "other_names"}
    if known is None:
        return _added(connection, APPLICATION_ATTACHMENTS, facts)
    if attachment.name in known.names:
        return None
    return _added(
        connection, APPLICATION_FILE_NAMES, {column.name: facts[column.name] for column in APPLICATION_FILE_NAMES.c}
    )


def attachment_of(connection: Connection, application_id: str, sha256: str) -> Attachment | None:
    """One attachment of a case."""
    wanted = printable(sha256)
    return next((one for one in _attachments(connection, application_id, wanted)), None)


def attachments(connection: Connection, application_id: str) -> list[Attachment]:
    """Every attachment of a case, the first one first."""
    return _attachments(connection, application_id)


def _attachments(connection: Connection, application_id: str, sha256: str | None = None) -> list[Attachment]:
    files, further = APPLICATION_ATTACHMENTS.c, APPLICATION_FILE_NAMES.c
    chosen = select(APPLICATION_ATTACHMENTS).where(files.application_id == application_id)
    names = select(further.sha256, further.name).where(further.application_id == application_id)
    if sha256 is not None:
        chosen, names = chosen.where(files.sha256 == sha256), names.where(further.sha256 == sha256)
    others: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(names.order_by(further.at, further.name)):
        others[row.sha256] = (*others.get(row.sha256, ()), row.name)
    return [
        Attachment(**row, other_names=others.get(row["sha256"], ()))
        for row in connection.execute(chosen.order_by(files.at, files.sha256)).mappings()
    ]


def application_of(row: Row[Any]) -> Application:
    """One application. Raises RowNotAsTold where the row holds what was never written."""
    facts = dict(row._mapping)  # noqa: SLF001
    try:
        return _application(facts)
    except (ValueError, TypeError) as unreadable:
        raise RowNotAsTold(
            f"a row of applications is not as the ledger says, so nothing is done with it: {row.id}: {unreadable}",
            advice="tell audit; `assetlight audit verify` names every difference",
        ) from None


def _application(facts: dict[str, Any]) -> Application:
    facts["state"] = State(facts["state"])
    facts["created_at"] = datetime.fromisoformat(facts["created_at"])
    facts["updated_at"] = datetime.fromisoformat(facts["updated_at"])
    facts["as_of"] = date.fromisoformat(facts["as_of"])
    facts["approvals"] = tuple(Approval(**one) for one in json.loads(facts["approvals"]))
    facts["ends_on"] = None if facts["ends_on"] is None else date.fromisoformat(facts["ends_on"])
    facts["exposure"] = Exposure() if facts["exposure"] is None else Exposure(**json.loads(facts["exposure"]))
    return Application(**facts)


def _values(application: Application) -> dict[str, Any]:
    facts = {**vars(application)}
    facts["state"] = application.state.value
    facts["created_at"], facts["updated_at"] = instant(application.created_at), instant(application.updated_at)
    facts["as_of"] = application.as_of.isoformat()
    facts["approvals"] = json.dumps([asdict(one) for one in application.approvals])
    facts["ends_on"] = None if application.ends_on is None else application.ends_on.isoformat()
    facts["exposure"] = json.dumps(vars(application.exposure))
    return facts
