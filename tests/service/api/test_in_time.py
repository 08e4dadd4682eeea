"""Requests that take too long, callers that ask too often, JSON that is nested too deeply."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from service.api import create_app
from service.assessing import Assessor, Question
from service.bootstrap import Service, build
from service.deadline import CURRENT, Deadline, DeadlinePassed, claim
from service.errors import SettingNotUsable
from service.ledger import LedgerWriter
from service.people import Role
from service.people.keys import KeyAsked
from service.settings import read_settings
from service.store import AssessmentStore, Store
from service.store.schema import ASSESSMENTS
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import AS_OF, asked, still_clock

ROW = {
    "id": "x",
    "created_at": "2020-03-01T02:00:00.000000+00:00",
    "enterprise_id": "E5",
    "as_of": "2020-02-29",
    "decision_id": "x",
    "decision": b"{}",
    "request": b"{}",
}


def built(home: Path, **settings: Any) -> Service:
    return build(read_settings(home=home, development_issuer=True, **settings), still_clock)


PATIENCE_S = 2.0


@pytest.fixture
def hurried(home: Path) -> Iterator[Service]:
    """A service with little patience that has warmed up."""
    service = built(home, request_timeout_s=PATIENCE_S)
    _ = service.recorder
    service.assessor.made(Question("E5", AS_OF))
    yield service
    service.close()


@pytest.mark.parametrize(("part", "name"), [(Assessor, "stored"), (LedgerWriter, "_without_known")])
def test_a_request_that_takes_too_long_is_told_so_and_keeps_nothing(
    hurried: Service, monkeypatch: pytest.MonkeyPatch, part: type, name: str
) -> None:
    """504 with a problem; the thread that was still at work, also just before it writes, finds no right to commit."""
    released, ended = threading.Event(), threading.Event()
    usual = getattr(part, name)

    def slowly(*args: Any) -> Any:
        released.wait(60)
        try:
            return usual(*args)
        finally:
            ended.set()

    monkeypatch.setattr(part, name, slowly)
    with client_of(hurried) as client:
        answer = client.post("/v1/assessments", json=asked())
        assert answer.status_code == 504, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:assetlight:problem:deadline-passed"
        released.set()
        assert ended.wait(60)
        sleep(0.3)
        assert hurried.assessments.count() == 0


def test_a_commit_that_was_begun_is_answered_as_done(hurried: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is told 504 finds nothing kept: so a request that keeps something is never told so."""
    commit = LedgerWriter._commit

    def slowly(*args: Any) -> None:
        sleep(PATIENCE_S + 1.0)
        commit(*args)

    monkeypatch.setattr(LedgerWriter, "_commit", slowly)
    with client_of(hurried) as client:
        answer = client.post("/v1/assessments", json=asked())
        sleep(2.0)  # what was not claimed may still come
    assert answer.status_code == (201 if hurried.assessments.count() else 504)


def test_a_transaction_of_a_late_request_is_rolled_back(store: Store) -> None:
    """On both databases: the last thing before the commit is the question whether it is still wanted."""
    deadline = Deadline()
    before = CURRENT.set(deadline)

    def write_late() -> None:
        with store.writing() as connection:
            connection.execute(insert(ASSESSMENTS).values(ROW))
            assert deadline.expire()

    try:
        with pytest.raises(DeadlinePassed, match="too long"):
            write_late()
    finally:
        CURRENT.reset(before)
    assert AssessmentStore(store).count() == 0
    with store.writing() as connection:
        connection.execute(insert(ASSESSMENTS).values(ROW))
    assert AssessmentStore(store).count() == 1


def test_the_right_to_keep_and_the_end_of_the_time_exclude_each_other() -> None:
    """Whichever comes first decides; outside a request there is no end."""
    deadline = Deadline()
    deadline.claim()
    assert not deadline.expire()
    deadline.require()
    late = Deadline()
    assert late.expire()
    with pytest.raises(DeadlinePassed, match="nothing was kept"):
        late.claim()
    claim()


def test_who_asks_too_often_is_told_when_to_come_back(home: Path) -> None:
    """Each caller for itself; refused requests of strangers are nobody's; `off` is no limit."""
    service = built(home, rate_limit="3/minute", rate_limit_keys="1/minute")
    bare = TestClient(create_app(service), raise_server_exceptions=False)
    mine, other = (bearer(token(service, Role.OFFICER, subject=name)) for name in ("u-1", "u-2"))
    assert [bare.get("/v1/me", headers=mine).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = bare.get("/v1/me", headers=mine)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:assetlight:problem:too-many-requests"
    assert int(refused.headers["retry-after"]) >= 1
    assert "x-request-id" in refused.headers
    assert bare.get("/v1/me", headers=other).status_code == 200
    _, key = service.api_keys.create(
        KeyAsked("nightly", [Role.SERVICE], timedelta(days=1), ["*"]), datetime(2020, 3, 1, tzinfo=UTC)
    )
    assert [bare.get("/v1/me", headers={"X-API-Key": key}).status_code for _ in range(2)] == [200, 429]
    assert [bare.get("/healthz").status_code for _ in range(5)] == [200] * 5
    service.close()


def test_a_limit_that_is_none_is_refused_by_name(home: Path) -> None:
    """Before anything starts."""
    with pytest.raises(SettingNotUsable, match="rate_limit"):
        read_settings(home=home, rate_limit="often")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [32, 33])
def test_json_that_is_nested_too_deeply_is_refused(client: TestClient, opening: str, closing: str, depth: int) -> None:
    """With the depth that was found, before anything looks at what it says; marks inside texts do not count."""
    inside = opening * (depth - 1) + '"[[{{"' + closing * (depth - 1)
    body = '{"enterprise_id": "E5[\\"[", "records": ' + inside + "}"
    answer = client.post("/v1/assessments", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == (422 if depth == 32 else 400), answer.text
    if depth == 33:
        assert answer.json()["type"] == "urn:assetlight:problem:json-too-deep"
        assert answer.json()["value"] == "33 deep"
