"""What the log and the metrics tell of a request, and what they never tell."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.api import create_app
from service.bootstrap import Service, build
from service.operations.logs import JsonLines, configuration
from service.people import Role
from service.settings import read_settings
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import asked, still_clock

SECRET, PERSON = "sk-marked-secret-7f3a", "marked-person-张三-330106199001011234"


class Lines:
    """The log as it is written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log as it serves, by its formatter: ours down to DEBUG, libraries from WARNING on."""
    found = Lines()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(), logging.getLogger("service"), logging.getLogger("models")]
    before = [(one, one.level) for one in loggers]
    loggers[0].addHandler(handler)  # the others tell it
    for one, level in zip(loggers, ("WARNING", "DEBUG", "DEBUG"), strict=True):
        one.setLevel(level)
    yield found
    for one, level in before:
        one.removeHandler(handler)
        one.setLevel(level)


def test_one_line_tells_of_a_request(client: TestClient, lines: Lines) -> None:
    """Route template, status, time, a pseudonym and the request's id, which the answer has too."""
    made = client.post("/v1/assessments", json=asked(), headers={"X-Request-ID": "till-7.42"})
    read = client.get(f"/v1/assessments/{made.json()['id']}")
    first, second = (one for one in lines.events if one["event"] == "request")
    assert first["request_id"] == made.headers["x-request-id"] == "till-7.42"
    assert (first["method"], first["route"], first["status"]) == ("POST", "/v1/assessments", 201)
    assert second["route"] == "/v1/assessments/{assessment_id}"
    assert second["request_id"] == read.headers["x-request-id"] != "till-7.42"
    assert first["ms"] > 0
    assert first["who"] == second["who"]
    assert made.json()["id"] not in lines.text


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "行", "a\tb"])
def test_an_id_that_is_no_plain_word_is_replaced(client: TestClient, given: str) -> None:
    """What a caller sends as an id of the request stands in the log only when it is harmless."""
    answer = client.get("/healthz", headers={"X-Request-ID": given.encode()})
    assert len(answer.headers["x-request-id"]) == 32


def test_no_secret_and_no_personal_data_is_logged_or_counted(service: Service, lines: Lines) -> None:
    """Marked words in body, path, query, headers and subject, in answers of every class: none is in log or metrics."""
    bare = TestClient(create_app(service), raise_server_exceptions=False)
    mine = token(service, subject=PERSON)
    headers = bearer(mine)
    bodies: list[Any] = [
        asked(PERSON),
        asked(SECRET, request={"amount_yuan": SECRET}),
        asked("E5", **{PERSON: SECRET}),
        asked("E5", records={"invoice": [{"invoice_no": SECRET, "counterparty_id": PERSON}]}),
    ]
    for body in bodies:
        assert bare.post("/v1/assessments", json=body, headers=headers).status_code == 422
    assert bare.post("/v1/assessments", content=SECRET, headers=headers).status_code == 415
    json_headers = {**headers, "content-type": "application/json"}
    assert bare.post("/v1/assessments", content=f'{{"{SECRET}', headers=json_headers).status_code == 400
    assert bare.get(f"/v1/assessments/{SECRET}?x={PERSON}", headers=headers).status_code == 404
    assert bare.get(f"/v1/{PERSON}", headers=headers).status_code == 404
    assert bare.get("/v1/records", headers=bearer(SECRET)).status_code == 401
    assert bare.get("/v1/records", headers={"X-API-Key": SECRET}).status_code == 401
    assert bare.request(SECRET.upper(), "/v1/records", headers=headers).status_code == 405
    assert bare.get("/v1/me", headers=headers).json()["subject"] == PERSON
    counted = bare.get("/metrics", headers=headers).text
    assert len([one for one in lines.events if one["event"] == "request"]) == 13
    for marked in (SECRET, SECRET.upper(), PERSON, "张三", "330106199001011234", mine):
        assert marked not in lines.text
        assert marked not in counted
        assert json.dumps(marked)[1:-1] not in lines.text


def test_a_failure_is_told_by_class_and_place_and_not_by_its_words(
    service: Service, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of an exception may hold what somebody sent; the answer of a failure has the request's id too."""

    def fail(*_: object) -> None:
        raise ValueError(f"cannot read {SECRET} of {PERSON}") from KeyError(PERSON)

    monkeypatch.setattr(service.assessments, "get", fail)
    with client_of(service) as client:
        answer = client.get("/v1/assessments/x")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:assetlight:problem:unexpected-error"
    failure = next(one for one in lines.events if one["event"] == "unexpected failure")
    assert failure["request_id"] == answer.headers["x-request-id"]
    assert [one["class"] for one in failure["failure"]] == ["ValueError", "KeyError"]
    assert failure["failure"][0]["at"][-1].endswith(" fail")
    for marked in (SECRET, PERSON, "张三"):
        assert marked not in lines.text
        assert marked not in answer.text


def test_the_log_of_the_server_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Also what a library says through the root, as JSON, once."""
    root, service = logging.getLogger(), logging.getLogger("service")
    kept = [(one, list(one.handlers), one.level, one.propagate) for one in (root, service)]
    try:
        logging.config.dictConfig(configuration("INFO"))
        logging.getLogger("service.x").info("one")
        logging.getLogger("library").warning("two")
    finally:
        for one, handlers, level, propagate in kept:
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [json.loads(line)["event"] for line in captured.err.splitlines()] == ["one", "two"]


@pytest.mark.parametrize(
    "fact", [object(), "\ud800", {(1, 2): 3}, {1: {2}}, 2**70, float("nan"), ValueError("x"), b"\xff", "行\u2028\n"]
)
def test_whatever_a_library_adds_is_one_line(lines: Lines, fact: object) -> None:
    """A line of the log never fails."""
    logging.getLogger("library").warning("%s", "said", extra={"fact": fact})
    (line,) = lines.text.split("\n")[:-1]
    assert json.loads(line)["event"] == "said"
    assert "fact" in json.loads(line)


def figures(text: str) -> dict[str, float]:
    """The samples of a scrape."""
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_metrics_tell_of_latency_stages_decisions_and_what_is_in_force(client: TestClient, service: Service) -> None:
    """After two assessments every figure that docs/operations.md names is there."""
    decision = client.post("/v1/assessments", json=asked()).json()["decision"]
    client.post("/v1/assessments", json=asked())
    found = figures(client.get("/metrics").text)
    post = 'assetlight_request_seconds_count{method="POST",route="/v1/assessments",status="201"}'
    assert found[post] == 2
    for stage in ("records", "features", "probability", "evidence", "limit", "reasons", "record", "durable_write"):
        assert found[f'assetlight_stage_seconds_count{{stage="{stage}"}}'] == 2
    outcome, grade = decision["outcome"], decision["grade"]
    assert found[f'assetlight_decisions_total{{grade="{grade}",outcome="{outcome}"}}'] == 2
    assert found["assetlight_ledger_entries"] == 3  # the policy told once, two assessments
    assert found['assetlight_queue_depth{queue="ledger"}'] == 0
    assert found["assetlight_requests_in_flight"] == 1
    digest = service.bundles.current().digest
    assert found[f'assetlight_model_info{{digest="{digest}",role="champion"}}'] == 1
    policy = service.policy_today()
    assert found[f'assetlight_policy_info{{digest="{policy.digest}",on="2020-03-01"}}'] == 1


def test_metrics_go_on_where_something_cannot_be_read(client: TestClient, service: Service) -> None:
    """A scrape tells what can be told."""
    (service.settings.home / "bundles" / "CURRENT").unlink()
    text = client.get("/metrics").text
    assert "assetlight_model_info" not in text
    assert "assetlight_ledger_entries" in text


@pytest.mark.parametrize(
    ("allowed", "host", "headers", "status"),
    [
        (True, "127.0.0.1", {}, 200),
        (True, "::1", {}, 200),
        (False, "127.0.0.1", {}, 401),
        (True, "10.0.0.7", {}, 401),
        (True, "127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 401),
        (True, "127.0.0.1", {"Forwarded": "for=10.0.0.7"}, 401),
        (True, "127.0.0.1", {"Authorization": "Bearer nonsense"}, 401),
    ],
)
def test_this_machine_reads_metrics_only_where_it_is_allowed(
    home: Any, allowed: bool, host: str, headers: dict[str, str], status: int
) -> None:
    """Deny by default; whoever comes through a proxy is not this machine; and nothing else opens."""
    service = build(read_settings(home=home, metrics_on_loopback=allowed), still_clock)
    bare = TestClient(create_app(service), raise_server_exceptions=False, client=(host, 5000))
    assert bare.get("/metrics", headers=headers).status_code == status
    assert bare.get("/v1/records", headers=headers).status_code == 401
    service.close()


def test_roles_that_read_metrics(service: Service) -> None:
    """Risk and systems; an officer may not."""
    bare = TestClient(create_app(service), raise_server_exceptions=False)
    for role, status in ((Role.RISK, 200), (Role.SERVICE, 200), (Role.OFFICER, 403), (Role.AUDITOR, 403)):
        assert bare.get("/metrics", headers=bearer(token(service, role))).status_code == status
