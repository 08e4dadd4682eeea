"""One scoring path: API, command line, batch and `score` itself give the same decision to the last bit."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from models.canonical import canonical_json
from models.policy import load_policy
from models.scoring import CreditRequest, score
from service.bootstrap import Service
from tests.service.conftest import AS_OF, ENTERPRISES, PATH, Run, asked, invoices_of

DAY = AS_OF.isoformat()


def decided(service: Service, enterprise: str, amount_fen: int | None = None, *, network: bool = True) -> bytes:
    """The decision by `score` over the whole lake at once, without any code of the service but what holds the parts."""
    request = {enterprise: CreditRequest("invoice_credit", amount_fen)}
    tables, bundle = service.lake.tables(neighbourhood=network), service.bundles.current()
    return score(tables, AS_OF, bundle, load_policy(AS_OF), requests=request).record_of(enterprise).to_json()


@pytest.mark.parametrize("enterprise", ["E1", "E5", "E11", "E12"])
def test_api_command_line_and_score_agree_to_the_last_bit(
    service: Service, client: TestClient, run: Run, home: Path, enterprise: str
) -> None:
    """Approved, stale and thin enterprises: the same bytes by score, API, inline records and `assetlight explain`."""
    expected = decided(service, enterprise, 30_000_000)
    request = {"product": "invoice_credit", "amount_yuan": "300000"}
    stored = client.post(PATH, json=asked(enterprise, request=request))
    assert expected in stored.content
    assert service.assessments.get(stored.json()["id"]).decision == expected
    records = {"invoice": invoices_of(enterprise)}
    alone = decided(service, enterprise, 30_000_000, network=False)  # records of a request have no neighbourhood
    assert alone in client.post(PATH, json=asked(enterprise, request=request, records=records)).content
    _, out, _ = run("explain", enterprise, "--as-of", DAY, "--amount", "300000", "--home", home, "--json")
    shown = json.loads(out)
    assert shown.pop("explanation")["attribution"]["shares"]  # made on demand, beside the decision
    assert canonical_json(shown) == expected


def test_the_batch_agrees_with_score_for_every_enterprise(service: Service, run: Run, home: Path) -> None:
    """The decision ids of `assetlight score` are those of `score` over the whole lake at once."""
    code, out, _ = run("score", "--as-of", DAY, "--home", home, "--json")
    assert code == 0
    rows = pq.read_table(json.loads(out)["files"]["parquet"], columns=["enterprise_id", "decision_id"]).to_pylist()
    assert [row["enterprise_id"] for row in rows] == sorted(ENTERPRISES)
    for row in rows:
        assert json.loads(decided(service, row["enterprise_id"]))["decision_id"] == row["decision_id"]


def test_threads_of_one_process_agree(service: Service, client: TestClient) -> None:
    """Requests that run beside each other share model and lake and still decide alike."""
    expected = {enterprise: decided(service, enterprise) for enterprise in ENTERPRISES[:4]}

    def assess(enterprise: str) -> bool:
        return expected[enterprise] in client.post(PATH, json=asked(enterprise)).content

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(assess, [*expected] * 2))
