"""Every record about a model is told to the ledger, in the transaction that keeps it: both are there or neither.

A promotion and a rollback are told to the bank's other systems as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select

from models.bundle import SIMULATED
from service.ledger import Draft, Entry, Kind, append_all, draft
from service.ledger.rows_told import row_told, with_rows
from service.outbox import Event, event_id, keep
from service.outbox.event import SOURCE
from service.outbox.keeping import NO_MODEL, OF_MODELS
from service.registry.records import Kind as RecordKind
from service.registry.records import Promoted, Record, Role, RolledBack
from service.store.schema import MODEL_RECORDS


def tell_ledger(
    connection: Connection, record: Record, source: str = SOURCE, also: Sequence[Draft] = ()
) -> Sequence[Entry]:
    """Append the entry that names a record by its digest, and `also` others after it.

    Last in the transaction: it locks the ledger's head.
    """
    moved = isinstance(record.content, Promoted | RolledBack)
    events = keep(connection, [promotion_event(connection, record, source)]) if moved else []
    kind = Kind.PROMOTION if moved else record.kind.value
    content = {"step": record.kind.value, "number": record.sequence, "record": record.digest}
    told = with_rows(content, [row_told(MODEL_RECORDS, record.row()), *events])
    entry = draft(kind, record.model or NO_MODEL, record.actor, told, at=record.at)
    return append_all(connection, [entry, *also])


def promotion_event(connection: Connection, record: Record, source: str) -> Event:
    """Which model took which role, in place of which; no person and no free text."""
    content = record.content
    assert isinstance(content, Promoted | RolledBack)  # noqa: S101
    promoted = isinstance(content, Promoted)
    return Event(
        id=event_id(record.model, record.sequence, record.kind.value),
        type="model.promoted" if promoted else "model.rolled_back",
        subject=OF_MODELS + content.scope,  # roles of one scope are told in order
        at=record.at,
        source=source,
        facts={
            "model": record.model,
            "role": (content.role if isinstance(content, Promoted) else Role.CHAMPION).value,
            "scope": content.scope,
            "replaces": content.replaces,
            "record": record.digest,
            "simulated": _simulated(connection, record.model),
        },
    )


def _simulated(connection: Connection, model: str) -> bool:
    """Whether any of the records or labels that the model was trained on were, as it was registered."""
    columns = MODEL_RECORDS.c
    query = select(columns.content).where(columns.kind == RecordKind.REGISTERED, columns.model == model)
    registered = [json.loads(text) for text in connection.execute(query).scalars()]
    return any(SIMULATED in (*one["data_origin"], one["label_origin"]) for one in registered)
