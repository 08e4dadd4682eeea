"""Who trades with whom: the enterprises within some steps of others, found in the stored invoices of both sides."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from models.tables import Source, Tables
from models.tables.engine import session

STEPS = 2  # as far as the features of the network look: a cycle of five enterprises lies within two steps of each
KINDS_READ = ("invoice", "relation", "risk_event")


def trading_within(invoices: Source, enterprises: Collection[str], steps: int = STEPS) -> set[str]:
    """The parties within some steps of the enterprises, these left out: named in their books, or naming them in theirs.

    Parties without books of their own are among them. Whether an invoice was visible on some day is not asked here: the
    neighbourhood may be too large, never too small. Each step reads two columns of every invoice once.
    """
    reached = set(enterprises)
    front = sorted(reached)
    with session() as connection:
        Tables({"invoice": invoices}).attach(connection)
        for _ in range(steps):
            connection.register("front", pa.table({"party": pa.array(front, pa.string())}))
            found = connection.execute(
                "SELECT counterparty_id FROM invoice WHERE enterprise_id IN (SELECT party FROM front) UNION "
                "SELECT enterprise_id FROM invoice WHERE counterparty_id IN (SELECT party FROM front)"
            ).fetchall()
            front = sorted({str(party) for (party,) in found} - reached)
            reached.update(front)
    return reached - set(enterprises)
