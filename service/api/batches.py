"""`/v1/batches`: a whole portfolio decided on one day, in a process of its own."""

from __future__ import annotations

from datetime import UTC, date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response

from service.api.access import Caller, require
from service.api.given import GivenService, require_json
from service.api.messages import Day
from service.api.once import IdempotencyKey, answered_once, once_of
from service.api.problems import documented
from service.applications.idempotency import Answer
from service.batch.starting import plan_records
from service.bootstrap import Service
from service.people import EVERYWHERE, Principal, Role
from service.people.errors import ScopeTooNarrow

routes = APIRouter(prefix="/v1/batches", tags=["batches"])

RUNS_BATCHES = (Role.RISK, Role.SERVICE)
BatchId = Annotated[
    str, PathParameter(max_length=64, description="id of a batch", examples=["2020-02-29-0a1b2c3d4e5f"])
]


FileName = Annotated[str, PathParameter(max_length=255, description="part of a path in the manifest")]


class BatchRequest(BaseModel):
    """What is asked: every stored enterprise on a day."""

    model_config = ConfigDict(extra="forbid")

    as_of: Day | None = Field(None, description="day of the assessment; today if not given")
    product: str | None = Field(None, description="product applied for by everybody; the policy's default if not given")
    amount_yuan: str | None = Field(None, description="amount applied for by everybody", examples=["1500000.00"])


class BatchStatus(BaseModel):
    """How far a batch is. `queued`, `running`, `done`, `cancelling` (asked to stop; its process has not ended yet),
    `cancelled`, `stopped` and `incomplete` (see `message`), `interrupted` (its process ended; it goes on when the
    service starts or the same batch is asked for again).
    """

    id: str
    state: str
    as_of: date
    run: str | None = Field(description="SHA-256 of the question: inputs, request, buckets")
    submitted_by: str | None
    submitted_at: str | None
    message: str | None
    buckets: int
    buckets_done: int
    planned: int
    scored: int
    referred: int
    failed: int
    per_second: float | None = Field(description="enterprises a second")
    seconds_left: float | None


class Batches(BaseModel):
    """Every batch that was asked for, the newest day first."""

    batches: list[BatchStatus]


@routes.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=BatchStatus,
    summary="Decide on the whole portfolio",
    responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*RUNS_BATCHES), Depends(require_json)],
)
def submit_batch(
    service: GivenService, caller: Caller, asked: BatchRequest, idempotency_key: IdempotencyKey = None
) -> Response:
    """Start a batch, or find the one of the same inputs: it goes on where it stopped, and is not done twice."""
    everywhere(caller)
    known = once_of(caller, idempotency_key, "batch", asked)
    return answered_once(service, known, lambda: submitted(service, caller, asked))


def submitted(service: Service, caller: Principal, asked: BatchRequest) -> Answer:
    """What is answered when a batch was started or found."""
    day = service.assessor.day(asked.as_of)
    request = None
    if asked.product is not None or asked.amount_yuan is not None:
        request = service.assessor.application(day, product=asked.product, amount_yuan=asked.amount_yuan)
    planned = plan_records(service.assessor, day, overlay=service.settings.policy_dir, request=request)
    moment = service.clock().astimezone(UTC).isoformat(timespec="seconds")
    status = service.batch_desk.submit(planned, by=caller.subject, at=moment)
    return accepted(status, Location=f"{routes.prefix}/{status['id']}")


def accepted(status: dict[str, Any], **headers: str) -> Answer:
    """How far a batch is, as an answer."""
    return Answer(HTTPStatus.ACCEPTED, BatchStatus.model_validate(status).model_dump_json().encode(), headers)


@routes.get("", response_model=Batches, summary="List batches", dependencies=[require(*RUNS_BATCHES)])
def list_batches(service: GivenService, caller: Caller) -> dict[str, Any]:
    """Every batch that was asked for over HTTP."""
    everywhere(caller)
    return {"batches": service.batch_desk.listed()}


@routes.get(
    "/{batch_id}",
    response_model=BatchStatus,
    summary="How far a batch is",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    dependencies=[require(*RUNS_BATCHES)],
)
def read_batch(service: GivenService, caller: Caller, batch_id: BatchId) -> dict[str, Any]:
    """State, counters, rate and the time that is left."""
    everywhere(caller)
    return service.batch_desk.status(batch_id)


@routes.get(
    "/{batch_id}/manifest",
    summary="What came out",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    dependencies=[require(*RUNS_BATCHES)],
)
def read_manifest(service: GivenService, caller: Caller, batch_id: BatchId) -> dict[str, Any]:
    """Digests of inputs and outputs, and the files by their paths. 409 until the batch is done, with its `state`, where
    to follow it, and `Retry-After` while it waits or works.
    """
    everywhere(caller)
    return service.batch_desk.manifest(batch_id)


@routes.get(
    "/{batch_id}/files/{kind}/{name}",
    response_class=FileResponse,
    summary="One result file",
    responses={
        HTTPStatus.OK: {"content": {"application/vnd.apache.parquet": {}}, "description": "The file"},
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
    dependencies=[require(*RUNS_BATCHES)],
)
def read_file(service: GivenService, caller: Caller, batch_id: BatchId, kind: FileName, name: FileName) -> FileResponse:
    """A Parquet file by its path in the manifest. 409 as for the manifest."""
    everywhere(caller)
    path = service.batch_desk.file(batch_id, f"{kind}/{name}")
    return FileResponse(path, media_type="application/vnd.apache.parquet", filename=f"{batch_id}-{kind}-{name}")


@routes.post(
    "/{batch_id}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    response_model=BatchStatus,
    summary="Cancel a batch",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    dependencies=[require(*RUNS_BATCHES)],
)
def cancel_batch(
    service: GivenService, caller: Caller, batch_id: BatchId, idempotency_key: IdempotencyKey = None
) -> Response:
    """It is `cancelling` for the seconds until its process has ended, then `cancelled`; what is done is kept, and the
    same batch goes on from there when asked for again. One that is done stays done.
    """
    everywhere(caller)
    known = once_of(caller, idempotency_key, "cancel", batch_id=batch_id)
    return answered_once(service, known, lambda: accepted(service.batch_desk.cancel(batch_id)))


def everywhere(caller: Principal) -> None:
    """A batch is about every enterprise: whoever is narrowed to branches or parks may not see it."""
    wide = EVERYWHERE in caller.branches and (not caller.parks or EVERYWHERE in caller.parks)
    if not wide:
        raise ScopeTooNarrow(
            "a batch is about every enterprise, and the caller may see some only",
            reason="scope",
            expected="every branch and every park",
            found=", ".join(sorted(caller.branches | caller.parks)) or "no branch",
        )
