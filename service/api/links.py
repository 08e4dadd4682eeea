"""Links of the OpenAPI document (section 4.8.20): where an answer leads, with the ids and the version that it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

BODY, TAG = "$response.body#", "$response.header.ETag"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Target:
    """An operation that an answer leads to, and what of the answer it takes beside the id that all take."""

    method: str
    path: str
    takes: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True)
class Answer:
    """An answer that leads on: of which operation, with which status, and what every target takes from it."""

    method: str
    path: str
    status: str
    gives: Mapping[str, str]
    to: Mapping[str, Target]


CASE, CASES = "/v1/applications/{application_id}", "/v1/applications"
FILES = f"{CASE}/attachments"
VERSIONED = {"header.If-Match": TAG}
OF_ASSESSMENT = {
    "read": Target("GET", "/v1/assessments/{assessment_id}"),
    "explain": Target("GET", "/v1/assessments/{assessment_id}/explanation"),
    "whatIf": Target("POST", "/v1/assessments/{assessment_id}/what-if"),
}
OF_CASE = {
    "read": Target("GET", CASE),
    "comment": Target("POST", f"{CASE}/comments"),
    "attach": Target("POST", FILES),
    "attachments": Target("GET", FILES),
    "events": Target("GET", f"{CASE}/events"),
    "memo": Target("GET", f"{CASE}/memo"),
    "notice": Target("GET", f"{CASE}/notice"),
}
READ = {"read": OF_CASE["read"]}
ASSESSED = {"assessment": OF_ASSESSMENT["read"], "explanation": OF_ASSESSMENT["explain"]}
OF_VERSION = {  # these change the version that was just read or made, and no other
    "move": Target("POST", f"{CASE}/transitions", VERSIONED),
    "override": Target("POST", f"{CASE}/overrides", VERSIONED),
}
END_OVERRIDE = Target(
    "POST",
    f"{CASE}/overrides/{{override_id}}/withdrawal",
    {"path.override_id": f"{BODY}/overrides/0/id", **VERSIONED},
)
OF_BATCH = {
    "read": Target("GET", "/v1/batches/{batch_id}"),
    "manifest": Target("GET", "/v1/batches/{batch_id}/manifest"),
    "cancel": Target("POST", "/v1/batches/{batch_id}/cancel"),
}
OF_MODEL = {
    "read": Target("GET", "/v1/models/{model}"),
    "validate": Target("POST", "/v1/models/{model}/validations"),
    "approve": Target("POST", "/v1/models/{model}/approvals"),
    "promote": Target("POST", "/v1/models/{model}/promotions"),
    "rollBack": Target("POST", "/v1/models/{model}/rollbacks"),
}
OF_DEAD_LETTER = {
    "replay": Target("POST", "/v1/events/{event_id}/replay"),
    "discard": Target("POST", "/v1/events/{event_id}/discard"),
}


def case(place: str = f"{BODY}/id") -> dict[str, str]:
    """The case of an answer."""
    return {"path.application_id": place}


def assessed(place: str = f"{BODY}/assessment/id") -> dict[str, str]:
    """What the case of an answer was assessed as."""
    return {"path.assessment_id": place}


def only(targets: Mapping[str, Target], *names: str) -> dict[str, Target]:
    """Some of them."""
    return {name: targets[name] for name in names}


LINKS: tuple[Answer, ...] = (
    Answer(
        *("GET", "/v1/me", "200", {}),  # with these the road begins
        {
            "applications": Target("GET", CASES),
            "apply": Target("POST", CASES),
            "assess": Target("POST", "/v1/assessments"),
        },
    ),
    Answer("POST", "/v1/assessments", "201", {"path.assessment_id": f"{BODY}/id"}, OF_ASSESSMENT),
    Answer("POST", CASES, "201", case(), {**OF_CASE, **OF_VERSION}),
    Answer("POST", CASES, "201", assessed(), ASSESSED),
    Answer("GET", CASE, "200", case(), {**OF_CASE, **OF_VERSION, "endOverride": END_OVERRIDE}),
    Answer("GET", CASE, "200", assessed(), ASSESSED),
    Answer("POST", f"{CASE}/transitions", "200", case(), {**only(OF_CASE, "read", "notice"), **OF_VERSION}),
    Answer("POST", f"{CASE}/transitions", "200", assessed(), only(ASSESSED, "assessment")),
    Answer(
        *("POST", f"{CASE}/overrides", "201", case()),
        {**READ, **only(OF_VERSION, "move"), "endOverride": END_OVERRIDE},
    ),
    Answer("POST", END_OVERRIDE.path, "200", case(), {**READ, **OF_VERSION}),
    Answer("GET", CASES, "200", case(f"{BODY}/applications/0/id"), READ),
    Answer("GET", CASES, "200", {"query.cursor": f"{BODY}/next"}, {"next": Target("GET", CASES)}),
    Answer(
        *("POST", FILES, "201", case("$request.path.application_id")),
        {
            "fetch": Target("GET", f"{FILES}/{{sha256}}", {"path.sha256": f"{BODY}/sha256"}),
            **only(OF_CASE, "read", "attachments"),
        },
    ),
    Answer("POST", f"{CASE}/comments", "201", case("$request.path.application_id"), only(OF_CASE, "events")),
    Answer(
        *("GET", f"{CASE}/events", "200", case("$request.path.application_id")),
        {"next": Target("GET", f"{CASE}/events", {"query.after": f"{BODY}/next"})},
    ),
    Answer("POST", "/v1/batches", "202", {"path.batch_id": f"{BODY}/id"}, OF_BATCH),
    Answer("GET", "/v1/batches", "200", {"path.batch_id": f"{BODY}/batches/0/id"}, OF_BATCH),
    Answer(
        "GET", "/v1/batches/{batch_id}", "200", {"path.batch_id": f"{BODY}/id"}, only(OF_BATCH, "manifest", "cancel")
    ),
    Answer("POST", "/v1/models", "201", {"path.model": f"{BODY}/record/model"}, only(OF_MODEL, "read", "validate")),
    *(
        Answer(
            "POST", f"/v1/models/{{model}}/{done}", "201", {"path.model": f"{BODY}/record/model"}, only(OF_MODEL, *then)
        )
        for done, then in (
            ("validations", ("read", "approve")),
            ("approvals", ("read", "promote")),
            ("promotions", ("read",)),
            ("rollbacks", ("read",)),
        )
    ),
    Answer("GET", "/v1/models", "200", {"path.model": f"{BODY}/models/0/digest"}, only(OF_MODEL, "read")),
    Answer(
        *("GET", "/v1/models/{model}", "200", {"path.model": f"{BODY}/digest"}),
        only(OF_MODEL, "validate", "approve", "promote", "rollBack"),
    ),
    Answer("GET", "/v1/events", "200", {"path.event_id": f"{BODY}/events/0/id"}, OF_DEAD_LETTER),
    Answer("GET", "/v1/events", "200", {"query.after": f"{BODY}/next"}, {"next": Target("GET", "/v1/events")}),
    Answer(
        *("POST", "/v1/events/subscriptions", "201", {"path.subscription_id": f"{BODY}/id"}),
        {"unsubscribe": Target("DELETE", "/v1/events/subscriptions/{subscription_id}")},
    ),
    Answer(
        *("GET", "/v1/records", "200", {"path.kind": f"{BODY}/kinds/0/kind"}),
        {"schema": Target("GET", "/v1/records/{kind}/schema"), "store": Target("POST", "/v1/records/{kind}")},
    ),
    Answer(
        *("POST", "/v1/records/{kind}", "200", {"path.quarantine_id": f"{BODY}/quarantine/id"}),
        {"quarantined": Target("GET", "/v1/quarantine/{quarantine_id}")},
    ),
)


def document(openapi: dict[str, Any]) -> None:
    """Write the links into the document."""
    for answer, name, target, parameters in every():
        place = openapi["paths"][answer.path][answer.method.lower()]["responses"][answer.status]
        operation = openapi["paths"][target.path][target.method.lower()]
        place.setdefault("links", {})[name] = {"operationId": operation["operationId"], "parameters": parameters}


def every() -> Iterator[tuple[Answer, str, Target, dict[str, str]]]:
    """Each link: the answer, its name, where it leads, and the parameters that it fills."""
    for answer in LINKS:
        for name, target in answer.to.items():
            yield answer, name, target, {**answer.gives, **target.takes}
