"""`Idempotency-Key`, on every POST: what is asked twice under one key is done once, and answered twice.

A step that keeps something keeps its answer in the same transaction, or enough to give it again. What only computes
(a score, a what-if, a valuation) keeps its answer when a key came with it, and nothing without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from starlette.responses import Response

from service.applications.idempotency import Answer, Once
from service.bootstrap import Service
from service.ledger import append_all
from service.people import Principal

FRESH = {"Cache-Control": "no-store"}
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="the same key with the same request gives the same answer and does nothing again; with another "
        "request it is refused",
    ),
]


def shown(answer: Answer) -> Response:
    """An answer that was, or is, given."""
    return Response(answer.body, answer.status, {**FRESH, **answer.headers}, media_type="application/json")


def once(caller: Principal, key: str | None, what: str, asked: Mapping[str, Any]) -> Once:
    """The request as the idempotency key protects it."""
    return Once(caller.subject, key, {"what": what, **asked})


def once_of(caller: Principal, key: str | None, what: str, body: BaseModel | None = None, **more: str) -> Once:
    """The same of a body of any size: without a key nothing is written down of it."""
    if key is None:
        return Once(caller.subject, None, {})
    text = "" if body is None else body.model_dump_json()
    return once(caller, key, what, {**more, "body": text})


def before(service: Service, known: Once) -> Answer | None:
    """The answer that was given under the key, if any. Raises IdempotencyKeyReused."""
    if known.key is None:
        return None
    with service.store.reading() as connection:
        return known.before(connection)


def answered_once(service: Service, known: Once, make: Callable[[], Answer]) -> Response:
    """The answer of something that may be done twice without harm, done once under a key.

    Two at the same time may both do it; one answer is kept and both give it. Raises IdempotencyKeyReused.
    """
    if known.key is None:
        return shown(make())
    answer = before(service, known)
    if answer is None:
        answer = make()
        with service.store.writing() as connection:
            moment = service.clock()
            earlier = known.reserve(connection, moment)
            if earlier is None:
                append_all(connection, known.keep(connection, answer, moment))
        answer = earlier or answer
    return shown(answer)
