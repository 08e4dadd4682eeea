"""Assessments that were kept before there was a ledger: each gets an entry that says what it was when it was found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, inspect, select

from service.ledger.appending import append_all
from service.ledger.entry import Kind, draft
from service.ledger.verifying import TELLING, told_of
from service.store.schema import ASSESSMENTS, LEDGER

ADOPTER = "system:upgrade"
ROWS_AT_ONCE = 500


def adopt(connection: Connection, *, at: datetime) -> int:
    """Give every assessment without an entry one, in the transaction of the upgrade; gives their number.

    What it was made from is not known any more: a replay of it stands on the records that are stored now.
    """
    if not inspect(connection).has_table(LEDGER.name):
        return 0
    adopted, last = 0, ""
    told = select(LEDGER.c.subject).where(LEDGER.c.kind.in_(TELLING))
    while True:
        untold = select(ASSESSMENTS).where(ASSESSMENTS.c.id > last, ASSESSMENTS.c.id.not_in(told))
        rows = connection.execute(untold.order_by(ASSESSMENTS.c.id).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return adopted
        append_all(connection, [draft(Kind.ADOPTED, row.id, ADOPTER, told_of(row), at=at) for row in rows])
        adopted, last = adopted + len(rows), rows[-1].id
