"""What the ledger tells of a subject."""

from __future__ import annotations

from sqlalchemy import Connection, select

from service.ledger.entry import Kind
from service.store.schema import LEDGER


def maker_of(connection: Connection, assessment_id: str) -> str | None:
    """Who asked for an assessment; None where it was kept before there was a ledger."""
    chosen = select(LEDGER.c.actor).where(LEDGER.c.subject == assessment_id, LEDGER.c.kind == Kind.ASSESSMENT)
    return connection.execute(chosen.order_by(LEDGER.c.sequence).limit(1)).scalar_one_or_none()
