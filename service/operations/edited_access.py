"""API keys and event subscriptions that somebody edited in the database: nobody is let in or told by them."""

from __future__ import annotations

from sqlalchemy import Connection, select, union

from service.ledger import Kind
from service.ledger.reading import not_as_told
from service.outbox.subscriptions import OF_A_SUBSCRIPTION
from service.people.keys import OF_A_KEY
from service.store.schema import LEDGER


def access_not_as_told(connection: Connection) -> list[tuple[str, str, str]]:
    """Table, id and why of each, those that are gone included; for a snapshot."""
    found = []
    for chosen, kind in ((OF_A_KEY, Kind.API_KEY), (OF_A_SUBSCRIPTION, Kind.SUBSCRIPTION)):
        entries = select(LEDGER.c.subject).where(LEDGER.c.kind == kind)
        subjects = set(connection.execute(union(select(chosen.subject), entries)).scalars())
        edited = not_as_told(connection, subjects, chosen)
        found += [(chosen.table.name, row, why.problem) for row, why in sorted(edited.items())]
    return found
