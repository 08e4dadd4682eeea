"""Comments and attachments: added to a case, never changed, and no new version of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from models.canonical import sha256_hex
from service.applications import rows
from service.applications.errors import AttachmentNotFound
from service.applications.files import Filed
from service.applications.idempotency import Answer, Once
from service.applications.making import PATH
from service.applications.office import Office
from service.applications.rows import Attachment, instant
from service.applications.view import zulu
from service.ledger import append_all, draft
from service.ledger.rows_told import RowTold, with_rows
from service.people import Principal


def comment(office: Office, caller: Principal, application_id: str, text: str, once: Once) -> Answer:
    """Say something about a case. The ledger has its digest, so that it cannot be changed later without being found."""
    told = {"text_sha256": sha256_hex(text.encode())}
    return _add(office, caller, application_id, once, "comment", {"text": text}, told)


def attach(
    office: Office, caller: Principal, application_id: str, name: str, media_type: str, filed: Filed, once: Once
) -> Answer:
    """Add a file that was stored. The same bytes under another name are that attachment, which has both names then."""
    shown = {"sha256": filed.sha256, "name": name, "media_type": media_type, "size": filed.size}
    told = {"sha256": filed.sha256, "media_type": media_type, "size": filed.size}
    return _add(office, caller, application_id, once, "attachment", shown, told)


def _add(
    office: Office,
    caller: Principal,
    application_id: str,
    once: Once,
    kind: str,
    shown: Mapping[str, Any],
    told: Mapping[str, Any],
) -> Answer:
    with office.store.writing() as connection:
        moment = office.clock()
        known = once.reserve(connection, moment)
        if known is not None:
            return known
        office.held(connection, application_id, caller)
        headers: dict[str, str] = {}
        kept: list[RowTold] = []
        new = True
        if kind == "attachment":
            one = Attachment(application_id, **shown, at=instant(moment), actor=caller.subject)
            added = rows.add_attachment(connection, one)
            new = added is not None
            kept += [] if added is None else [added]
            headers = {"Location": f"{PATH}/{application_id}/attachments/{one.sha256}"}
        body = {**shown, "at": zulu(instant(moment)), "actor": caller.subject}
        if new:
            kept.append(rows.add_event(connection, application_id, kind, caller, moment, shown))
        answer = Answer(HTTPStatus.CREATED, json.dumps(body, ensure_ascii=False).encode(), headers)
        entries = once.keep(connection, answer, moment)
        if new:
            entries = [draft(kind, application_id, caller.subject, with_rows(told, kept), at=moment), *entries]
        append_all(connection, entries)
    return answer


def attachment(office: Office, caller: Principal, application_id: str, sha256: str) -> Attachment:
    """One attachment of a case in the caller's reach. Raises ApplicationNotFound, AttachmentNotFound."""
    with office.store.snapshot() as connection:
        office.read_whole(connection, application_id, caller)
        found = rows.attachment_of(connection, application_id, sha256)
    if found is None:
        raise AttachmentNotFound(
            "the application has no attachment with this SHA-256",
            field="sha256",
            found=sha256,
            expected="one of its list",
        )
    return found
