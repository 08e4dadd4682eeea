"""What the bank has committed itself to by applications: the lines, who must wait for whom, and the register of them.

A line is committed from its approval on, whether or not it can be drawn already:

    approved   through the last day on which the approval may become active
    active     through the last day of its tenor, counted from the day on which it became active
    frozen     until it is closed, whatever its tenor: something is wrong, and what was drawn may still be owed

Lines that were approved before applications knew their last day have none.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Connection, bindparam, func, select, union

from models.records.credit_line import CREDIT_LINE
from models.tables import BANK_ZONE
from service.applications import rows
from service.applications.application import Application
from service.applications.transitions import Action, State
from service.errors import RowNotAsTold
from service.ledger.entry import Kind
from service.ledger.reading import Chosen, not_as_told, require_as_told
from service.store import Store
from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATION_FILE_NAMES,
    APPLICATION_OVERRIDES,
    APPLICATIONS,
    OVERRIDE_WITHDRAWALS,
)
from service.store.schema import ASSESSMENTS

COMMITTED = (State.APPROVED, State.ACTIVE, State.FROZEN)
REPLACEABLE = (State.APPROVED, State.ACTIVE)
ORIGIN = "bank"
AT_ONCE = 500  # names in one statement
OF_A_LINE = (  # rows that say how a line stands
    Chosen(APPLICATIONS, APPLICATIONS.c.id),
    Chosen(
        APPLICATION_EVENTS,
        APPLICATION_EVENTS.c.application_id,
        APPLICATION_EVENTS.c.kind == rows.TRANSITION,
        lambda told: told.columns.get("kind") == rows.TRANSITION,
    ),
)
OF_A_CASE = (  # and what a person moved about it
    *OF_A_LINE,
    Chosen(APPLICATION_OVERRIDES, APPLICATION_OVERRIDES.c.application_id),
    Chosen(OVERRIDE_WITHDRAWALS, OVERRIDE_WITHDRAWALS.c.application_id),
)


OF_A_FILE = (  # everything that was written into a case
    Chosen(APPLICATION_EVENTS, APPLICATION_EVENTS.c.application_id),
    Chosen(APPLICATION_ATTACHMENTS, APPLICATION_ATTACHMENTS.c.application_id),
    Chosen(APPLICATION_FILE_NAMES, APPLICATION_FILE_NAMES.c.application_id),
)
OF_ITS_ASSESSMENTS = Chosen(APPLICATION_ASSESSMENTS, APPLICATION_ASSESSMENTS.c.application_id)


def is_committed(application: Application, today: date) -> bool:
    """Whether the line counts on a day."""
    if application.state not in COMMITTED:
        return False
    return application.state == State.FROZEN or application.ends_on is None or application.ends_on >= today


def committed(connection: Connection, enterprises: Collection[str], today: date) -> list[Application]:
    """The lines that count on a day of some enterprises, the oldest first."""
    found = of_enterprises(connection, enterprises, COMMITTED)
    return [one for one in found if is_committed(one, today)]


def of_enterprises(connection: Connection, enterprises: Collection[str], states: Sequence[State]) -> list[Application]:
    """The applications of some enterprises in some states, the oldest first."""
    found: list[Application] = []
    for names in _some(enterprises):
        chosen = select(APPLICATIONS).where(APPLICATIONS.c.enterprise_id.in_(names), APPLICATIONS.c.state.in_(states))
        found += [rows.application_of(row) for row in connection.execute(chosen)]
    return sorted(found, key=lambda one: one.id)


def require_cases_as_told(connection: Connection, enterprises: Collection[str], *also: str) -> None:
    """Refuse to decide beside cases of some enterprises, or `also` these cases, that were edited. Raises RowNotAsTold.

    Whatever their state: what was edited may be the state.
    """
    require_as_told(connection, {*also, *cases_of(connection, enterprises)}, *OF_A_CASE)


def cases_not_as_told(connection: Connection, cases: Mapping[str, str]) -> dict[str, RowNotAsTold]:
    """Which of some cases, by id with their enterprise, may not be shown as they stand, and why; for a snapshot.

    Its own row was edited, or that of a case of the same enterprise, which would be shown beside it.
    """
    names = sorted(set(cases.values()))
    edited = not_as_told(connection, {*cases, *cases_of(connection, names)}, *OF_A_CASE)
    if not edited:
        return {}
    beside = {name: [edited[one] for one in cases_of(connection, [name]) & edited.keys()] for name in names}
    said = {one: edited.get(one) or next(iter(beside[name]), None) for one, name in cases.items()}
    return {one: why for one, why in said.items() if why is not None}


def require_file_as_told(connection: Connection, application_id: str) -> None:
    """Refuse to give out what was written into a case where any of it was edited. Raises RowNotAsTold."""
    require_as_told(connection, [application_id], *OF_A_FILE, silent=(Kind.ACCESS.value,))


def cases_of(connection: Connection, enterprises: Collection[str]) -> set[str]:
    """The ids of the cases of some enterprises: by their own rows, and by the assessments that were made for them.

    A case whose row was moved to another enterprise, or is gone, is among them by its assessments.
    """
    found: set[str] = set()
    for names in _some(enterprises):
        own = select(APPLICATIONS.c.id).where(APPLICATIONS.c.enterprise_id.in_(names))
        assessed = (
            select(APPLICATION_ASSESSMENTS.c.application_id)
            .join(ASSESSMENTS, ASSESSMENTS.c.id == APPLICATION_ASSESSMENTS.c.assessment_id)
            .where(ASSESSMENTS.c.enterprise_id.in_(names))
        )
        found |= set(connection.execute(union(own, assessed)).scalars())
    return found


def hold_enterprises(connection: Connection, enterprises: Collection[str]) -> None:
    """Let nobody else commit anything to these enterprises until the transaction ends. SQLite has one writer anyway.

    Taken before any row is held and always in the same order, so that two who wait do not wait for each other.
    """
    if connection.dialect.name != "postgresql":
        return
    keys = {int.from_bytes(sha256(name.encode()).digest()[:8], signed=True) for name in enterprises}
    lock = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))
    for key in sorted(keys):
        connection.execute(lock, {"key": key})


def last_day(first: date, months: int) -> date:
    """The last day of a tenor: the same day so many months later, or the last of that month."""
    month = first.month - 1 + months
    year, month = first.year + month // 12, month % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def bank_day(moment: datetime) -> date:
    """The bank's calendar day of a moment."""
    return moment.astimezone(BANK_ZONE).date()


@dataclass(frozen=True)
class Line:
    """One version of a line as the register shows it."""

    enterprise_id: str
    line_no: str
    granted_on: date
    amount_fen: int
    drawn_from: date | None
    ends_on: date | None
    frozen: bool
    replaces: str | None
    closed_on: date | None
    known_at: datetime


def register(store: Store, enterprises: Collection[str] | None, without: str | None = None) -> pa.Table:
    """Every version of every line of some enterprises, or of all, as records; `without`: the application left out.

    Raises RowNotAsTold where a row of any of their cases is not as the ledger says, was moved away, or is gone.
    """
    found: list[dict[str, Any]] = []
    with store.snapshot() as connection:
        known = list(_cases(connection, enterprises))
        if enterprises is None:
            ids = {one.id for one in known}
            ids |= set(connection.execute(select(APPLICATION_ASSESSMENTS.c.application_id)).scalars())
        else:
            ids = cases_of(connection, enterprises)
        require_as_told(connection, ids, *OF_A_LINE)
        for application in known:
            if application.id == without or application.approved_fen is None:
                continue
            versions = list(versions_of(application, _steps(connection, application.id)))
            later = [one.known_at for one in versions[1:]]
            found += [
                {**vars(one), "superseded_at": following, "origin": ORIGIN}
                for one, following in zip(versions, [*later, None], strict=True)
            ]
    return pa.Table.from_pylist(found, schema=CREDIT_LINE.schema)


def drawn_from(connection: Connection, application: Application) -> date | None:
    """Since when a line, or what it replaced, can be drawn; None: not yet."""
    versions = list(versions_of(application, _steps(connection, application.id)))
    return versions[-1].drawn_from if versions else None


def versions_of(application: Application, steps: Iterable[rows.Event]) -> Iterator[Line]:
    """The versions of a line by the steps that its application took, from its approval on."""
    line: Line | None = None
    for step in steps:
        told, moment = step.content, datetime.fromisoformat(step.at)
        action, day, ends_on = told["action"], bank_day(moment), _day(told.get("ends_on"))
        if line is None:
            if action != Action.APPROVE or told["after"] != State.APPROVED:
                continue
            line = Line(
                enterprise_id=application.enterprise_id,
                line_no=application.id,
                granted_on=day,
                amount_fen=application.approved_fen or 0,
                drawn_from=None,
                ends_on=ends_on,
                frozen=False,
                replaces=application.replaces,
                closed_on=None,
                known_at=moment,
            )
        elif action == Action.ACTIVATE:
            line = replace(line, drawn_from=_day(told.get("drawn_from")) or day, ends_on=ends_on, known_at=moment)
        elif action in (Action.FREEZE, Action.UNFREEZE):
            line = replace(line, frozen=action == Action.FREEZE, known_at=moment)
        elif told["after"] == State.CLOSED:
            line = replace(line, closed_on=day, known_at=moment)
        yield line


def _some(enterprises: Collection[str]) -> Iterator[list[str]]:
    """The names a few at a time."""
    names = sorted(enterprises)
    for start in range(0, len(names), AT_ONCE):
        yield [rows.printable(name) for name in names[start : start + AT_ONCE]]


def _cases(connection: Connection, enterprises: Collection[str] | None) -> Iterator[Application]:
    every = select(APPLICATIONS).order_by(APPLICATIONS.c.id)
    some = [None] if enterprises is None else _some(enterprises)
    for names in some:
        chosen = every if names is None else every.where(APPLICATIONS.c.enterprise_id.in_(names))
        yield from [rows.application_of(row) for row in connection.execute(chosen)]


def _steps(connection: Connection, application_id: str) -> Iterator[rows.Event]:
    columns = APPLICATION_EVENTS.c
    chosen = select(APPLICATION_EVENTS).where(columns.application_id == application_id, columns.kind == rows.TRANSITION)
    for row in connection.execute(chosen.order_by(columns.number)):
        yield rows.Event(row.number, row.at, row.actor, row.kind, json.loads(row.content))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
