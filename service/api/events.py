"""`/v1/events`: who is told of what, and what could not be told. For people who reach every branch."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from service.api.access import Caller, require
from service.api.application_messages import Words
from service.api.applications import REFUSALS
from service.api.given import GivenService, require_json
from service.api.messages import Strict
from service.api.once import IdempotencyKey, once, once_of, shown
from service.api.problems import documented
from service.applications.idempotency import Answer, Once
from service.bootstrap import Service
from service.ledger import append_all
from service.outbox.deliveries import MOST_SHOWN
from service.outbox.errors import ReachTooNarrow
from service.outbox.event import TYPES
from service.outbox.signing import secret_text
from service.people import EVERYONE, EVERYWHERE, Principal, Role

routes = APIRouter(prefix="/v1/events", tags=["events"])
KEEPS, LOOKS = (Role.RISK,), (Role.RISK, Role.AUDITOR)
EventId = Annotated[str, Path(max_length=64, description="id of the event")]
FAILURES = documented(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)


class SubscriptionRequest(Strict):
    """A consumer, and what it wants to be told of from now on."""

    name: Annotated[Words, Field(max_length=255, examples=["process engine"])]
    url: str = Field(
        min_length=1, max_length=2000, description="https, or http on this machine", examples=["https://erp.example/in"]
    )
    types: list[str] = Field(
        min_length=1, max_length=50, description="types, `application.*`, or `*`", examples=[["application.*"]]
    )


class SubscriptionResponse(Strict):
    """A subscription in force."""

    id: str
    name: str
    url: str
    types: list[str]
    made_by: str
    made_at: str


class SubscriptionMade(SubscriptionResponse):
    """A new subscription, with the secret that its events are signed with: here and nowhere else."""

    secret: str = Field(description="`whsec_` and 32 bytes in base64 (Standard Webhooks)")


class SubscriptionList(Strict):
    """Every subscription in force."""

    subscriptions: list[SubscriptionResponse]


class EventType(Strict):
    """A type of event in both languages."""

    type: str
    zh: str
    en: str


class EventTypes(Strict):
    """Everything that can be told."""

    types: list[EventType]


class DeliveryShown(Strict):
    """How far one subscription has been told of an event."""

    subscription_id: str
    state: Literal["waiting", "delivered", "dead", "discarded"]
    attempts: int
    due_at: str | None
    ended_at: str | None
    problem: str | None = Field(description="of the last attempt")


class EventShown(Strict):
    """An event and its deliveries."""

    sequence: int
    id: str
    type: str
    subject: str
    at: str
    deliveries: list[DeliveryShown]


class EventList(Strict):
    """A page of events, oldest first."""

    events: list[EventShown]
    counts: dict[str, int] = Field(description="deliveries by state")
    next: int | None = Field(description="`after` of the next page")


class Changed(Strict):
    """How many deliveries were changed."""

    deliveries: int


def require_everywhere(caller: Principal) -> None:
    """Events tell of every branch's cases. Raises ReachTooNarrow."""
    if EVERYWHERE not in caller.branches or (caller.parks and EVERYWHERE not in caller.parks):
        raise ReachTooNarrow(
            "events tell of the cases of every branch, and not all are in your reach",
            expected="a token with every branch and park",
            found=", ".join(sorted(caller.branches)) or "no branch",
        )


@routes.get("/types", summary="What can be told", dependencies=[require(*EVERYONE)])
def read_types() -> EventTypes:
    """Every type of event."""
    return EventTypes(types=[EventType(type=kind, zh=zh, en=en) for kind, (zh, en) in TYPES.items()])


@routes.get("", response_model=EventList, summary="List events", responses=FAILURES, dependencies=[require(*LOOKS)])
def list_events(
    service: GivenService,
    caller: Caller,
    state: Annotated[
        Literal["waiting", "delivered", "dead", "discarded"] | None, Query(description="only deliveries in this state")
    ] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 100,
) -> dict[str, Any]:
    """Events with their deliveries; what is in them is in the application."""
    require_everywhere(caller)
    found = service.deliveries.listed(state, after=after, most=limit)
    return {
        "events": found,
        "counts": service.deliveries.counts(),
        "next": found[-1]["sequence"] if len(found) == limit else None,
    }


@routes.get(
    "/subscriptions",
    response_model=SubscriptionList,
    summary="List subscriptions",
    responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*LOOKS)],
)
def list_subscriptions(service: GivenService, caller: Caller) -> dict[str, Any]:
    """Those in force; never a secret."""
    require_everywhere(caller)
    return {"subscriptions": [one.facts() for one in service.subscriptions.every()]}


@routes.post(
    "/subscriptions",
    status_code=HTTPStatus.CREATED,
    response_model=SubscriptionMade,
    summary="Subscribe",
    responses=documented(*REFUSALS),
    dependencies=[require(*KEEPS), Depends(require_json)],
)
def add_subscription(
    service: GivenService,
    caller: Caller,
    asked: Annotated[SubscriptionRequest, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """From now on the consumer is told. The secret is derived, not kept, so only the answer to this call shows it."""
    require_everywhere(caller)
    body = asked.model_dump(mode="json")
    known = once(caller, idempotency_key, "subscribe", body)
    office, now = service.subscriptions, service.clock()
    made = office.draft(**body, actor=caller.subject, at=now)
    with office.store.writing() as connection:
        answer = known.reserve(connection, now)
        if answer is None:
            answer = Answer(HTTPStatus.CREATED, json.dumps(made.facts()).encode())
            office.put(connection, made, also=known.keep(connection, answer, now))
    facts = json.loads(answer.body)
    secret = secret_text(office.secrets.secret(facts["id"]))
    return shown(Answer(answer.status, json.dumps({**facts, "secret": secret}).encode(), answer.headers))


@routes.delete(
    "/subscriptions/{subscription_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Unsubscribe",
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    dependencies=[require(*KEEPS)],
)
def remove_subscription(
    service: GivenService, caller: Caller, subscription_id: Annotated[str, Path(max_length=64)]
) -> Response:
    """What it was not told yet, it is not told any more."""
    require_everywhere(caller)
    service.subscriptions.remove(subscription_id, actor=caller.subject, at=service.clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@routes.post(
    "/{event_id}/replay",
    response_model=Changed,
    summary="Replay a dead letter",
    responses=documented(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
    dependencies=[require(*KEEPS)],
)
def replay_event(
    service: GivenService, caller: Caller, event_id: EventId, idempotency_key: IdempotencyKey = None
) -> Response:
    """Try it again from the beginning, with the id it always had. Again while it waits: 409, nothing is sent twice."""
    return _revived(service, caller, once_of(caller, idempotency_key, "replay", event_id=event_id), event_id)


@routes.post(
    "/{event_id}/discard",
    response_model=Changed,
    summary="Discard a dead letter",
    responses=documented(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
    dependencies=[require(*KEEPS)],
)
def discard_event(
    service: GivenService, caller: Caller, event_id: EventId, idempotency_key: IdempotencyKey = None
) -> Response:
    """Give it up for good: what happened to the same application after it is told then."""
    known = once_of(caller, idempotency_key, "discard", event_id=event_id)
    return _revived(service, caller, known, event_id, for_good=True)


def _revived(service: Service, caller: Principal, known: Once, event_id: str, *, for_good: bool = False) -> Response:
    """A dead letter sent again or given up, and the answer, in one transaction."""
    require_everywhere(caller)
    deliveries = service.deliveries
    step = deliveries.discard if for_good else deliveries.replay
    now = service.clock()
    with deliveries.store.writing() as connection:
        answer = known.reserve(connection, now)
        if answer is None:
            changed = Changed(deliveries=step(event_id, actor=caller.subject, within=connection))
            answer = Answer(HTTPStatus.OK, changed.model_dump_json().encode())
            append_all(connection, known.keep(connection, answer, now))
    return shown(answer)
