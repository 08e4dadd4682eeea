"""`/v1/applications/{id}/notice` and `/memo`: what a case gives in writing, as a page or as PDF."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.api.access import READS_CASES, Caller, require
from service.api.applications import ApplicationId
from service.api.given import GivenService
from service.api.problems import documented
from service.bootstrap import Service
from service.notices import CaseFile, Language, case_file, memo_html, notice_html, notice_of, pdf_of
from service.people import Principal

routes = APIRouter(prefix="/v1/applications", tags=["applications"])
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Form(StrEnum):
    """How a paper comes."""

    HTML = "html"
    PDF = "pdf"


LanguageQuery = Annotated[Language, Query(alias="lang", description="zh or en")]
FormQuery = Annotated[Form, Query(alias="format", description="a page, or a PDF")]


def answers(*refusals: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """A paper is a page or a PDF, never JSON."""
    text = {"schema": {"type": "string"}}
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        int(HTTPStatus.OK): {"description": "The paper", "content": {"text/html": text, "application/pdf": binary}},
        **documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE, *refusals),
    }


@routes.get(
    "/{application_id}/notice",
    response_class=Response,
    summary="Notice of an adverse decision",
    responses=answers(HTTPStatus.CONFLICT),
    dependencies=[require(*READS_CASES)],
)
def read_notice(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    language: LanguageQuery = Language.ZH,
    form: FormQuery = Form.HTML,
) -> Response:
    """Principal reasons with their sources, where to object, who looks again, by when. 409: nothing adverse decided."""
    notice = notice_of(_case(service, caller, application_id))
    page = notice_html(notice, language)
    return _sent(service, caller, notice.case, "notice", page, form)


@routes.get(
    "/{application_id}/memo",
    response_class=Response,
    summary="Credit memo",
    responses=answers(),
    dependencies=[require(*READS_CASES)],
)
def read_memo(
    service: GivenService,
    caller: Caller,
    application_id: ApplicationId,
    language: LanguageQuery = Language.ZH,
    form: FormQuery = Form.HTML,
) -> Response:
    """审批意见书: application, probability, reasons, waterfall, ceilings, attribution, overrides, approvals, hashes."""
    case = _case(service, caller, application_id, explained=True)
    return _sent(service, caller, case, "memo", memo_html(case, language), form)


def _case(service: Service, caller: Principal, application_id: str, *, explained: bool = False) -> CaseFile:
    return case_file(service.office, service.assessments, service.settings, application_id, caller, explained=explained)


def _sent(service: Service, caller: Principal, case: CaseFile, what: str, page: bytes, form: Form) -> Response:
    content = pdf_of(page) if form == Form.PDF else page
    service.recorder.accessed(case.application.id, what, caller.subject, service.clock())
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{what}-{case.application.id[:8]}.{form.value}"',
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    media = "application/pdf" if form == Form.PDF else "text/html; charset=utf-8"
    return Response(content, headers=headers, media_type=media)
