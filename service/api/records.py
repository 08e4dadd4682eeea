"""`/v1/records`: what kinds there are and what is stored, the schema of a row, and batches of rows to store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from models.records import KINDS
from models.records.kind import RecordKind
from models.sheets import Sheet
from service.api.access import KEEPS_RECORDS, require
from service.api.given import GivenService
from service.api.messages import Origin
from service.api.problems import documented
from service.api.record_examples import REQUEST_BODY
from service.api.record_messages import record_schema
from service.bootstrap import Service
from service.errors import StoreUnusable
from service.holdings import holdings
from service.importing import chosen_kinds
from service.people import EVERYONE
from service.record_batches import Batch, BatchAccount, json_pieces, ndjson_pieces
from service.settings import Settings

routes = APIRouter(prefix="/v1/records", tags=["records"])

JSON, NDJSON = "application/json", "application/x-ndjson"
ATTACHMENT_PATH = re.compile(r"(?:^|/)v1/applications/[^/]+/attachments/?$")
BATCH_PATH = re.compile(r"(?:^|/)v1/records/[^/]+/?$")
BUFFER_BYTES = 1 << 20
KindName = Annotated[str, Path(description="kind of record, one of GET /v1/records", examples=["invoice"])]


class StoredKind(BaseModel):
    """One kind of record and what is stored of it. `superseded` rows are older versions, kept for earlier days."""

    kind: str
    zh: str
    en: str
    natural_key: list[str] = Field(description="rows with equal values here are versions of one record")
    rows: int
    superseded: int
    enterprises: int
    first_day: date | None = Field(description="earliest day on which a stored row happened")
    last_day: date | None
    origins: list[str]
    schema_href: str


class StoredKinds(BaseModel):
    """Every kind, stored or not."""

    kinds: list[StoredKind]


class RefusedRow(BaseModel):
    """A row that was not accepted, with its first defect; `code` and the reasons name all of them."""

    row: int = Field(description="1 is the first of `rows`; in NDJSON the line")
    field: str | None
    column: str | None
    value: str | None = Field(description="what came; a long one is cut here and whole in the quarantine file")
    code: str
    reason_zh: str
    reason_en: str
    expected: str | None


class QuarantineLink(BaseModel):
    """Where all quarantined rows can be fetched."""

    id: str
    href: str


class Sentence(BaseModel):
    """The same in two languages."""

    zh: str
    en: str


class BatchAnswer(BaseModel):
    """What became of a batch: accepted + duplicates + quarantined + withheld = received."""

    kind: str
    received_at: datetime = Field(description="when the bank learned the rows that do not say it themselves")
    received: int
    accepted: int = Field(description="new records and new versions")
    duplicates: int = Field(description="rows that say what is stored already")
    quarantined: int
    corrections: int = Field(description="of the accepted, those that supersede a stored version")
    withheld: int = Field(description="sound rows that were not stored, because mode=all_or_nothing refused the batch")
    changed: bool = Field(description="false: what is stored is the same as before")
    message: Sentence
    refused: list[RefusedRow] = Field(description="the first 100 quarantined rows")
    quarantine: QuarantineLink | None


def kind_named(name: str) -> RecordKind:
    """The kind of a path. Raises KindUnknown with the list."""
    return chosen_kinds(name)[0]


def media_type_of(headers: Headers) -> str:
    """The declared media type, without parameters."""
    return headers.get("content-type", "").split(";")[0].strip().lower()


def most_body_bytes(settings: Settings, scope: Scope) -> int:
    """How long a body of this request may be."""
    if scope["method"] == "POST" and BATCH_PATH.search(scope["path"]):
        json_body = media_type_of(Headers(scope=scope)) != NDJSON
        return settings.max_batch_json_bytes if json_body else settings.max_batch_ndjson_bytes
    if scope["method"] == "POST" and ATTACHMENT_PATH.search(scope["path"]):
        return settings.max_attachment_bytes
    return settings.max_body_bytes


def most_seconds(settings: Settings, scope: Scope) -> float:
    """How long a request may take."""
    uploads = scope["method"] == "POST" and (BATCH_PATH.search(scope["path"]) or ATTACHMENT_PATH.search(scope["path"]))
    return settings.upload_timeout_s if uploads else settings.request_timeout_s


@routes.get(
    "",
    summary="What kinds there are, and what is stored",
    responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*EVERYONE)],
)
def list_kinds(service: GivenService) -> StoredKinds:
    """Every kind in Chinese and English, with rows, enterprises, days and origins of what is stored."""
    found = {holding.kind.name: holding for holding in holdings(service.lake.tables())}
    kinds = []
    for name, kind in KINDS.items():
        holding = found.get(name)
        kinds.append(
            StoredKind(
                kind=name,
                zh=kind.zh,
                en=kind.en,
                natural_key=[kind.field(part).key for part in kind.natural_key],
                rows=holding.rows if holding else 0,
                superseded=holding.superseded if holding else 0,
                enterprises=holding.enterprises if holding else 0,
                first_day=holding.first_day if holding else None,
                last_day=holding.last_day if holding else None,
                origins=list(holding.origins) if holding else [],
                schema_href=f"{routes.prefix}/{name}/schema",
            )
        )
    return StoredKinds(kinds=kinds)


@routes.get(
    "/{kind}/schema",
    summary="JSON Schema of a row",
    responses=documented(HTTPStatus.NOT_FOUND),
    dependencies=[require(*EVERYONE)],
)
def read_schema(kind: KindName) -> dict[str, Any]:
    """Fields with types, words in both languages, natural key and an example."""
    return record_schema(kind_named(kind))


@routes.post(
    "/{kind}",
    summary="Store a batch of records",
    response_model=BatchAnswer,
    responses=documented(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    openapi_extra={"requestBody": REQUEST_BODY},
    dependencies=[require(*KEEPS_RECORDS)],
)
async def store_records(
    service: GivenService,
    request: Request,
    kind: KindName,
    mode: Annotated[
        Literal["accept_good", "all_or_nothing"],
        Query(description="accept_good stores the sound rows; all_or_nothing refuses a batch with any unsound row"),
    ] = "accept_good",
    origin: Annotated[
        Origin,
        Query(description="where the rows come from, one short word; every figure made of them names it"),
    ] = "bank",
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="a repeat with the same key counts as received when it came first, so that it changes nothing "
            "even after a later correction",
        ),
    ] = None,
) -> dict[str, Any]:
    """Every row is accepted, a duplicate, or quarantined with its reason; the sound rows are stored in one change.

    The same batch again changes nothing. A row with the natural key of a stored one and other content is a correction:
    a new version from the moment the bank learned it, so that assessments of earlier days stay as they were.
    """
    declared = kind_named(kind)
    media_type = taken_media_type(request.headers)
    async with spooled(service, request) as (body, digest):
        moment = service.clock()
        if idempotency_key is not None:
            content = {"kind": kind, "media_type": media_type, "mode": mode, "origin": origin, "body_sha256": digest}
            moment = await run_in_threadpool(
                service.record_batches.keys.first_received, idempotency_key, content, moment
            )
        batch = Batch(declared, moment, origin, all_or_nothing=mode == "all_or_nothing")
        account: BatchAccount = await run_in_threadpool(take, service, batch, media_type, body)
    return account.as_dict()


def take(service: Service, batch: Batch, media_type: str, body: IO[bytes]) -> BatchAccount:
    """Read the body and store its rows; off the event loop."""
    pieces: Iterator[Sheet] = (
        ndjson_pieces(body, batch.kind) if media_type == NDJSON else json_pieces(body.read(), batch.kind)
    )
    return service.record_batches.take(batch, pieces)


def taken_media_type(headers: Headers) -> str:
    """JSON or NDJSON; anything else is refused before it is read."""
    found = media_type_of(headers)
    if found not in (JSON, NDJSON):
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Expected Content-Type: {JSON} or {NDJSON}; found {found or 'none'!r}."
        )
    return found


@asynccontextmanager
async def spooled(service: Service, request: Request) -> AsyncIterator[tuple[IO[bytes], str]]:
    """The whole body as a file without a name, which no crash leaves behind, and its SHA-256.

    Raises StoreUnusable, also for what the disk refuses while the batch is stored.
    """
    digest = hashlib.sha256()
    try:
        service.settings.home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=service.settings.home) as file:
            waiting = bytearray()
            async for chunk in request.stream():
                digest.update(chunk)
                waiting += chunk
                if len(waiting) >= BUFFER_BYTES:
                    await run_in_threadpool(file.write, bytes(waiting))
                    waiting.clear()
            file.write(waiting)
            file.seek(0)
            yield file, digest.hexdigest()
    except ClientDisconnect as gone:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, "The connection ended before the body did; nothing was stored."
        ) from gone
    except OSError as refusal:
        raise StoreUnusable(
            "the batch cannot be written",
            where=None if refusal.filename is None else str(refusal.filename),
            found=refusal.strerror or str(refusal),
            advice="Nothing of it was stored; when space and permissions are right again, send it as it is",
        ) from refusal
