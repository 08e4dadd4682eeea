"""The HTTP application: routes by resource, one shape for errors, documentation that works in a closed network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from models import __version__
from models.records import KINDS
from service.api import (
    access,
    application_files,
    applications,
    assessments,
    batches,
    docs,
    events,
    explanations,
    health,
    me,
    metrics,
    models,
    papers,
    problems,
    quarantine,
    records,
    scores,
    valuations,
)
from service.api.body_limit import BodyLimit
from service.api.observing import Observing
from service.api.records import most_body_bytes, most_seconds
from service.api.timeouts import Timeout
from service.bootstrap import Service
from service.operations.retention import retain

DESCRIPTION = """\
Default probability and explained credit limits for enterprises whose assets are data.

Money is decimal yuan text, days are ISO text, unknown fields are refused. Every error is a problem
(RFC 9457, `application/problem+json`) with field, value and expectation. A decision is one of approve, reduce, refer
and decline; missing facts refer, only a policy rule declines.

Every call but those about health and this documentation carries a bearer token of the bank's identity provider or an
API key; each operation names the roles that it lets through.
"""


def create_app(service: Service) -> FastAPI:
    """The application on a built service; it closes the service when it stops. Raises RouteUndeclared."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.batch_desk.resume)
        stop = asyncio.Event()
        delivering = asyncio.create_task(service.event_worker().run(stop)) if service.settings.deliver_events else None
        purging = asyncio.create_task(retain(lambda: service.retention, stop))
        yield
        stop.set()
        await purging
        if delivering is not None:
            await delivering
        service.close()

    app = FastAPI(
        title="assetlight",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours tell what may be told, and no more
        responses={"default": problems.documented_as("Any other refusal or failure")},
        openapi_tags=[
            {"name": "assessments", "description": "One enterprise, assessed and explained"},
            {
                "name": "records",
                "description": f"What the bank knows: {len(KINDS)} kinds, each row with the moment it was learned",
            },
            {"name": "valuations", "description": "What IP rights, data assets and the asset pool are worth"},
            {"name": "models", "description": "Which model is in force, by whose hands, and what runs in the shadow"},
            {"name": "applications", "description": "From the officer's desk to an active line, with four eyes"},
            {"name": "events", "description": "What other systems are told, and how far they have been told"},
            {"name": "batches", "description": "The whole portfolio on one day, beside the server and longer than it"},
            {"name": "people", "description": "Who calls, and what they may do"},
            {"name": "operations", "description": "For the people who run the service"},
        ],
    )
    app.state.service = service
    app.add_middleware(BodyLimit, most_bytes=partial(most_body_bytes, service.settings))
    app.add_middleware(Timeout, seconds=partial(most_seconds, service.settings))
    app.add_middleware(access.Authentication, service=service)  # nothing is read of an unknown caller
    app.add_middleware(Observing, service=service)  # outermost: it sees everything, refusals and failures too
    problems.install(app)
    docs.install(app)
    scores.install(app)
    app.include_router(assessments.routes)
    app.include_router(explanations.routes)
    app.include_router(batches.routes)
    app.include_router(valuations.routes)
    app.include_router(records.routes)
    app.include_router(quarantine.routes)
    app.include_router(models.routes)
    app.include_router(applications.routes)
    app.include_router(application_files.routes)
    app.include_router(papers.routes)
    app.include_router(events.routes)
    app.include_router(me.routes)
    app.include_router(health.routes)
    app.include_router(metrics.routes)
    access.check_every_route(app)
    return app
