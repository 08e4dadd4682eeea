"""Every record about a model is told to the ledger, in the transaction that keeps it: both are there or neither."""

from __future__ import annotations

from sqlalchemy import Connection

from service.ledger import Entry, Kind, append
from service.registry.records import Promoted, Record, RolledBack

MODELS = "models"  # subject of an entry about no model in particular


def tell_ledger(connection: Connection, record: Record) -> Entry:
    """Append the entry that names a record by its digest. Last in the transaction: it locks the ledger's head."""
    kind = Kind.PROMOTION if isinstance(record.content, Promoted | RolledBack) else record.kind.value
    content = {"step": record.kind.value, "number": record.sequence, "record": record.digest}
    return append(connection, kind, record.model or MODELS, record.actor, content, at=record.at)
