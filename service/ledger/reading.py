"""What the ledger tells of a subject."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, select, true

from service.errors import RowNotAsTold
from service.ledger.entry import Kind
from service.ledger.rows_told import RowTold, differences, row_told, rows_in, subject_of
from service.ledger.telling import TELLING, told_of
from service.store.schema import ASSESSMENTS, LEDGER

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


def require_as_told(
    connection: Connection,
    subjects: Collection[str],
    *chosen: Chosen,
    silent: Sequence[str] = NEVER_OF_STATE,
) -> None:
    """Refuse to work on rows that are not as the entries of their subjects told of them last. Raises RowNotAsTold.

    Otherwise the next entry would tell of an edited row as if it had been so by right, or a decision would stand on it.
    `silent`: kinds of entries that tell of none of the chosen rows.
    """
    names = sorted(subjects)
    for start in range(0, len(names), SUBJECTS_AT_ONCE):
        some = names[start : start + SUBJECTS_AT_ONCE]
        differing = _first_differing(connection, some, chosen, silent)
        while differing is not None:  # where others may write meanwhile, rows and entries are of one moment or another
            again = _first_differing(connection, some, chosen, silent)
            if again is not None and str(again) == str(differing):
                raise again
            differing = again


def not_as_told(connection: Connection, subjects: Collection[str], *chosen: Chosen) -> dict[str, RowNotAsTold]:
    """What is not as told, by the subject whose it is; the connection sees one moment (`Store.snapshot`)."""
    names = sorted(subjects)
    found: dict[str, RowNotAsTold] = {}
    for start in range(0, len(names), SUBJECTS_AT_ONCE):
        some = names[start : start + SUBJECTS_AT_ONCE]
        for row, refused in _differing(connection, some, chosen, NEVER_OF_STATE):
            found.setdefault(subject_of(row, ""), refused)
    return found


def require_assessment_as_told(connection: Connection, assessment_id: str) -> None:
    """Refuse to give out an assessment that is not as its entry told of it, byte for byte. Raises RowNotAsTold."""
    row = connection.execute(select(ASSESSMENTS).where(ASSESSMENTS.c.id == assessment_id)).one_or_none()
    entries = select(LEDGER.c.body).where(LEDGER.c.subject == assessment_id, LEDGER.c.kind.in_(TELLING))
    body = connection.execute(entries.order_by(LEDGER.c.sequence.desc()).limit(1)).scalar_one_or_none()
    stored = RowTold(ASSESSMENTS.name, (assessment_id,), {} if row is None else told_of(row))
    if row is None:
        raise _refused(stored, "it is gone", assessment_id, None)
    if body is None:
        raise _refused(stored, "no entry of the ledger tells of it", None, assessment_id)
    content = json.loads(bytes(body))["content"]
    for name, value in stored.columns.items():
        if content.get(name) != value:
            raise _refused(stored, f"its {name} is another", content.get(name), value)


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


def _first_differing(
    connection: Connection, subjects: Sequence[str], chosen: Sequence[Chosen], silent: Sequence[str]
) -> RowNotAsTold | None:
    return next((refused for _, refused in _differing(connection, subjects, chosen, silent)), None)


def _differing(
    connection: Connection, subjects: Sequence[str], chosen: Sequence[Chosen], silent: Sequence[str]
) -> Iterator[tuple[RowTold, RowNotAsTold]]:
    """The rows that are not as told, each with its first difference."""
    entries = select(LEDGER.c.body).where(LEDGER.c.subject.in_(subjects), LEDGER.c.kind.not_in(silent))
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
            yield row, _refused(row, "no entry of the ledger tells of it", None, " ".join(row.key))
            continue
        for column, expected, found in differences(known, row)[:1]:
            yield row, _refused(row, f"its {column} is another", expected, found)
    concerned = {one.table.name: one.concerns for one in chosen}
    for gone in told.values():
        if gone.table in concerned and concerned[gone.table](gone):
            yield gone, _refused(gone, "it is gone", " ".join(gone.key), None)


def _rows(connection: Connection, table: Table, *where: ColumnElement[bool]) -> Iterable[dict[str, object]]:
    return [dict(row) for row in connection.execute(select(table).where(*where)).mappings()]


def _refused(row: RowTold, why: str, expected: str | None, found: str | None) -> RowNotAsTold:
    return RowNotAsTold(
        f"a row of {row.table} is not as the ledger says, so nothing is done with it: {' '.join(row.key)}: {why}",
        expected=expected,
        found=found,
        advice="tell audit; `assetlight audit verify` names every difference",
    )
