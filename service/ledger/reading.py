"""What the ledger tells of a subject."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, select, true

from service.errors import RowNotAsTold
from service.ledger.entry import Kind
from service.ledger.rows_told import RowTold, differences, row_told, rows_in
from service.store.schema import LEDGER

NEVER_OF_STATE = (Kind.ACCESS.value, "comment", "attachment")  # kinds of entries that say nothing of how a case stands

SUBJECTS_AT_ONCE = 500


@dataclass(frozen=True)
class Chosen:
    """Rows of a table to compare, by whose entries tell of them; `where`: which of those, `concerns`: of the told."""

    table: Table
    subject: Column[str]
    where: ColumnElement[bool] = true()  # noqa: RUF009
    concerns: Callable[[RowTold], bool] = lambda _told: True


def maker_of(connection: Connection, assessment_id: str) -> str | None:
    """Who asked for an assessment; None where it was kept before there was a ledger."""
    chosen = select(LEDGER.c.actor).where(LEDGER.c.subject == assessment_id, LEDGER.c.kind == Kind.ASSESSMENT)
    return connection.execute(chosen.order_by(LEDGER.c.sequence).limit(1)).scalar_one_or_none()


def require_as_told(connection: Connection, subjects: Collection[str], *chosen: Chosen) -> None:
    """Refuse to work on rows that are not as the entries of their subjects told of them last. Raises RowNotAsTold.

    Otherwise the next entry would tell of an edited row as if it had been so by right, or a decision would stand on it.
    """
    names = sorted(subjects)
    for start in range(0, len(names), SUBJECTS_AT_ONCE):
        some = names[start : start + SUBJECTS_AT_ONCE]
        differing = _differing(connection, some, chosen)
        while differing is not None:  # where others may write meanwhile, rows and entries are of one moment or another
            again = _differing(connection, some, chosen)
            if again is not None and str(again) == str(differing):
                raise again
            differing = again


def require_row_as_told(connection: Connection, stored: RowTold, subjects: Collection[str]) -> None:
    """Refuse to give out a row that is not as the entries of some subjects told of it last. Raises RowNotAsTold."""
    known = last_told(connection, stored, subjects)
    if known is None:
        raise _refused(stored, "no entry of the ledger tells of it", None, " ".join(stored.key))
    for column, expected, found in differences(known, stored):
        raise _refused(stored, f"its {column} is another", expected, found)


def last_told(connection: Connection, stored: RowTold, subjects: Collection[str]) -> RowTold | None:
    """How the latest entry that tells of a row says that it is."""
    entries = select(LEDGER.c.body).where(LEDGER.c.subject.in_(sorted(subjects)), LEDGER.c.kind != Kind.ACCESS)
    for body in connection.execute(entries.order_by(LEDGER.c.sequence.desc())).scalars():
        for one in rows_in(json.loads(bytes(body))["content"]):
            if (one.table, one.key) == (stored.table, stored.key):
                return one
    return None


def _differing(connection: Connection, subjects: Sequence[str], chosen: Sequence[Chosen]) -> RowNotAsTold | None:
    """The first row that is not as told."""
    entries = select(LEDGER.c.body).where(LEDGER.c.subject.in_(subjects), LEDGER.c.kind.not_in(NEVER_OF_STATE))
    stored = [
        row_told(one.table, row)
        for one in chosen
        for row in _rows(connection, one.table, one.subject.in_(subjects), one.where)
    ]
    bodies = connection.execute(entries.order_by(LEDGER.c.sequence)).scalars()
    told = {(one.table, one.key): one for body in bodies for one in rows_in(json.loads(bytes(body))["content"])}
    for row in stored:
        known = told.pop((row.table, row.key), None)
        if known is None:
            return _refused(row, "no entry of the ledger tells of it", None, " ".join(row.key))
        for column, expected, found in differences(known, row):
            return _refused(row, f"its {column} is another", expected, found)
    concerned = {one.table.name: one.concerns for one in chosen}
    for gone in told.values():
        if gone.table in concerned and concerned[gone.table](gone):
            return _refused(gone, "it is gone", " ".join(gone.key), None)
    return None


def _rows(connection: Connection, table: Table, *where: ColumnElement[bool]) -> Iterable[dict[str, object]]:
    return [dict(row) for row in connection.execute(select(table).where(*where)).mappings()]


def _refused(row: RowTold, why: str, expected: str | None, found: str | None) -> RowNotAsTold:
    return RowNotAsTold(
        f"a row of {row.table} is not as the ledger says, so nothing is done with it: {' '.join(row.key)}: {why}",
        expected=expected,
        found=found,
        advice="tell audit; `assetlight audit verify` names every difference",
    )
