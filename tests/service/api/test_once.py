"""`Idempotency-Key` on every POST of the OpenAPI document: done once, answered twice, never for another request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select

from service.assessing import Assessor, Made, Question
from service.batch.background import BatchDesk
from service.bootstrap import Service
from service.outbox.event import Event, event_id
from service.outbox.keeping import DEAD, keep
from service.people import Role
from service.store.outbox_schema import EVENT_DELIVERIES
from service.store.schema import ASSESSMENTS, LEDGER, MODEL_RECORDS
from tests.service.api.test_models import candidate
from tests.service.batch.test_api import Never
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import AS_OF, PATH, asked

POSTS = [
    name
    for name in json.loads((Path(__file__).parents[2] / "golden" / "access.json").read_text())
    if name[:4] == "POST"
]
RECORDS = "POST /v1/records/{kind}"  # says when a batch was received, and is the same without a key
Prepared = tuple[str, Any, Any]  # path, body, another body (None: the path alone says what is asked)
EVENTS = ("POST /v1/events/{event_id}/replay", "POST /v1/events/{event_id}/discard")


class Bank:
    """Whatever a POST needs to be there, and who may ask for it."""

    def __init__(self, client: TestClient, service: Service, home: Path) -> None:
        self.client = client
        self.service = service
        self.home = home
        service.__dict__["batch_desk"] = BatchDesk(service.settings, spawn=Never())

    def headers(self, who: str) -> dict[str, str]:
        return bearer(token(self.service, *Role, subject=who, branches=["*"], authority="head_office"))

    def case(self) -> dict[str, Any]:
        body = {"enterprise_id": "E5", "amount_yuan": "500000", "tenor_months": 12, "purpose": "x", "branch": "b"}
        found: dict[str, Any] = self.client.post("/v1/applications", json=body, headers=self.headers("li")).json()
        return found

    def attached(self, case: dict[str, Any]) -> str:
        headers = {**self.headers("li"), "Content-Type": "application/pdf"}
        path = f"/v1/applications/{case['id']}/attachments?name=a.pdf"
        return str(self.client.post(path, content=b"%PDF-1.7 a contract", headers=headers).json()["sha256"])

    def model(self, *steps: str, seed: int = 3) -> str:
        digest = candidate(self.home, seed)
        for who, step, body in (
            ("dev", "register", {"bundle": digest, "developer": "dev"}),
            ("val", "validations", {}),
            ("app", "approvals", {}),
        ):
            if step in steps:
                path = "/v1/models" if step == "register" else f"/v1/models/{digest}/{step}"
                assert self.client.post(path, json=body, headers=self.headers(who)).status_code == 201
        return digest

    def dead_letter(self) -> str:
        made = self.client.post(
            "/v1/events/subscriptions", json={"name": "erp", "url": "http://127.0.0.1:9/in", "types": ["*"]}
        )
        name = event_id("x", 1, "made")
        event = Event(name, "application.assessed", "x", self.service.clock(), "urn:assetlight", {})
        with self.service.store.writing() as connection:
            keep(connection, [event])
            connection.execute(EVENT_DELIVERIES.update().values(state=DEAD, subscription_id=made.json()["id"]))
        return name


def assessment(_: Bank) -> Prepared:
    return PATH, asked("E5"), asked("E2")


def what_if(bank: Bank) -> Prepared:
    made = bank.client.post(PATH, json=asked("E5")).json()
    return f"{PATH}/{made['id']}/what-if", {}, {"facts": {"void_rate_12m": 0.5}}


def valuation(_: Bank) -> Prepared:
    body = {"enterprise_id": "E5", "as_of": AS_OF.isoformat()}
    return "/v1/valuations", body, {**body, "enterprise_id": "E2"}


def score(bank: Bank) -> Prepared:
    names = bank.service.bundles.current().features
    return "/v1/scores", *({"features": dict.fromkeys(names, value)} for value in (1.0, 2.0))


def batch(_: Bank) -> Prepared:
    return "/v1/batches", {"as_of": AS_OF.isoformat()}, {"as_of": "2020-01-31"}


def cancel(bank: Bank) -> Prepared:
    made = bank.client.post("/v1/batches", json={"as_of": AS_OF.isoformat()}).json()
    return f"/v1/batches/{made['id']}/cancel", None, None


def dead_letter(step: str) -> Callable[[Bank], Prepared]:
    return lambda bank: (f"/v1/events/{bank.dead_letter()}/{step}", None, None)


def subscription(_: Bank) -> Prepared:
    body = {"name": "erp", "url": "http://127.0.0.1:9/in", "types": ["*"]}
    return "/v1/events/subscriptions", body, {**body, "name": "other"}


def application(_: Bank) -> Prepared:
    body = {"enterprise_id": "E5", "amount_yuan": "500000", "tenor_months": 12, "purpose": "x", "branch": "b"}
    return "/v1/applications", body, {**body, "amount_yuan": "400000"}


def transition(bank: Bank) -> Prepared:
    path = f"/v1/applications/{bank.case()['id']}/transitions"
    return path, {"action": "submit"}, {"action": "withdraw", "reason": "x"}


def comment(bank: Bank) -> Prepared:
    return f"/v1/applications/{bank.case()['id']}/comments", {"text": "a"}, {"text": "b"}


def attachment(bank: Bank) -> Prepared:
    return f"/v1/applications/{bank.case()['id']}/attachments?name=a.pdf", b"%PDF-1.7 one", b"%PDF-1.7 two"


def override(bank: Bank) -> Prepared:
    case = bank.case()
    body = {"what": "amount", "direction": "down", "to_amount_yuan": "100000", "reason": "adverse_site_visit"}
    body |= {"explanation": "Half of the machines stand still", "evidence": bank.attached(case)}
    body |= {"expires_on": "2020-06-01"}
    return f"/v1/applications/{case['id']}/overrides", body, {**body, "to_amount_yuan": "90000"}


def withdrawal(bank: Bank) -> Prepared:
    path, body, _ = override(bank)
    made = post(bank, "wang", path, body, None).json()
    reason = {"reason": "made_in_error", "explanation": "They run"}
    return f"{path}/{made['overrides'][0]['id']}/withdrawal", reason, {**reason, "reason": "cause_remedied"}


def registration(bank: Bank) -> Prepared:
    body = {"bundle": bank.model(), "developer": "dev"}
    return "/v1/models", body, {**body, "developer": "other"}


def remark(step: str, *before: str) -> Callable[[Bank], Prepared]:
    return lambda bank: (f"/v1/models/{bank.model(*before)}/{step}", {"note": "a"}, {"note": "b"})


def promotion(bank: Bank) -> Prepared:
    digest = bank.model("register", "validations", "approvals")
    return f"/v1/models/{digest}/promotions", {"reason": "first"}, {"reason": "second"}


CASES: dict[str, tuple[str, Callable[[Bank], Prepared]]] = {
    "POST /v1/assessments": ("li", assessment),
    "POST /v1/assessments/{assessment_id}/what-if": ("li", what_if),
    "POST /v1/valuations": ("li", valuation),
    "POST /v1/scores": ("li", score),
    "POST /v1/batches": ("li", batch),
    "POST /v1/batches/{batch_id}/cancel": ("li", cancel),
    EVENTS[0]: ("li", dead_letter("replay")),
    EVENTS[1]: ("li", dead_letter("discard")),
    "POST /v1/events/subscriptions": ("li", subscription),
    "POST /v1/applications": ("li", application),
    "POST /v1/applications/{application_id}/transitions": ("li", transition),
    "POST /v1/applications/{application_id}/comments": ("li", comment),
    "POST /v1/applications/{application_id}/attachments": ("li", attachment),
    "POST /v1/applications/{application_id}/overrides": ("wang", override),
    "POST /v1/applications/{application_id}/overrides/{override_id}/withdrawal": ("wang", withdrawal),
    "POST /v1/models": ("dev", registration),
    "POST /v1/models/{model}/validations": ("val", remark("validations", "register")),
    "POST /v1/models/{model}/approvals": ("app", remark("approvals", "register", "validations")),
    "POST /v1/models/{model}/promotions": ("own", promotion),
}
ROLLBACK = "POST /v1/models/{model}/rollbacks"  # its road is long: see below


@pytest.fixture
def bank(client: TestClient, service: Service, home: Path) -> Bank:
    return Bank(client, service, home)


def post(bank: Bank, who: str, path: str, body: Any, key: str | None) -> Response:
    headers = bank.headers(who) | ({} if key is None else {"Idempotency-Key": key})
    if "/applications/" in path:
        headers["If-Match"] = '"2"' if path.endswith("/withdrawal") else '"1"'
    if isinstance(body, bytes):
        return bank.client.post(path, content=body, headers={**headers, "Content-Type": "application/pdf"})
    return bank.client.post(path, json=body, headers=headers)


def kept_rows(service: Service) -> list[int]:
    """How many assessments, model records, and entries of the ledger but readings there are."""
    with service.store.reading() as connection:
        counts = [
            select(func.count()).select_from(ASSESSMENTS),
            select(func.count()).select_from(MODEL_RECORDS),
            select(func.count()).select_from(LEDGER).where(LEDGER.c.kind != "access"),
        ]
        return [int(connection.execute(one).scalar_one()) for one in counts]


def test_every_post_of_the_document_takes_a_key(client: TestClient) -> None:
    """The header is documented at each of them, and each of them is tried below."""
    paths = client.get("/openapi.json").json()["paths"]
    posts = {f"POST {path}": item["post"] for path, item in paths.items() if "post" in item}
    without = [
        name
        for name, operation in posts.items()
        if "idempotency-key" not in {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
    ]
    assert not without
    assert set(posts) == set(POSTS) == {*CASES, RECORDS, ROLLBACK}


@pytest.mark.parametrize("operation", CASES)
def test_the_same_request_under_a_key_is_done_once(bank: Bank, operation: str) -> None:
    """The second answer is the first one and says so, nothing more is kept, and the key is of no other request."""
    who, prepare = CASES[operation]
    path, body, other = prepare(bank)
    first = post(bank, who, path, body, "k")
    assert first.status_code < 300, first.text
    assert "idempotency-replayed" not in first.headers
    kept = kept_rows(bank.service)
    again = post(bank, who, path, body, "k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers.get("location") == first.headers.get("location")
    assert kept_rows(bank.service) == kept
    refused = post(bank, who, path, other, "k") if other is not None else post(bank, who, PATH, asked("E5"), "k")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:assetlight:problem:idempotency-key-reused")
    assert kept_rows(bank.service) == kept


def test_a_rollback_under_a_key_is_done_once(bank: Bank) -> None:
    """Two models in turn, and back to the first."""
    digest = bank.model("register", "validations", "approvals")
    assert post(bank, "own", f"/v1/models/{digest}/promotions", {"reason": "first"}, None).status_code == 201
    second = bank.model("register", "validations", "approvals", seed=4)
    assert post(bank, "own", f"/v1/models/{second}/promotions", {"reason": "next"}, None).status_code == 201
    path, body = f"/v1/models/{digest}/rollbacks", {"reason": "arrears"}
    first = post(bank, "own", path, body, "k")
    assert first.status_code == 201, first.text
    kept = kept_rows(bank.service)
    again = post(bank, "own", path, body, "k")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert kept_rows(bank.service) == kept
    assert post(bank, "own", path, {"reason": "other"}, "k").status_code == 422


def test_of_two_at_the_same_time_one_assessment_counts(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds the key taken when it commits, keeps nothing, and gives the answer of the faster one."""
    headers = bank.headers("li") | {"Idempotency-Key": "k"}
    faster: list[Response] = []
    made = Assessor.made

    def slow(self: Assessor, question: Question) -> Made:
        found = made(self, question)
        if not faster:
            with monkeypatch.context() as normal:
                normal.setattr(Assessor, "made", made)
                faster.append(bank.client.post(PATH, json=asked("E5"), headers=headers))
        return found

    monkeypatch.setattr(Assessor, "made", slow)
    slower = bank.client.post(PATH, json=asked("E5"), headers=headers)
    assert (faster[0].status_code, slower.status_code) == (201, 201)
    assert faster[0].content == slower.content
    assert (faster[0].headers.get("idempotency-replayed"), slower.headers["idempotency-replayed"]) == (None, "true")
    assert bank.service.assessments.count() == 1


def test_a_key_of_another_person_is_another_key(bank: Bank) -> None:
    """Keys are their callers' own."""
    first, second = (post(bank, who, PATH, asked("E5"), "k").json()["id"] for who in ("li", "wang"))
    assert first != second


def test_without_a_key_nothing_is_kept_of_what_only_computes(service: Service) -> None:
    """A score leaves no trace; with a key its answer is kept under it."""
    client = client_of(service)
    names = service.bundles.current().features
    body = {"features": dict.fromkeys(names, 1.0)}
    assert client.post("/v1/scores", json=body).status_code == 200
    assert "store" not in service.__dict__ or not kept_rows(service)[2]
