"""Whose assessments a caller may see: those of applications in reach, its own, and all of them with every branch."""

from __future__ import annotations

from service.applications import rows
from service.applications.commitments import OF_A_CASE, OF_ITS_ASSESSMENTS
from service.bootstrap import Service
from service.errors import AssessmentNotFound
from service.ledger.reading import maker_of, require_as_told, require_assessment_as_told
from service.people import EVERYWHERE, Principal
from service.people.principal import SEES_EVERY_CASE_IN_SCOPE
from service.store import Assessment


def assessment_in_reach(service: Service, caller: Principal, assessment_id: str) -> Assessment:
    """The assessment, and the case by which it is in reach, as the ledger says.

    Raises AssessmentNotFound, the same where it is another's, RowNotAsTold.
    """
    if not assessment_id.isprintable():  # PostgreSQL cannot even be asked for a NUL
        raise not_found(assessment_id)
    kept = service.assessments.get(assessment_id)
    with service.store.snapshot() as connection:
        application = rows.of_assessment(connection, assessment_id)
        if application is not None:
            seen = caller.sees(owner=application.officer, branch=application.branch, park=application.park)
        else:
            everywhere = EVERYWHERE in caller.branches and not caller.parks and caller.has(*SEES_EVERY_CASE_IN_SCOPE)
            seen = everywhere or maker_of(connection, assessment_id) == caller.subject
        if not seen:
            raise not_found(assessment_id)
        if application is not None:
            require_as_told(connection, [application.id], *OF_A_CASE, OF_ITS_ASSESSMENTS)
        require_assessment_as_told(connection, assessment_id)
    return kept


def not_found(assessment_id: str) -> AssessmentNotFound:
    """The same words whether there is none or it is another's."""
    return AssessmentNotFound(
        "no assessment with this id is kept",
        expected="an id that POST /v1/assessments returned",
        found=assessment_id,
        field="assessment_id",
    )
