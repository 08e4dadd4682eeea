"""`/metrics`: what is counted, for Prometheus. For risk and for systems; from this machine itself where allowed."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

from service.api.access import require
from service.api.given import GivenService
from service.people import Role

routes = APIRouter(tags=["operations"])

TEXT = {"description": "Prometheus text format", "content": {"text/plain": {"schema": {"type": "string"}}}}


@routes.get(
    "/metrics",
    summary="What is counted and timed",
    response_class=Response,
    responses={200: TEXT},
    dependencies=[require(Role.RISK, Role.SERVICE)],
)
def read_metrics(service: GivenService) -> Response:
    """Latency by route and stage, decisions by outcome and grade, queues, what is in force. No personal data."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
