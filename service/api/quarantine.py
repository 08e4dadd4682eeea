"""`/v1/quarantine/{id}`: the rows of a batch or an import that were not accepted, as the file that was kept."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import FileResponse, Response

from service.api.access import KEEPS_RECORDS, require
from service.api.given import GivenService
from service.api.problems import documented
from service.errors import QuarantineNotFound
from service.people import Role

routes = APIRouter(prefix="/v1/quarantine", tags=["records"])

ID = re.compile(r"[^/\\\0.][^/\\\0]{0,200}")  # a name in the one directory; no path leads out of it
CSV = {
    "description": "CSV with headers in Chinese and English",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}


@routes.get(
    "/{quarantine_id}",
    summary="Fetch quarantined rows",
    response_class=Response,
    responses={HTTPStatus.OK: CSV, **documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)},
    dependencies=[require(*KEEPS_RECORDS, Role.AUDITOR)],
)
def read_quarantine(
    service: GivenService, quarantine_id: Annotated[str, Path(max_length=255, description="id of a quarantine")]
) -> Response:
    """Where, what and why of every row that was not accepted, and the row's own cells."""
    path = service.settings.quarantine / f"{quarantine_id}.csv"
    if not ID.fullmatch(quarantine_id) or not path.is_file():
        raise QuarantineNotFound(
            "no quarantine has this id",
            field="quarantine_id",
            found=quarantine_id,
            expected="the id that the answer to a batch, or the account of an import, names",
        )
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename=path.name)
