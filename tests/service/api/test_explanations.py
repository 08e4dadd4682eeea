"""Explanations, what-ifs and valuations over HTTP."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from models.bundle import SIMULATED_CAUTION
from models.money import fen_from_yuan, yuan_text
from models.policy.load import load_policy
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.api.examples import VALUATION_EXAMPLES, VALUATION_RESPONSE_EXAMPLE, WHAT_IF_EXAMPLES
from service.api.explanation_messages import ValuationResponse
from service.bootstrap import Service
from tests.factories import bundle
from tests.service.conftest import AS_OF, ENTERPRISES, PATH, asked, invoices_of

RECEIVABLES = [
    {
        "receivable_no": f"R{at}",
        "debtor_id": f"D{at % 3}",
        "arisen_on": "2020-01-20",
        "due_on": "2020-04-20",
        "face": "200000.00",
        "confirmed": at % 2 == 0,
        "pledged_elsewhere": False,
        "registered_no": f"ZD{at}",
    }
    for at in range(6)
]


def made(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=asked(**more))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def explanation(client: TestClient, assessment: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"{PATH}/{assessment['id']}/explanation")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def what_if(client: TestClient, assessment: dict[str, Any], body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = client.post(f"{PATH}/{assessment['id']}/what-if", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_explanation_is_of_that_decision(client: TestClient) -> None:
    """All four explanations, equal to the decision where they overlap; the shares add up to the fen."""
    assessment = made(client, request={"amount_yuan": "300000"})
    decision, found = assessment["decision"], explanation(client, assessment)
    overlap = ("decision_id", "limit_yuan", "reasons", "waterfall", "contributions", "base_points")
    for name in (*overlap, "data_origin", "simulated", "caution"):
        assert found[name] == decision[name], name
    for told, kept in zip(found["caps"], decision["caps"], strict=True):
        signals = {name: value for name, value in told["inputs"].items() if name not in kept["inputs"]}
        assert {**told, "inputs": {**kept["inputs"]}} == kept
        assert told["inputs"] == {**kept["inputs"], **signals}
        assert bool(signals) == (kept["code"] == "early_warning"), (
            signals
        )  # E5 is yellow: what fired, and its threshold
        assert all(name.partition(".")[0] in ("signal", "threshold") for name in signals)
    shares = sum(fen_from_yuan(share["yuan"]) for share in found["attribution"]["shares"])
    reference = fen_from_yuan(found["attribution"]["reference_limit_yuan"])
    assert shares == fen_from_yuan(decision["limit_yuan"]) - reference
    assert found["debtors_at_hand"]


@pytest.mark.parametrize("origin", ["simulated", "bank"])
def test_a_valuation_says_whether_its_records_are_simulated(client: TestClient, origin: str) -> None:
    """Amounts made of simulated rights carry the caution in both languages; those of the bank's rights carry none."""
    body = json.loads(json.dumps(VALUATION_EXAMPLES["inline"]["value"]).replace("2026-03-31", "2020-02-29"))
    found = client.post("/v1/valuations", json={**body, "records_origin": origin}).json()
    assert found["data_origin"] == [origin]
    assert found["simulated"] is (origin == "simulated")
    assert found["caution"] == (SIMULATED_CAUTION if origin == "simulated" else None)


def test_an_origin_is_one_word_wherever_records_come_along(client: TestClient) -> None:
    """What-ifs and valuations refuse the origin that an import and an assessment refuse."""
    assumed = what_if(client, made(client), {"records": {"ip_right": []}, "records_origin": "two words"}, 422)
    body = {**VALUATION_EXAMPLES["inline"]["value"], "records_origin": "two words"}
    valued = client.post("/v1/valuations", json=body)
    assert valued.status_code == 422
    assert assumed["field"] == valued.json()["field"] == "records_origin"


def test_levers_of_inline_receivables_name_debtors(client: TestClient) -> None:
    """Receivables that came with the request are at hand again: a lever names the debtor who should confirm."""
    records = {"invoice": invoices_of("E2"), "receivable": RECEIVABLES}
    assessment = made(client, records=records, request={"product": "technology_credit"})
    levers = {lever["code"]: lever for lever in explanation(client, assessment)["levers"]}
    assert levers["confirm"]["subject"].startswith("D")
    confirmed = [
        row | {"confirmed": row["confirmed"] or row["receivable_no"] in levers["confirm"]["items"]}
        for row in RECEIVABLES
    ]
    changed = what_if(client, assessment, {"records": {"receivable": confirmed}})
    if changed["decision"]["pd"] == assessment["decision"]["pd"]:  # a lever holds the probability
        assert changed["limit_yuan"] == levers["confirm"]["limit_yuan"]


@pytest.mark.parametrize("enterprise", ["E2", "E5", "E11", "E12"])
def test_a_what_if_without_change_is_the_decision(client: TestClient, service: Service, enterprise: str) -> None:
    """Nothing assumed, nothing different; and nothing is kept."""
    assessment = client.post(PATH, json=asked(enterprise, request={"amount_yuan": "300000"})).json()
    found = what_if(client, assessment, {})
    kept = dict(assessment["decision"])
    kept.pop("decision_id")
    assert found["decision"] == kept
    assert (found["difference_yuan"], found["hypothetical"]) == ("0.00", True)
    assert "decision_id" not in found["decision"]
    assert service.assessments.count() == 1


def test_a_what_if_changes_facts_by_the_same_path(client: TestClient) -> None:
    """A fact that the model reads moves the probability, too; the answer says what was assumed."""
    assessment = made(client)
    found = what_if(client, assessment, {"facts": {"void_rate_12m": 0.9, "sales_12m_fen": "1000000.00"}})
    assert found["outcome"] == "decline"
    assert found["limit_yuan"] == "0.00"
    assert found["decision"]["feature_values"]["sales_12m_fen"] == 100_000_000
    assert found["changed"]["facts"] == {"void_rate_12m": 0.9, "sales_12m_fen": "1000000.00"}
    unknown = what_if(client, assessment, {"facts": {"sales_12m_fen": None}})
    assert (unknown["outcome"], unknown["decision"]["missing_documents"][0]["code"]) == ("refer", "sales_invoices")


def test_with_another_firms_features_comes_its_probability(client: TestClient) -> None:
    """Features are changed before the model reads them: with another's features come its probability and grade."""
    assessment = made(client)
    others = (client.post(PATH, json=asked(enterprise)).json()["decision"] for enterprise in ENTERPRISES)
    other = next(one for one in others if one["pd"] not in (None, assessment["decision"]["pd"]))
    facts = {
        name: yuan_text(int(value)) if name.endswith("_fen") and value is not None else value
        for name, value in other["feature_values"].items()
    }
    found = what_if(client, assessment, {"facts": facts})["decision"]
    assert (found["pd"], found["grade"], found["limit_yuan"]) == (other["pd"], other["grade"], other["limit_yuan"])
    assert found["enterprise_id"] == "E5"


def test_a_what_if_with_another_request_equals_an_assessment_with_it(client: TestClient) -> None:
    """Asking in thought gives what asking gives."""
    assessment = made(client, request={"amount_yuan": "300000"})
    found = what_if(client, assessment, {"request": {"amount_yuan": "120000"}})
    real = made(client, request={"amount_yuan": "120000"})["decision"]
    real.pop("decision_id")
    assert found["decision"] == real


def test_a_what_if_replaces_the_rows_of_a_kind(client: TestClient) -> None:
    """Rows of a kind stand in for all that were on file of it; other kinds stay."""
    assessment = made(client)
    found = what_if(client, assessment, {"records": {"invoice": []}})
    assert found["outcome"] == "refer"
    same = what_if(client, assessment, {"records": {"receivable": RECEIVABLES}})
    assert same["decision"]["feature_values"]["receivables_gross_fen"] == 120_000_000
    assert (
        same["decision"]["feature_values"]["sales_12m_fen"] == assessment["decision"]["feature_values"]["sales_12m_fen"]
    )


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({"facts": {"sales_12_fen": "1.00"}}, "facts.sales_12_fen", "sales_12m_fen"),
        ({"facts": {"sales_12m_fen": 100}}, "facts.sales_12m_fen", "decimal yuan text"),
        ({"facts": {"void_rate_12m": "0.1"}}, "facts.void_rate_12m", "a number"),
        ({"facts": {"void_rate_12m": 5}}, "facts.void_rate_12m", "from 0 to 1"),
        ({"facts": {"customers_12m": -1}}, "facts.customers_12m", "0 or more"),
        ({"facts": {"days_since_last_sale": -3}}, "facts.days_since_last_sale", "0 or more"),
        ({"facts": {"orders_fulfilment": 1.2}}, "facts.orders_fulfilment", "from 0 to 1"),
        ({"facts": {"debt_debt_fen": "-0.01"}}, "facts.debt_debt_fen", "0 or more"),
        ({"colour": "red"}, "colour", "unknown"),
        ({"request": {"product": "gold"}}, "product", "invoice_credit"),
    ],
)
def test_a_what_if_that_is_not_understood_is_refused(
    client: TestClient, body: dict[str, Any], field: str, expected: str
) -> None:
    """A misspelt fact must not silently change nothing, and no enterprise is what no enterprise can be."""
    problem = what_if(client, made(client), body, 422)
    assert problem["field"] == field
    assert expected in problem["expected"]


def test_unknown_assessments_are_not_found(client: TestClient) -> None:
    """Both resources answer 404 as a problem."""
    for answer in (client.get(f"{PATH}/nobody/explanation"), client.post(f"{PATH}/nobody/what-if", json={})):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def late_rows() -> pa.Table:
    """Invoices of E5 that the bank learns on the day of AS_OF itself, after the assessment was made."""
    rows = [{"enterprise_id": "E5", **row, "invoice_no": f"late{at}"} for at, row in enumerate(invoices_of("E5")[:40])]
    return accept_rows(rows, INVOICE, received_on=AS_OF).rows


def test_records_that_came_later_change_nothing_of_a_kept_decision(client: TestClient, service: Service) -> None:
    """Explanation and what-if are of the decision, with its own rows; a new assessment sees the new ones."""
    records = {"invoice": invoices_of("E5"), "receivable": RECEIVABLES}
    for kind in ("invoice", "receivable"):
        told = client.post(f"/v1/records/{kind}", json={"rows": [{"enterprise_id": "E5", **r} for r in records[kind]]})
        assert told.status_code == 200, told.text
    assessment = made(client, request={"product": "technology_credit"})
    before, unchanged = explanation(client, assessment), what_if(client, assessment, {})
    service.lake.append(INVOICE, late_rows())
    assert made(client)["decision"]["input_sha256"] != assessment["decision"]["input_sha256"]
    after = explanation(client, assessment)
    assert after == before
    assert after["debtors_at_hand"]
    assert what_if(client, assessment, {}) == unchanged
    assert unchanged["difference_yuan"] == "0.00"
    for told in (after, unchanged):
        assert told["stands_on"] == {
            "as_of": AS_OF.isoformat(),
            "inputs": "kept with the decision",
            "input_sha256": assessment["decision"]["input_sha256"],
            "bundle_digest": assessment["decision"]["bundle"]["digest"],
            "policy_on": assessment["decision"]["policy"]["on"],
            "policy_digest": assessment["decision"]["policy"]["digest"],
        }


def test_a_model_that_is_gone_from_the_directory_still_answers_what_if(
    client: TestClient, service: Service, home: Path
) -> None:
    """The model was kept with the decision; another one in force changes nothing."""
    assessment = made(client)
    unchanged = what_if(client, assessment, {})
    shutil.rmtree(home / "bundles")
    bundle(seed=9).publish(home)
    service.__dict__.pop("bundles")
    service.__dict__.pop("assessor")
    assert what_if(client, assessment, {}) == unchanged


def test_a_changed_policy_changes_nothing_of_an_old_decision(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The policy was kept with the decision: it is explained by the rules that decided it, and so is a what-if."""
    assessment = made(client)
    before, unchanged = explanation(client, assessment), what_if(client, assessment, {})
    name = "parameters/ceiling/grade_maximum.yaml"
    text = (Path("models/policy") / name).read_text(encoding="utf-8").replace("D: 0", "D: 1")
    (tmp_path / "bank" / name).parent.mkdir(parents=True)
    (tmp_path / "bank" / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr("service.bootstrap.policy_on", lambda day: load_policy(day, [tmp_path / "bank"]))
    service.__dict__.pop("assessor")  # built anew, on the changed policy
    assert explanation(client, assessment) == before
    assert what_if(client, assessment, {}) == unchanged


def test_a_changed_policy_explains_nothing_where_none_was_kept(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before there was a ledger nothing was kept beside the decision: 409 instead of explaining another limit."""
    assessment = made(client)
    monkeypatch.setattr("service.api.explanations.evidence_of", lambda *_: None)
    assert explanation(client, assessment)["stands_on"]["inputs"] == "present records"
    name = "parameters/ceiling/grade_maximum.yaml"
    text = (Path("models/policy") / name).read_text(encoding="utf-8").replace("D: 0", "D: 1")
    (tmp_path / "bank" / name).parent.mkdir(parents=True)
    (tmp_path / "bank" / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr("service.bootstrap.policy_on", lambda day: load_policy(day, [tmp_path / "bank"]))
    service.__dict__.pop("assessor")
    answer = client.get(f"{PATH}/{assessment['id']}/explanation")
    assert (answer.status_code, answer.json()["field"]) == (409, "policy")
    assert what_if(client, assessment, {}, 409)["field"] == "policy"


@pytest.mark.parametrize("name", WHAT_IF_EXAMPLES)
def test_the_worked_what_ifs_are_accepted(client: TestClient, name: str) -> None:
    """Every example of the documentation is understood."""
    what_if(client, made(client), WHAT_IF_EXAMPLES[name]["value"])


def test_the_worked_valuations_are_accepted(client: TestClient) -> None:
    """Inline assets are valued with words in both languages; a feed that is not connected is null, not zero."""
    for example in VALUATION_EXAMPLES.values():
        body = json.loads(json.dumps(example["value"]).replace("2026-03-31", "2020-02-29"))
        answer = client.post("/v1/valuations", json=body)
        assert answer.status_code == 200, answer.text
    found = answer.json()
    ValuationResponse.model_validate(found)
    ValuationResponse.model_validate(VALUATION_RESPONSE_EXAMPLE)
    assert (found["data"], found["pool"]) == (None, None)
    asset = found["ip"]["assets"][0]
    low, central, high = (fen_from_yuan(asset["value"][f"{end}_yuan"]) for end in ("low", "central", "high"))
    assert 0 <= low <= central <= high
    assert high > 0
    assert {method["code"] for method in asset["methods"]} >= {"cost"}
    assert all(word["zh"] and word["en"] for word in (*asset["evidence_used"], *asset["evidence_missing"]))
    assert asset["confidence"]["code"] in ("low", "medium")
    assert client.post("/v1/valuations", json={"enterprise_id": "nobody"}).status_code == 422
