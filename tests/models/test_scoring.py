"""The whole road on real rows: one path, N = 1 like N = many, and what is not known is referred."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from models.bundle import Bundle
from models.decision import Decisions, EnterpriseNotScored, parse
from models.money import fen_from_yuan
from models.policy import ProductUnknown
from models.records.invoice import INVOICE, PURCHASE, SALES, VALID, VOID
from models.scoring import CreditRequest, RequestedAmountInvalid, score
from models.tables import Tables
from tests.factories import bundle
from tests.limit_cases import DAY, default_policy

FIRMS = 6


@pytest.fixture(scope="module")
def model() -> Bundle:
    return bundle()


def invoices(firms: int = FIRMS, *, seed: int = 3) -> pa.Table:
    """Two years of invoices of some firms, from a local seed; the first firm has no sales, only purchases."""
    rng = np.random.default_rng(seed)
    rows = []
    for firm in range(firms):
        for month in range(24):
            day = date(2018 + (month + 2) // 12, (month + 2) % 12 + 1, 3 + firm)
            for number in range(5):
                direction = PURCHASE if number == 4 or firm == 0 else SALES
                amount = int(rng.integers(100_000, 40_000_000)) * (-1 if number == 3 and month % 6 == 0 else 1)
                rows.append(
                    {
                        "enterprise_id": f"E{firm}",
                        "direction": direction,
                        "invoice_no": f"{firm}-{month}-{number}",
                        "issued_on": day,
                        "counterparty_id": f"C{rng.integers(5)}",
                        "amount_fen": amount,
                        "tax_fen": amount // 10,
                        "total_fen": amount + amount // 10,
                        "status": VOID if rng.uniform() < 0.05 else VALID,
                        "known_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
                        "superseded_at": None,
                        "origin": "simulated",
                    }
                )
    names = INVOICE.schema.names
    return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows], schema=INVOICE.schema)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables({"invoice": invoices()})


@pytest.fixture(scope="module")
def decisions(tables: Tables, model: Bundle) -> Decisions:
    return score(tables, DAY, model, default_policy())


def test_one_enterprise_is_decided_as_among_many(tables: Tables, model: Bundle, decisions: Decisions) -> None:
    """The bytes of a decision are the same whether the enterprise is scored alone, named, or in a batch."""
    for row in range(len(decisions)):
        together = decisions.record(row)
        name = together.enterprise_id
        own = Tables({"invoice": invoices().filter(pa.compute.equal(invoices()["enterprise_id"], name))})
        assert score(own, DAY, model, default_policy()).record_of(name).to_json() == together.to_json()
        named = score(tables, DAY, model, default_policy(), enterprises=[name])
        assert len(named) == 1
        assert named.record(0).to_json() == together.to_json()


def test_every_decision_adds_up(decisions: Decisions) -> None:
    """Contributions sum to the points, the waterfall's differences to its last step, and that step is the limit."""
    for row in range(len(decisions)):
        record = decisions.record(row)
        if record.enterprise_id == "E0":
            assert record.points is None  # nothing that this model reads is known
            continue
        assert record.points is not None
        assert abs(record.base_points + sum(record.contributions.values()) - record.points) < 1e-9
        total = sum(fen_from_yuan(step.delta_yuan) for step in record.waterfall)
        assert total == fen_from_yuan(record.waterfall[-1].running_yuan) == fen_from_yuan(record.limit_yuan)
        assert all(cap.value_yuan is None or fen_from_yuan(cap.slack_yuan or "0") >= 0 for cap in record.caps)


def test_the_flat_table_says_what_the_records_say(decisions: Decisions) -> None:
    """Each flat row agrees with its record in outcome, limit, grade, reasons, documents and id."""
    for row, flat in enumerate(decisions.to_arrow().to_pylist()):
        record = decisions.record(row)
        assert flat["enterprise_id"] == record.enterprise_id
        assert flat["decision_id"] == record.decision_id
        assert (flat["outcome"], flat["grade"], flat["limit_yuan"]) == (record.outcome, record.grade, record.limit_yuan)
        assert (flat["pd"], flat["points"]) == (record.pd, record.points)
        assert flat["limit_fen"] == fen_from_yuan(record.limit_yuan)
        assert flat["reason_codes"] == "; ".join(reason.code for reason in record.reasons)
        assert flat["reasons_zh"] == "；".join(reason.title_zh for reason in record.reasons)
        assert flat["reasons_en"] == "; ".join(reason.title_en for reason in record.reasons)
        assert flat["missing_documents"] == "; ".join(document.code for document in record.missing_documents)
        assert flat["data_origin"] == "simulated"


def test_a_firm_with_purchases_only_is_referred_for_its_sales_invoices(decisions: Decisions) -> None:
    """Sales that no feed delivers are unknown: the case is referred with the document named, never declined."""
    record = decisions.record_of("E0")
    assert record.outcome == "refer"
    assert record.limit_yuan == "0.00"
    assert [reason.code for reason in record.reasons] == ["DAT-INV-01", "DAT-PD-04"]
    assert record.missing_documents[0].code == "sales_invoices"


def test_a_named_enterprise_of_which_nothing_is_known_is_referred(tables: Tables, model: Bundle) -> None:
    """Nobody's features are no probability: there is no grade, and the missing documents are named."""
    record = score(tables, DAY, model, default_policy(), enterprises=["ghost"]).record_of("ghost")
    assert (record.outcome, record.pd, record.grade, record.points) == ("refer", None, None, None)
    assert record.contributions == {}
    assert {document.code for document in record.missing_documents} == {"sales_invoices", "model_inputs"}


def test_a_request_caps_the_limit(tables: Tables, model: Bundle, decisions: Decisions) -> None:
    """An applicant is granted what was asked where the evidence carries more, and only that applicant is touched."""
    free = {row["enterprise_id"]: row["limit_fen"] for row in decisions.to_arrow(decision_ids=False).to_pylist()}
    name = max(free, key=lambda key: free[key])
    asked = free[name] - 1_000_000
    again = score(tables, DAY, model, default_policy(), requests={name: CreditRequest("invoice_credit", asked)})
    for row in again.to_arrow(decision_ids=False).to_pylist():
        expected = asked if row["enterprise_id"] == name else free[row["enterprise_id"]]
        assert row["limit_fen"] == expected
    record = again.record_of(name)
    assert record.outcome == "approve"
    assert fen_from_yuan(record.request.amount_yuan or "0") == asked
    assert [cap.code for cap in record.caps if cap.binding] == ["requested"]
    assert all(reason.about != "probability" for reason in record.reasons)
    assert record.probability_reasons


@pytest.mark.parametrize(
    ("name", "request_", "error", "match"),
    [
        ("E1", CreditRequest("invoice_credit", 0), RequestedAmountInvalid, "above zero"),
        ("E1", CreditRequest("invoice_credit", -5), RequestedAmountInvalid, "requested for E1"),
        ("E1", CreditRequest("gold", None), ProductUnknown, "no product gold"),
        ("E99", CreditRequest("invoice_credit", 100), EnterpriseNotScored, "E99"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(
    tables: Tables, model: Bundle, name: str, request_: CreditRequest, error: type[Exception], match: str
) -> None:
    """Zero and negative amounts, unknown products and enterprises without rows are errors, not declines."""
    with pytest.raises(error, match=match):
        score(tables, DAY, model, default_policy(), requests={name: request_})


def test_the_record_names_what_decided(decisions: Decisions, model: Bundle) -> None:
    """Bundle, policy and origin are in the record, and simulated data is labelled in both languages."""
    record = decisions.record(1)
    assert record.bundle.digest == model.digest
    assert record.policy.digest == default_policy().digest
    assert record.policy.on == DAY
    assert record.data_origin == ("simulated",)
    assert record.simulated
    assert record.caution is not None
    assert "模拟" in record.caution.zh
    assert parse(record.to_json()) == record


def test_an_enterprise_that_was_not_scored_is_named(decisions: Decisions) -> None:
    """Asking for somebody else's decision says so."""
    with pytest.raises(EnterpriseNotScored, match="enterprise ghost was not scored"):
        decisions.record_of("ghost")


def test_nobody_scored_is_an_empty_table(model: Bundle) -> None:
    """A lake without a visible row gives no decisions, with the same columns."""
    nobody = score(Tables({"invoice": invoices()}), date(2018, 1, 1), model, default_policy(date(2018, 1, 1)))
    assert len(nobody) == 0
    assert nobody.to_arrow().num_rows == 0
