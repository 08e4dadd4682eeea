"""An override has a coded reason, evidence, direction, bounds and an end; it always shows, and it is counted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.grades import GRADES
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of


@BOTH
def test_an_override_shows_and_whoever_made_it_does_not_approve(bank: Bank) -> None:
    """The computed grade and limit stay beside it; the ledger tells it; its maker's approval is refused."""
    case = bank.moved("officer", bank.apply(), "submit")
    made = bank.override("second", case)
    assert made.status_code == 201, made.text
    shown = {**made.json(), "etag": made.headers["etag"]}
    assert (shown["overridden"], shown["proposed_yuan"]) == (True, "100000.00")
    assert shown["assessment"] == case["assessment"]
    (one,) = shown["overrides"]
    assert (one["what"], one["direction"], one["before"], one["after"], one["counts"]) == (
        "amount",
        "down",
        case["assessment"]["limit_yuan"],
        "100000.00",
        True,
    )
    kind, actor, content = bank.ledger(case["id"])[-1]
    assert (kind, actor, content["reason"], content["evidence"]) == (
        "override",
        "second",
        "adverse_site_visit",
        one["evidence"],
    )
    assert len(content["policy_sha256"]) == 64
    problem_of(bank.step("second", shown, "approve"), 403, "four-eyes")
    assert bank.moved("approver", shown, "approve")["approved_yuan"] == "100000.00"
    listed = bank.get("auditor", PATH).json()["applications"][0]
    assert listed["overridden"] is True


def test_an_approval_before_an_override_is_void(bank: Bank) -> None:
    """Who approved saw another amount."""
    case = bank.moved("officer", bank.apply(), "submit")
    made = bank.override("risk", case)
    assert made.json()["approvals"] == []
    problem_of(bank.step("approver", case, "approve"), 412, "version-changed")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"reason": "gut_feeling"}, "reason", id="no-such-reason"),
        pytest.param({"reason": "strategic_contract"}, "reason", id="reason-of-the-other-direction"),
        pytest.param({"evidence": "0" * 64}, "evidence", id="evidence-of-nothing"),
        pytest.param({"expires_on": "2020-02-29"}, "expires_on", id="ended-before-it-began"),
        pytest.param({"expires_on": "2020-08-29"}, "expires_on", id="too-long"),
        pytest.param({"direction": "up", "reason": "data_error"}, "direction", id="down-called-up"),
        pytest.param(
            {"direction": "up", "reason": "data_error", "to_amount_yuan": "1800000.01"}, "to", id="beyond-the-share"
        ),
        pytest.param(
            {"what": "grade", "to_grade": "D", "direction": "up", "reason": "data_error"},
            "direction",
            id="worse-called-up",
        ),
        pytest.param(
            {"what": "grade", "to_grade": "G1", "direction": "up", "reason": "data_error"}, "to", id="too-many-steps"
        ),
    ],
)
def test_an_override_outside_the_policy_is_refused(house: Bank, changed: dict[str, Any], field: str) -> None:
    """Nothing is kept of it."""
    case = house.apply(amount="3000000")
    assert case["assessment"]["limit_yuan"] == "1500000.00"
    if changed.get("what") == "grade":
        changed = {**changed, "to_amount_yuan": ...}
    problem = problem_of(house.override("risk", case, **changed), 422, "override-refused")
    assert problem["field"] == field
    assert house.get("risk", f"{PATH}/{case['id']}").json()["version"] == 1


@pytest.mark.parametrize(
    "changed", [{"to_amount_yuan": ...}, {"to_grade": "G9"}, {"what": "grade"}, {"explanation": " "}, {"evidence": "x"}]
)
def test_an_override_says_what_it_moves_and_why(house: Bank, changed: dict[str, Any]) -> None:
    """Exactly one target, of the kind that is named."""
    problem_of(house.override("risk", house.apply(), **changed), 422, "invalid-request")


def test_the_bounds_are_those_of_the_policy(bank: Bank) -> None:
    """A fifth above the limit and two grades up are possible, a fen or a grade more is not."""
    case = bank.apply(amount="3000000")
    up = {"direction": "up", "reason": "newer_information"}
    made = bank.override("risk", case, **up, to_amount_yuan="1800000")
    assert made.json()["proposed_yuan"] == "1800000.00"
    two_better = GRADES[GRADES.index(case["assessment"]["grade"]) - 2]
    made = bank.override("risk", case, tag='"2"', **up, what="grade", to_grade=two_better, to_amount_yuan=...)
    assert (made.json()["grade"], made.json()["proposed_yuan"]) == (two_better, "1800000.00")
    again = bank.override("risk", case, tag='"3"', **up, to_amount_yuan="1600000")
    problem_of(again, 409, "override-not-possible")


def test_a_lowered_grade_takes_the_amount_down_to_its_maximum(bank: Bank) -> None:
    """And the authority that is needed is that of the lowered grade; a raised one takes no amount up."""
    case = bank.moved("officer", bank.apply(amount="1500000"), "submit")
    made = bank.override("risk", case, what="grade", to_grade="G12", to_amount_yuan=...)
    assert (made.json()["grade"], made.json()["proposed_yuan"]) == ("G12", "300000.00")
    shown = {**made.json(), "etag": made.headers["etag"]}
    problem_of(bank.step("approver", shown, "approve"), 403, "authority-exceeded")
    assert bank.moved("second", shown, "approve")["approved_yuan"] == "300000.00"


def test_an_override_ends(bank: Bank) -> None:
    """The day after its last it counts no more, and still shows."""
    case = bank.apply()
    bank.override("risk", case, expires_on="2020-03-31")
    for days, counts in ((30, True), (1, False)):
        bank.clock.now += timedelta(days=days)
        shown = bank.get("risk", f"{PATH}/{case['id']}").json()
        assert (shown["overridden"], [one["counts"] for one in shown["overrides"]]) == (counts, [counts])
    assert shown["proposed_yuan"] == case["proposed_yuan"]


def test_nobody_overrides_a_case_of_their_own_or_one_that_is_decided(bank: Bank) -> None:
    """Four eyes before the decision; nothing after it."""
    problem_of(bank.override("both", bank.apply("both")), 403, "four-eyes")
    case = bank.moved("officer", bank.apply(), "submit")
    problem_of(bank.override("officer", case), 403, "role-missing")
    case = bank.moved("approver", case, "approve")
    problem_of(bank.override("risk", case), 409, "override-not-possible")


@BOTH
def test_overrides_are_counted_by_direction(bank: Bank) -> None:
    """Rates of the applications made in the days, in the bands of the policy, of what is in reach."""
    cases = [bank.apply(amount="3000000") for _ in range(10)]
    bank.override("risk", cases[0])
    bank.override("risk", cases[1], direction="up", reason="data_error", to_amount_yuan="1600000")
    bank.override("risk", cases[1], tag='"2"', what="grade", to_grade="G12", to_amount_yuan=...)
    days = {"from": "2020-03-01", "to": "2020-03-01"}
    report = bank.get("risk", f"{PATH}/override-report", **days).json()
    assert (report["applications"], report["overridden"], Decimal(report["rate"]), report["band"]) == (
        10,
        2,
        Decimal("0.2"),
        "red",
    )
    assert report["by_direction"]["up"] == {"overrides": 1, "applications": 1, "rate": "0.1000"}
    assert report["by_direction"]["down"] == {"overrides": 2, "applications": 2, "rate": "0.2000"}
    assert report["by_what"] == {"amount": 2, "grade": 1}
    assert report["by_reason"] == {"adverse_site_visit": 2, "data_error": 1}
    empty = bank.get("risk", f"{PATH}/override-report", **{"from": "2020-03-02", "to": "2020-03-09"}).json()
    assert (empty["applications"], empty["rate"], empty["band"]) == (0, "0.0000", "green")
