"""What the service keeps: assessments, durable before they are acknowledged."""

from __future__ import annotations

from service.store.assessments import Assessment, AssessmentStore
from service.store.engine import open_engine

__all__ = ["Assessment", "AssessmentStore", "open_engine"]
