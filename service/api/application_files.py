"""`/v1/applications/{id}/comments` and `/attachments`: what is added to a case and never changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, Response

from service.api.access import READS_CASES, Caller, require
from service.api.application_answers import Attachments, AttachmentShown, CommentShown
from service.api.application_messages import CommentRequest
from service.api.applications import REFUSALS, ApplicationId
from service.api.given import GivenService, require_json
from service.api.once import IdempotencyKey, once, shown
from service.api.problems import documented
from service.api.records import media_type_of
from service.applications import filing, rows
from service.applications.files import TYPES, checked_name
from service.applications.view import zulu
from service.people import Principal, Role

routes = APIRouter(prefix="/v1/applications/{application_id}", tags=["applications"])

ADDS = (Role.OFFICER, Role.APPROVER, Role.RISK, Role.SERVICE)
# The browser shows nothing of it and runs nothing of it, whatever it holds.
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
BINARY = {"schema": {"type": "string", "format": "binary"}}


@routes.post(
    "/comments",
    status_code=HTTPStatus.CREATED,
    response_model=CommentShown,
    summary="Say something about a case",
    responses=documented(*REFUSALS, HTTPStatus.NOT_FOUND),
    dependencies=[require(*ADDS), Depends(require_json)],
)
def make_comment(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    asked: Annotated[CommentRequest, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Kept with the case and told in its events; the version stays as it is."""
    known = once(caller, idempotency_key, "comment", {"application_id": application_id, "text": asked.text})
    return shown(filing.comment(service.office, caller, application_id, asked.text, known))


@routes.get(
    "/attachments",
    response_model=Attachments,
    summary="List the files of a case",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*READS_CASES)],
)
def list_attachments(service: GivenService, caller: Caller, application_id: ApplicationId) -> dict[str, Any]:
    """Name, type, size and SHA-256 of each."""
    with service.office.store.snapshot() as connection:
        service.office.read_whole(connection, application_id, caller)
        found = rows.attachments(connection, application_id)
    return {"attachments": [{**vars(one), "at": zulu(one.at), "names": one.names} for one in found]}


@routes.post(
    "/attachments",
    status_code=HTTPStatus.CREATED,
    response_model=AttachmentShown,
    summary="Attach a file to a case",
    responses=documented(*REFUSALS, HTTPStatus.NOT_FOUND),
    dependencies=[require(*ADDS)],
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(TYPES, BINARY)}},
)
async def make_attachment(
    service: GivenService,
    caller: Caller,
    request: Request,
    application_id: ApplicationId,
    name: Annotated[str, Query(max_length=200, description='a plain file name, e.g. "site visit.pdf"')],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """The body is the file itself. It is named by its SHA-256, which an override gives as its evidence."""
    media_type = media_type_of(request.headers)
    plain = checked_name(name, media_type)
    await run_in_threadpool(_require_seen, service, caller, application_id)
    try:
        filed = await service.cabinet.file(request.stream(), media_type)
    except ClientDisconnect as gone:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The connection ended before the file did.") from gone
    asked = {"application_id": application_id, "name": plain, "media_type": media_type, "sha256": filed.sha256}
    known = once(caller, idempotency_key, "attachment", asked)
    return shown(
        await run_in_threadpool(filing.attach, service.office, caller, application_id, plain, media_type, filed, known)
    )


@routes.get(
    "/attachments/{sha256}",
    summary="Fetch a file of a case",
    response_class=Response,
    responses={
        HTTPStatus.OK: {"description": "The file as it was sent", "content": dict.fromkeys(TYPES, BINARY)},
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    },
    dependencies=[require(*READS_CASES)],
)
def read_attachment(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    sha256: Annotated[str, Path(max_length=200)],
) -> Response:
    """Always as a download that a browser neither shows nor runs. The ledger says who fetched it."""
    found = filing.attachment(service.office, caller, application_id, sha256)
    path = service.cabinet.path(found.sha256)
    service.recorder.accessed(application_id, f"fetch attachment {found.sha256}", caller.subject, service.clock())
    headers = {**SAFE, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
    return FileResponse(path, media_type=found.media_type, headers=headers)


def _require_seen(service: GivenService, caller: Principal, application_id: str) -> None:
    with service.office.store.reading() as connection:
        service.office.read(connection, application_id, caller)
