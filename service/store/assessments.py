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


class AssessmentStore:
    """The kept assessments. Safe to use from several threads: every call takes its own connection."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, assessment: Assessment) -> None:
        """Append one assessment; when this returns it is on the disk. StoreUnusable when it cannot be written."""
        row = {
            "id": assessment.id,
            "created_at": assessment.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "enterprise_id": assessment.enterprise_id,
            "as_of": assessment.as_of.isoformat(),
            "decision_id": assessment.decision_id,
            "decision": assessment.decision,
            "request": assessment.request,
        }
        try:
            with self._store.writing() as connection:
                connection.execute(ASSESSMENTS.insert().values(row))
        except SQLAlchemyError as refusal:
            raise StoreUnusable(
                "the assessment could not be kept, so it was not made",
                found=reason(refusal),
                advice="check the disk of the data directory, then ask again",
            ) from None

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

    def count(self) -> int:
        """How many assessments are kept; also the readiness check of the store."""
        try:
            with self._store.reading() as connection:
                return int(connection.execute(select(func.count()).select_from(ASSESSMENTS)).scalar_one())
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the store cannot be read", found=reason(refusal)) from None
