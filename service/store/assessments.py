"""Assessments as they were made. Appended, read by id; never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service.errors import AssessmentNotFound, StoreUnusable
from service.store.engine import reason
from service.store.opening import Store
from service.store.schema import ASSESSMENTS


@dataclass(frozen=True)
class Assessment:
    """One decision with the question that it answers. `decision` and `request` are canonical JSON bytes."""

    id: str
    created_at: datetime
    enterprise_id: str
    as_of: date
    decision_id: str
    decision: bytes
    request: bytes


def assessment_row(assessment: Assessment) -> tuple[str | bytes, ...]:
    """The row of the table `assessments`. It is written together with its entry in the ledger, never without."""
    return (
        assessment.id,
        assessment.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        assessment.enterprise_id,
        assessment.as_of.isoformat(),
        assessment.decision_id,
        assessment.decision,
        assessment.request,
    )


class AssessmentStore:
    """The kept assessments, to read. Safe to use from several threads: every call takes its own connection."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, assessment_id: str) -> Assessment:
        """The assessment with that id; AssessmentNotFound."""
        with self._store.reading() as connection:
            row = connection.execute(select(ASSESSMENTS).where(ASSESSMENTS.c.id == assessment_id)).one_or_none()
        if row is None:
            raise AssessmentNotFound(
                "no assessment with this id is kept",
                expected="an id that POST /v1/assessments returned",
                found=assessment_id,
                field="assessment_id",
            )
        return Assessment(
            id=row.id,
            created_at=datetime.fromisoformat(row.created_at),
            enterprise_id=row.enterprise_id,
            as_of=date.fromisoformat(row.as_of),
            decision_id=row.decision_id,
            decision=bytes(row.decision),
            request=bytes(row.request),
        )

    def named(self, decision_id: str) -> Assessment | None:
        """The first assessment that made the decision of that id, or None."""
        query = select(ASSESSMENTS.c.id).where(ASSESSMENTS.c.decision_id == decision_id).order_by(ASSESSMENTS.c.id)
        with self._store.reading() as connection:
            found = connection.execute(query.limit(1)).scalar_one_or_none()
        return None if found is None else self.get(found)

    def count(self) -> int:
        """How many assessments are kept; also the readiness check of the store."""
        try:
            with self._store.reading() as connection:
                return int(connection.execute(select(func.count()).select_from(ASSESSMENTS)).scalar_one())
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the store cannot be read", found=reason(refusal)) from None
