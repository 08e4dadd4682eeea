"""The links of the OpenAPI document: each one is followed, with what the answer gives and nothing guessed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from models.records import KINDS
from service.people import EVERYONE, Role
from tests.registry_desk import skilled, write_report
from tests.service.api.test_openapi_walk import application
from tests.service.api.walk_staff import sound_row
from tests.service.callers import bearer, token
from tests.service.conftest import AS_OF, asked

PDF = b"%PDF-1.7 a contract"
CASE = "/v1/applications/{application_id}"
OVERRIDE = {
    "what": "amount",
    "direction": "down",
    "to_amount_yuan": "100000",
    "reason": "adverse_site_visit",
    "explanation": "Half of the machines stand still",
    "expires_on": "2020-06-01",
}


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) without escapes points at."""
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


class Follower:
    """A client that goes where links lead, written from section 4.8.20 and not from our code."""

    def __init__(self, http: TestClient, headers: Mapping[str, dict[str, str]]) -> None:
        self.http, self._headers = http, headers
        self.document = http.get("/openapi.json").json()
        self._operations = {
            operation["operationId"]: (method, path)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        }
        self.followed: set[tuple[str, str]] = set()

    def links(self) -> set[tuple[str, str]]:
        """Every link: the operation that answers, and its name."""
        return {
            (f"{method.upper()} {path}", name)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            for answer in operation["responses"].values()
            for name in answer.get("links", {})
        }

    def ask(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Answered:
        """An operation by its path in the document; `more`: what fills it, by name."""
        given = {name: more.pop(name) for name in re.findall(r"\{(\w+)\}", path)}
        headers = {**self._headers[who], **more.pop("headers", {})}
        content = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        answer = self.http.request(method, path.format(**given), headers=headers, params=more, **content)
        return Answered(self, f"{method.upper()} {path}", given, answer)


class Answered:
    """An answer, and the request that it answers."""

    def __init__(self, follower: Follower, operation: str, given: Mapping[str, str], answer: Response) -> None:
        assert 200 <= answer.status_code < 300, (operation, answer.text)
        self.follower, self.operation, self.given, self.answer = follower, operation, given, answer

    def follow(self, name: str, /, who: str = "officer", body: Any = None, **more: Any) -> Answered:
        """Take a link of this answer."""
        method, path = self.operation.split(" ", 1)
        responses = self.follower.document["paths"][path][method.lower()]["responses"]
        link = responses[str(self.answer.status_code)]["links"][name]
        to_method, to_path = self.follower._operations[link["operationId"]]
        for place, expression in link["parameters"].items():
            where, parameter = place.split(".", 1)
            value = self._value(expression)
            assert value is not None, (self.operation, name, expression)
            if where == "header":
                more["headers"] = {**more.get("headers", {}), parameter: value}
            else:
                more[parameter] = value
        self.follower.followed.add((self.operation, name))
        return self.follower.ask(who, to_method, to_path, body, **more)

    def _value(self, expression: str) -> Any:
        """A runtime expression (section 4.8.20.4) of the kinds that the document uses."""
        if expression.startswith("$response.body#"):
            return pointed(self.answer.json(), expression.removeprefix("$response.body#"))
        if expression.startswith("$response.header."):
            return self.answer.headers[expression.removeprefix("$response.header.")]
        return self.given[expression.removeprefix("$request.path.")]


@pytest.fixture
def follower(home: Path) -> Iterator[Follower]:
    """People of every role at a bank with dead letters."""
    app, service = application(home)
    headers = {
        role.value: bearer(token(service, role, subject=role.value, authority="head_office")) for role in EVERYONE
    }
    headers["colleague"] = bearer(token(service, Role.OFFICER, subject="colleague"))
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Follower(http, headers)


def test_every_link_leads_somewhere(follower: Follower, home: Path) -> None:
    """Each one is taken once, by somebody who may, and ends in what was asked."""
    for road in (walk_assessments, walk_cases, walk_pages, walk_models, walk_events, walk_records, walk_batches):
        road(follower, home)
    assert follower.followed == follower.links()


def walk_assessments(at: Follower, _: Path) -> None:
    made = at.ask("officer", "GET", "/v1/me").follow("assess", body=asked("E5"))
    made.follow("read")
    made.follow("explain")
    made.follow("whatIf", body={})


def apply(at: Follower, enterprise: str = "E5") -> Answered:
    body = {"enterprise_id": enterprise, "amount_yuan": "300000", "tenor_months": 12, "purpose": "steel"}
    return at.ask("officer", "GET", "/v1/me").follow("apply", body={**body, "branch": "hangzhou"})


def file(case: Answered) -> Answered:
    """A file attached to a case."""
    headers = {"Content-Type": "application/pdf"}
    return case.follow("attach", body=PDF, name="contract.pdf", headers=headers)


def look(case: Answered) -> None:
    """Everything that a new or read case leads to, but what changes it."""
    for name in ("read", "attachments", "events", "memo", "assessment", "explanation"):
        case.follow(name)
    case.follow("comment", body={"text": "seen"})
    file(case)


def walk_cases(at: Follower, _: Path) -> None:
    """From each answer that shows a case: what is read, what is added, and each change of the version it shows."""
    end = {"reason": "cause_remedied", "explanation": "they run"}
    made = apply(at)
    attached, said = file(made), made.follow("comment", body={"text": "seen"})
    for name in ("fetch", "read", "attachments"):
        attached.follow(name)
    said.follow("events")
    override = {**OVERRIDE, "evidence": attached.answer.json()["sha256"]}
    overridden = made.follow("override", "risk", override)
    ended = overridden.follow("endOverride", "risk", end)
    submitted = ended.follow("move", body={"action": "submit"})
    read = submitted.follow("read")
    read.follow("move", "approver", {"action": "decline", "reason": "no orders"})
    for case in (made, read):
        look(case)
    for case in (made, read, submitted):
        case.follow("notice")
    for case in (overridden, ended):
        case.follow("read")
    submitted.follow("assessment")
    other = apply(at, "E6")
    file(other)
    again = other.follow("move", body={"action": "submit"}).follow(
        "move", "approver", {"action": "return", "reason": "which orders?"}
    )
    again.follow("override", "risk", override).follow("move", body={"action": "submit"})
    third = apply(at, "E7")
    file(third)
    third.follow("read").follow("override", "risk", override)
    third.follow("read").follow("endOverride", "risk", end).follow("override", "risk", override)


def walk_pages(at: Follower, _: Path) -> None:
    """The first case of a page, and what happened to a case piece by piece."""
    case = apply(at, "E8").follow("move", body={"action": "submit"})
    case.follow("move", "approver", {"action": "decline", "reason": "no orders"})
    page = at.ask("risk", "GET", "/v1/me").follow("applications", "risk", limit="1")
    page.follow("next", "risk", limit="1")
    assert page.follow("read", "risk").answer.json()["id"] == page.answer.json()["applications"][0]["id"]
    some = at.ask("risk", "GET", f"{CASE}/events", application_id=case.answer.json()["id"], limit="1")
    assert some.follow("next", "risk").answer.json()["events"][0]["number"] == 2


def walk_models(at: Follower, home: Path) -> None:
    """From registration into force and back, each step by whom it is for."""
    first, second = (registered(at, home, seed) for seed in (3, 4))
    for model in (first, second):
        model.follow("read", "auditor")
        validated = model.follow("validate", "validator", {})
        validated.follow("read", "auditor")
        approved = validated.follow("approve", "approver", {})
        approved.follow("read", "auditor")
        promoted = approved.follow("promote", "model_owner", {"reason": "better"})
        promoted.follow("read", "auditor")
    before = at.ask("auditor", "GET", "/v1/models").follow("read", "auditor")
    assert before.answer.json()["digest"] == digest_of(first)
    before.follow("validate", "validator", {})
    before.follow("approve", "approver", {})
    before.follow("promote", "model_owner", {"reason": "in the shadow too", "role": "challenger"})
    before.follow("rollBack", "model_owner", {"reason": "arrears"}).follow("read", "auditor")


def registered(at: Follower, home: Path, seed: int) -> Answered:
    """A trained model with its report, on record."""
    made = skilled(seed)
    made.write(home / "bundles" / made.digest[:12])
    write_report(home, made.digest)
    return at.ask("model_owner", "POST", "/v1/models", {"bundle": made.digest, "developer": "li.wei"})


def digest_of(model: Answered) -> str:
    return str(model.answer.json()["record"]["model"])


def walk_events(at: Follower, _: Path) -> None:
    """Dead letters from the first page; a subscription and its end."""
    at.ask("risk", "GET", "/v1/events", state="dead").follow("replay", "risk")
    dead = at.ask("risk", "GET", "/v1/events", state="dead", limit="1")
    dead.follow("discard", "risk")
    dead.follow("next", "risk")
    body = {"name": "engine", "url": "https://erp.example/in", "types": ["*"]}
    at.ask("risk", "POST", "/v1/events/subscriptions", body).follow("unsubscribe", "risk")


def walk_records(at: Follower, _: Path) -> None:
    """A kind, a batch of it, and what was not accepted of that."""
    kinds = at.ask("officer", "GET", "/v1/records")
    kinds.follow("schema")
    kind = kinds.answer.json()["kinds"][0]["kind"]
    rows = {"rows": [sound_row(KINDS[kind]), {"enterprise_id": "E1"}]}
    kinds.follow("store", body=rows).follow("quarantined")


def walk_batches(at: Follower, _: Path) -> None:
    """The portfolio, until it is done; a cancelled one is done all the same when asked for again."""
    batch = at.ask("risk", "POST", "/v1/batches", {"as_of": AS_OF.isoformat()})
    for _attempt in range(600):
        status = batch.follow("read", "risk")
        if status.answer.json()["state"] == "done":
            break
        time.sleep(0.1)
    for answer in (batch, status, at.ask("risk", "GET", "/v1/batches")):
        answer.follow("manifest", "risk")
        answer.follow("cancel", "risk")
    at.ask("risk", "GET", "/v1/batches").follow("read", "risk")
