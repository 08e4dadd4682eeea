"""What the ledger holds of one assessment: the entry, and everything that the decision was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from models.bundle import Bundle
from models.policy import Policy
from models.tables import Tables
from service.inputs.files import kept_bundle, kept_policy
from service.inputs.rows import kept_tables
from service.ledger import Entry, Kind, read_contents
from service.store import Store
from service.store.schema import LEDGER


@dataclass(frozen=True)
class Evidence:
    """The kept inputs of an assessment. Reading them raises ContentMissing, ContentAltered."""

    store: Store
    entry: Entry

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Contents by SHA-256."""
        with self.store.reading() as connection:
            return read_contents(connection, names)

    def tables(self) -> Tables:
        """The rows of the enterprise and of those around it that were visible on the day."""
        return kept_tables(self._manifest("rows"), self.read, str(self.entry.content["enterprise_id"]))

    def bundle(self) -> Bundle:
        """The model. Raises BundleCorrupt where this release cannot read it."""
        return kept_bundle(self._manifest("bundle"), self.read)

    def policy(self) -> Policy:
        """The policy. Raises PolicyFileInvalid where this release cannot read it."""
        return kept_policy(
            self._manifest("policy"), date.fromisoformat(str(self.entry.content["policy_on"])), self.read
        )

    def _manifest(self, part: str) -> bytes:
        name = str(self.entry.content[part])
        return self.read([name])[name]


def evidence_of(store: Store, assessment_id: str) -> Evidence | None:
    """The evidence of an assessment; None where it was made before there was a ledger."""
    query = select(LEDGER).where(LEDGER.c.subject == assessment_id, LEDGER.c.kind == Kind.ASSESSMENT)
    with store.reading() as connection:
        row = connection.execute(query.order_by(LEDGER.c.sequence).limit(1)).one_or_none()
    if row is None:
        return None
    entry = Entry(
        sequence=row.sequence,
        kind=row.kind,
        subject=row.subject,
        actor=row.actor,
        at=row.at,
        body=bytes(row.body),
        previous=row.previous,
        hash=row.hash,
    )
    return Evidence(store, entry)
