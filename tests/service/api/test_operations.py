"""Health, readiness and documentation: what the people who run the service see."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.testclient import TestClient

from models.decision import DecisionRecord
from service.api.examples import RESPONSE_EXAMPLE
from service.api.messages import AssessmentResponse


def test_health_needs_nothing(client: TestClient, home: Path) -> None:
    """The process lives also where everything else is missing."""
    (home / "bundles" / "CURRENT").unlink()
    assert client.get("/healthz").json()["status"] == "ok"


def test_readiness_names_what_stands_behind_the_answers(client: TestClient) -> None:
    """A ready service says which store, lake, bundle and policy it stands on."""
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json()["checks"]) == {"store", "lake", "bundle", "policy", "signing_keys"}


def test_readiness_names_everything_that_is_missing(client: TestClient, home: Path) -> None:
    """Each missing part is named with the command that makes it."""
    (home / "bundles" / "CURRENT").unlink()
    (home / "lake").rename(home / "elsewhere")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert {one["check"] for one in answer.json()["missing"]} == {"bundle", "lake"}
    assert "assetlight train" in answer.json()["detail"]
    assert "assetlight import" in answer.json()["detail"]


def test_the_documentation_needs_no_network(client: TestClient) -> None:
    """Every address on /docs is served from here: the bank's network is closed."""
    page = client.get("/docs").text
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert addresses
    for address in addresses:
        assert address.startswith("/docs/assets/")
        assert client.get(address).status_code == 200
    assert not re.findall(r"https?://", page)


def test_the_openapi_document_shows_examples_problems_and_every_kind(client: TestClient) -> None:
    """Requests have worked examples, refusals their schema, records a message per kind."""
    document = client.get("/openapi.json").json()
    post = document["paths"]["/v1/assessments"]["post"]
    assert set(post["requestBody"]["content"]["application/json"]["examples"]) == {"stored", "applied", "inline"}
    assert set(post["responses"]) == {"201", "400", "401", "403", "413", "415", "422", "503", "default"}
    assert post["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "InvoiceRow" in document["components"]["schemas"]


def test_the_example_answer_has_the_present_shape() -> None:
    """The example of an answer is a decision of the present schema version, unaltered."""
    AssessmentResponse.model_validate(RESPONSE_EXAMPLE)
    record = DecisionRecord.model_validate(RESPONSE_EXAMPLE["decision"])
    assert record.computed_id() == record.decision_id == RESPONSE_EXAMPLE["decision_id"]
