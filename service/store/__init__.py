"""What the service keeps, on SQLite or PostgreSQL: durable before it is acknowledged."""

from __future__ import annotations

from service.store import application_schema, outbox_schema
from service.store.address import address_of, shown
from service.store.assessments import Assessment, AssessmentStore, assessment_row
from service.store.migrating import Form, form_of, upgrade
from service.store.opening import Store, open_store

__all__ = [
    "Assessment",
    "AssessmentStore",
    "Form",
    "Store",
    "address_of",
    "application_schema",
    "assessment_row",
    "form_of",
    "open_store",
    "outbox_schema",
    "shown",
    "upgrade",
]
