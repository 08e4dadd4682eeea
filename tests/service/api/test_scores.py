"""`/v1/scores`: a ready row of features, scored by the one path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import Service
from tests.service.conftest import ENTERPRISES, asked


@pytest.mark.parametrize("enterprise", [ENTERPRISES[0], ENTERPRISES[4], ENTERPRISES[10], ENTERPRISES[11]])
def test_a_row_scores_to_the_bit_as_the_enterprise_does(client: TestClient, enterprise: str) -> None:
    """Probability, interval, grade, points and contributions are those of the decision on the same features."""
    decision = client.post("/v1/assessments", json=asked(enterprise)).json()["decision"]
    features = {name: decision["feature_values"][name] for name in decision["contributions"]}
    score = client.post("/v1/scores", json={"features": features})
    assert score.status_code == 200, score.text
    found = score.json()
    for name in ("pd", "grade", "points", "base_points", "contributions"):
        assert found[name] == decision[name], name
    assert found["bundle"] == decision["bundle"]["digest"]
    assert found["simulated"] is True
    assert score.headers["cache-control"] == "no-store"


def test_a_row_of_which_nothing_is_known_has_no_probability(client: TestClient, service: Service) -> None:
    """The model would answer; that answer is about nobody."""
    nothing = dict.fromkeys(service.bundles.current().features)
    found = client.post("/v1/scores", json={"features": nothing}).json()
    assert [found[name] for name in ("pd", "pd_low", "pd_high", "grade", "points")] == [None] * 5


def test_nothing_is_kept(client: TestClient, service: Service) -> None:
    """A score is no decision: neither assessments nor ledger know of it."""
    features: dict[str, Any] = dict.fromkeys(service.bundles.current().features, 1.0)
    assert client.post("/v1/scores", json={"features": features}).status_code == 200
    assert service.assessments.count() == 0
    assert "assetlight_ledger_entries 0.0" in client.get("/metrics").text


def test_features_that_are_not_the_models_are_named(client: TestClient, service: Service) -> None:
    """A missing name and an unknown one are refused: a misspelt feature must not be scored as missing."""
    names = service.bundles.current().features
    given = {**dict.fromkeys(names[1:], 1.0), "sales": 1.0}
    problem = client.post("/v1/scores", json={"features": given}).json()
    assert problem["status"] == 422
    assert problem["value"] == f"missing: {names[0]}; unknown: sales"
    for value in ('"1"', "true", "[]", "1e999", "NaN"):
        body = f'{{"features": {{"{names[0]}": {value}}}}}'
        answer = client.post("/v1/scores", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, value


def test_a_promoted_model_scores_soon(service: Service) -> None:
    """What is in force is looked up again after a second."""
    scorer = service.row_scorer
    first = scorer.look_up()
    assert scorer.at_hand() is first
    scorer._monotonic = lambda: first.until
    assert scorer.at_hand() is None


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"], ids=["short", "long"])
@pytest.mark.parametrize("value", [True, "1"], ids=["bool", "text"])
def test_only_a_number_is_a_number(client: TestClient, service: Service, value: object, content_type: str) -> None:
    """Neither true nor "1" is scored as 1, on either way; the feature is named."""
    names = service.bundles.current().features
    row = {**dict.fromkeys(names, 1), names[0]: value}
    answer = client.post("/v1/scores", content=json.dumps({"features": row}), headers={"Content-Type": content_type})
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == f"features.{names[0]}"
    whole = {**row, names[0]: 1}
    taken = client.post("/v1/scores", content=json.dumps({"features": whole}), headers={"Content-Type": content_type})
    assert taken.status_code == 200, taken.text
