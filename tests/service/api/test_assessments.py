"""Assessments over HTTP: made, kept, read again to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.canonical import canonical_json
from models.decision import parse
from service.api.examples import REQUEST_EXAMPLES
from service.bootstrap import Service
from tests.service.conftest import PATH, TODAY, asked, invoices_of, refused


def test_an_assessment_is_made_kept_and_read_again_to_the_byte(client: TestClient, service: Service) -> None:
    """What POST answers is what GET answers, and the decision in it is the canonical bytes that its id names."""
    made = client.post(PATH, json=asked(request={"amount_yuan": "500000"}))
    assert made.status_code == 201
    again = client.get(made.headers["location"])
    assert again.status_code == 200
    assert again.content == made.content
    body = made.json()
    kept = service.assessments.get(body["id"])
    assert kept.decision in made.content
    assert canonical_json(body["decision"]) == kept.decision
    assert parse(kept.decision).decision_id == body["decision_id"] == kept.decision_id
    assert body["enterprise_id"] == "E5"
    assert body["created_at"] == "2020-03-01T02:00:00.123456Z"
    assert body["request"]["request"] == {"amount_yuan": "500000"}
    assert body["decision"]["request"]["amount_yuan"] == "500000.00"


def test_the_day_is_today_in_beijing_unless_given(client: TestClient) -> None:
    """Without `as_of` the assessment is of the bank's calendar day, by the clock it was given."""
    assert client.post(PATH, json={"enterprise_id": "E5"}).json()["as_of"] == TODAY.isoformat()


def test_records_in_the_request_decide_as_the_same_records_in_the_store(client: TestClient) -> None:
    """Inline records give the same decision but for the network, of which they say nothing, and store no record."""
    stored = client.post(PATH, json=asked()).json()["decision"]
    inline = client.post(PATH, json=asked(records={"invoice": invoices_of("E5")})).json()["decision"]
    network = {"payment_rank_12m", "core_index_12m", "circular_share_12m"}
    assert {inline["feature_values"].pop(name) for name in network} == {None}
    assert None not in {stored["feature_values"].pop(name) for name in network}
    for decision, status in ((inline, "not_applicable"), (stored, "passed")):
        circular = [gate for gate in decision["gates"] if gate["fact"] == "circular_share_12m"]
        assert [gate["status"] for gate in circular] == [status] * 2
        decision["gates"] = [gate for gate in decision["gates"] if gate not in circular]
    for name in ("decision_id", "input_sha256"):
        assert inline.pop(name) != stored.pop(name)
    assert inline == stored
    assert client.post(PATH, json=asked(records={"invoice": []})).json()["records_received"] == {"invoice": 0}
    stranger = asked("NEW-1", records={"invoice": invoices_of("E5")})
    assert client.post(PATH, json=stranger).json()["decision"]["limit_yuan"] == stored["limit_yuan"]
    assert refused(client, 422, json=asked("NEW-1"))["field"] == "enterprise_id"


def test_no_records_at_all_refer_and_name_the_document(client: TestClient) -> None:
    """An enterprise of which nothing is known is referred, not declined."""
    decision = client.post(PATH, json=asked(records={})).json()["decision"]
    assert decision["outcome"] == "refer"
    assert decision["missing_documents"]


def test_a_missing_bundle_is_the_services_own_trouble(client: TestClient, home: Path) -> None:
    """Without a model the answer is 503 and names the command; nothing is kept."""
    (home / "bundles" / "CURRENT").unlink()
    problem = refused(client, 503, json=asked())
    assert "assetlight train" in problem["advice"]


def test_an_unforeseen_failure_tells_nothing_of_the_house(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is 500 with no word of what is inside, and keeps nothing."""

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr("service.assessing.score", fail)
    problem = refused(client, 500, json=asked())
    assert "secret" not in json.dumps(problem)
    assert service.assessments.count() == 0


def test_what_cannot_be_kept_is_not_acknowledged(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that refuses the row gives 503, not an assessment that is nowhere."""
    monkeypatch.setattr("service.bootstrap.uuid7", lambda *_: "always-the-same")
    assert client.post(PATH, json=asked()).status_code == 201
    assert "could not be kept" in refused(client, 503, json=asked())["title"]
    assert service.assessments.count() == 1


@pytest.mark.parametrize("name", REQUEST_EXAMPLES)
def test_the_worked_examples_are_accepted(client: TestClient, name: str) -> None:
    """Every request example of the documentation is an assessment, on the days of this bank."""
    body = json.loads(
        json.dumps(REQUEST_EXAMPLES[name]["value"]).replace("2026-03-31", "2020-02-29").replace("2026", "2020")
    )
    body = json.loads(json.dumps(body).replace("2020-03-05", "2020-02-05"))
    answer = client.post(PATH, json=body)
    assert answer.status_code == 201, answer.text


def test_the_origin_of_records_is_said_only_where_there_are_records(client: TestClient) -> None:
    """Without records nothing is echoed about where they come from; with them the kept word is."""
    stored = client.post(PATH, json=asked("E5")).json()
    assert "records_origin" not in stored["request"]
    assert "records_origin" not in client.get(f"{PATH}/{stored['id']}").json()["request"]
    inline = client.post(PATH, json=asked("E5", records={"invoice": invoices_of("E5")}, records_origin=" Test")).json()
    assert inline["request"]["records_origin"] == "test"
    assert inline["decision"]["data_origin"] == ["test"]


@pytest.mark.parametrize("written", ["Ｅ５", " E5\u200b", "E5\ufeff"])
def test_an_id_finds_its_enterprise_however_it_is_written(client: TestClient, written: str) -> None:
    """A full-width or invisible character does not make another enterprise, stored or inline."""
    answer = client.post(PATH, json=asked(written))
    assert answer.status_code == 201
    assert answer.json()["enterprise_id"] == "E5"
    assert answer.json()["decision_id"] == client.post(PATH, json=asked("E5")).json()["decision_id"]
