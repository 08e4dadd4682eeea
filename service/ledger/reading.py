"""What the ledger tells of a subject."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Table, select

from service.errors import RowNotAsTold
from service.ledger.entry import Kind
from service.ledger.rows_told import RowTold, differences, row_told, rows_in
from service.store.schema import LEDGER

NEVER_OF_STATE = (Kind.ACCESS.value, "comment", "attachment")  # kinds of entries that say nothing of how a case stands


def maker_of(connection: Connection, assessment_id: str) -> str | None:
    """Who asked for an assessment; None where it was kept before there was a ledger."""
    chosen = select(LEDGER.c.actor).where(LEDGER.c.subject == assessment_id, LEDGER.c.kind == Kind.ASSESSMENT)
    return connection.execute(chosen.order_by(LEDGER.c.sequence).limit(1)).scalar_one_or_none()


def require_as_told(connection: Connection, subject: str, *chosen: tuple[Table, ColumnElement[bool]]) -> None:
    """Refuse to work on rows that are not as the entries of their subject told of them last. Raises RowNotAsTold.

    Otherwise the next entry would tell of an edited row as if it had been so by right.
    """
    stored = [row_told(table, row) for table, where in chosen for row in _rows(connection, table, where)]
    entries = select(LEDGER.c.body).where(LEDGER.c.subject == subject, LEDGER.c.kind.not_in(NEVER_OF_STATE))
    bodies = connection.execute(entries.order_by(LEDGER.c.sequence)).scalars()
    told = {(one.table, one.key): one for body in bodies for one in rows_in(json.loads(bytes(body))["content"])}
    for row in stored:
        known = told.pop((row.table, row.key), None)
        if known is None:
            raise _refused(row, "no entry of the ledger tells of it", None, " ".join(row.key))
        for column, expected, found in differences(known, row):
            raise _refused(row, f"its {column} is another", expected, found)
    names = {table.name for table, _ in chosen}
    for gone in (one for one in told.values() if one.table in names):
        raise _refused(gone, "it is gone", " ".join(gone.key), None)


def _rows(connection: Connection, table: Table, where: ColumnElement[bool]) -> Iterable[dict[str, object]]:
    return [dict(row) for row in connection.execute(select(table).where(where)).mappings()]


def _refused(row: RowTold, why: str, expected: str | None, found: str | None) -> RowNotAsTold:
    return RowNotAsTold(
        f"a row of {row.table} is not as the ledger says, so nothing is done with it: {why}",
        expected=expected,
        found=found,
        advice="tell audit; `assetlight audit verify` names every difference",
    )
