"""Firms that belong together or trade in a ring, from posted records to the approval, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.position_rows import policy_with
from tests.service.applications.conftest import BOTH, Bank, bank_on, problem_of
from tests.service.applications.test_lines import approved, decision
from tests.service.conftest import AS_OF
from tests.service.test_group_path import CAPITAL, cap, holding, loan
from tests.service.test_network_path import RING, sale

# E6 holds 60 % of E5 and all of E7; E8 vouches for E5, and E5 for 400,000 of what E7 owes.
TIES = [
    holding("E5", "E6", "0.60"),
    holding("E7", "E6", "1"),
    holding("E5", "E8", None, relation="guarantor"),
    holding("E5", "E7", None, relation="guarantees", amount="400000.00"),
]
JSON_OF = {"yes": True, "no": False, "0.60": 0.6, "1": 1}
LENT = [
    loan("E5", "L5", "0.00"),  # repaid: known to owe nothing
    loan("E6", "L6", "700000.00"),
    loan("E7", "L7", "0.00", closed_on="2019-12-01", known_at="2019-12-02"),
    loan("E8", "L8", "100000.00"),
]


@pytest.fixture
def grouped(home: Path, database_url: str, tmp_path: Path) -> Iterator[Bank]:
    """A bank that states its capital, 20 % of tier 1 being 2,000,000, and was told of a group of three by its API."""
    policy_with(tmp_path, CAPITAL, AS_OF)
    bank = bank_on(home, database_url, policy_dir=tmp_path / "overlay")
    post(bank, "relation", TIES)
    post(bank, "bank_loan", LENT)
    yield bank
    bank.service.close()


def post(bank: Bank, kind: str, rows: list[dict[str, Any]]) -> None:
    """Rows that the bank gets to know, all of them taken."""
    plain = [{name: JSON_OF.get(value, value) for name, value in row.items() if value is not None} for row in rows]
    answer = bank.post("officer", f"/v1/records/{kind}", {"rows": plain})
    assert answer.status_code < 300, answer.text
    assert answer.json()["accepted"] == len(rows), answer.text


@BOTH
def test_a_group_of_three_shares_one_room(grouped: Bank) -> None:
    """2,000,000 less 700,000 of E6 and 100,000 of the guarantor; then less what a fellow member was promised."""
    first = decision(grouped, grouped.apply(amount="1500000"))
    assert (first["limit_yuan"], cap(first)["value_yuan"]) == ("1200000.00", "1200000.00")
    assert cap(first)["inputs"]["group_exposure_fen"] == "800000.00"
    line = approved(grouped, grouped.apply(enterprise="E7", amount="500000"))
    assert line["approved_yuan"] == "500000.00"
    case = grouped.apply(amount="1500000")
    found = decision(grouped, case)
    assert cap(found)["inputs"]["group_exposure_fen"] == "1300000.00"
    assert (found["limit_yuan"], case["exposure"]["group_yuan"]) == ("700000.00", "1300000.00")
    assert [one["code"] for one in found["caps"] if one["binding"]] == ["group"]
    assert case["lines"] == []  # none of its own


@BOTH
def test_authority_is_over_the_group(grouped: Bank) -> None:
    """700,000 for E5 on 800,000 of its group are the 1,500,000 of the department in G9, 710,000 are beyond it."""
    case = grouped.moved("officer", grouped.apply(amount="710000"), "submit")
    assert (case["grade"], case["exposure"]["own_yuan"]) == ("G9", "0.00")
    assert case["exposure"]["group_yuan"] == "800000.00"
    problem = problem_of(grouped.step("approver", case, "approve"), 403, "authority-exceeded")
    assert problem["value"] == "1510000.00"
    assert grouped.moved("approver", case, "approve", amount_yuan="700000")["state"] == "approved"


@BOTH
def test_what_a_fellow_member_was_promised_meanwhile_is_seen(grouped: Bank) -> None:
    """E5 was assessed before E7's line: its approval waits for another assessment."""
    case = grouped.moved("officer", grouped.apply(amount="1200000"), "submit")
    approved(grouped, grouped.apply(enterprise="E7", amount="500000"))
    problem_of(grouped.step("second", case, "approve"), 409, "exposure-changed")


@BOTH
def test_a_ring_of_trade_is_asked_about_and_not_approved(bank: Bank) -> None:
    """Four firms of which each sells to the next: referred with the document, and nothing to approve until then."""
    before = bank.apply(enterprise="E1", amount="100000")
    assert before["assessment"]["outcome"] in ("approve", "reduce")
    post(bank, "invoice", [sale(one, RING[(at + 1) % 4]) for at, one in enumerate(RING)])
    case = bank.apply(enterprise="E1", amount="100000")
    found = decision(bank, case)
    assert found["outcome"] == "refer"
    asked = {gate["code"] for gate in found["gates"] if gate["status"] == "pending"}
    assert asked & {"circular_trade", "circular_trade_grave"}
    assert found["feature_values"]["circular_share_12m"] > 0
    assert "trade_proof" in [document["code"] for document in found["missing_documents"]]
    assert (case["assessment"]["limit_yuan"], case["proposed_yuan"]) == ("0.00", "0.00")
    case = bank.moved("officer", case, "submit")
    problem_of(bank.step("second", case, "approve"), 422, "amount-not-approvable")
    assert bank.apply(enterprise="E9", amount="100000")["assessment"]["outcome"] in ("approve", "reduce")
