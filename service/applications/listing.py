"""The list of applications in somebody's reach: filtered, newest first, page by page by an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from models.canonical import digest
from models.tables import BANK_ZONE
from service.applications import rows
from service.applications.application import Standing
from service.applications.beside import standings
from service.applications.commitments import cases_not_as_told
from service.applications.errors import CursorNotUnderstood
from service.applications.office import Office
from service.applications.rows import instant
from service.applications.transitions import State
from service.people import EVERYWHERE, Principal
from service.people.principal import SEES_EVERY_CASE_IN_SCOPE
from service.store.application_schema import APPLICATIONS

LOG = logging.getLogger(__name__)
LONGEST_PAGE = 200
C = APPLICATIONS.c


@dataclass(frozen=True)
class Filters:
    """What is looked for; None: anything. `search`: part of the enterprise's id or the purpose. Days are Beijing's."""

    enterprise_id: str | None = None
    state: State | None = None
    product: str | None = None
    officer: str | None = None
    branch: str | None = None
    park: str | None = None
    grade: str | None = None
    made_from: date | None = None
    made_to: date | None = None
    search: str | None = None

    @property
    def digest(self) -> str:
        """What binds a cursor to these filters."""
        return digest({name: None if value is None else str(value) for name, value in asdict(self).items()})[:16]


@dataclass(frozen=True)
class Page:
    """Some applications, and the cursor of the next page; None: that was all."""

    standings: tuple[Standing, ...]
    next: str | None
    not_as_told: tuple[str, ...] = ()  # left out: a row of theirs, or of a case beside them, was edited


def page(office: Office, caller: Principal, filters: Filters, size: int, cursor: str | None) -> Page:
    """One page. Ids sort by the moment they were made, so what is made meanwhile comes before the first page, never
    between two. Raises CursorNotUnderstood."""
    conditions = [in_reach(caller), *conditions_of(filters)]
    if cursor is not None:
        conditions.append(C.id < place_of(cursor, filters))
    chosen = select(APPLICATIONS).where(*conditions).order_by(C.id.desc()).limit(size + 1)
    with office.store.snapshot() as connection:
        found = [rows.application_of(row) for row in connection.execute(chosen)]
        edited = cases_not_as_told(connection, {one.id: one.enterprise_id for one in found[:size]})
        sound = [one for one in found[:size] if one.id not in edited]
        shown = standings(connection, sound, office.assessor.today(), caller)
    for name, why in edited.items():
        LOG.error("application %s is left out of a list: %s", name, why)
    return Page(tuple(shown), cursor_of(found[size - 1].id, filters) if len(found) > size else None, tuple(edited))


def in_reach(caller: Principal) -> ColumnElement[bool]:
    """The same rule as `Principal.sees`, for the database."""
    if EVERYWHERE in caller.branches:
        reach: ColumnElement[bool] = true()
    else:
        reach = C.branch.in_(sorted(caller.branches)) if caller.branches else false()
    if caller.parks and EVERYWHERE not in caller.parks:
        reach = and_(reach, C.park.in_(sorted(caller.parks)))
    if not caller.has(*SEES_EVERY_CASE_IN_SCOPE):
        reach = and_(reach, C.officer == caller.subject)
    return reach


def conditions_of(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters for the database."""
    equal = {
        C.enterprise_id: filters.enterprise_id,
        C.state: filters.state,
        C.product: filters.product,
        C.officer: filters.officer,
        C.branch: filters.branch,
        C.park: filters.park,
        C.grade: filters.grade,
    }
    found: list[ColumnElement[bool]] = [
        column == rows.printable(str(value)) for column, value in equal.items() if value is not None
    ]
    if filters.made_from is not None:
        found.append(C.created_at >= start_of(filters.made_from))
    if filters.made_to is not None:
        found.append(C.created_at < end_of(filters.made_to))
    if filters.search is not None:
        part = rows.printable(filters.search)
        found.append(or_(C.enterprise_id.contains(part, autoescape=True), C.purpose.contains(part, autoescape=True)))
    return found


def start_of(day: date) -> str:
    """The first moment of a day in Beijing, as it is kept; before all that is kept, where UTC has no such moment."""
    return "" if day == date.min else instant(datetime.combine(day, time(), BANK_ZONE))


def end_of(day: date) -> str:
    """The first moment after a day in Beijing, as it is kept; the last that there is after the last day."""
    return instant(datetime.max.replace(tzinfo=UTC)) if day == date.max else start_of(day + timedelta(days=1))


def cursor_of(last: str, filters: Filters) -> str:
    """The place after an application, for the same filters."""
    text = json.dumps({"after": last, "filters": filters.digest}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def place_of(cursor: str, filters: Filters) -> str:
    """The id that a cursor stands for. Raises CursorNotUnderstood."""
    try:
        found: Any = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        after, bound = str(found["after"]), found["filters"]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        after, bound = "", None
    if bound != filters.digest or not after.isascii() or not after.isprintable():
        raise CursorNotUnderstood(
            "the cursor is not of this list",
            field="cursor",
            expected="`next` of a page with the same filters, as it came",
            advice="begin again without a cursor",
        )
    return after
