"""An override has a coded reason, evidence, direction, bounds and an end; it always shows, and it is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.grades import GRADES
from service.applications.application import Standing
from service.applications.rows import overrides, read
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.conftest import TODAY


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
    cases = [bank.apply(enterprise="E6"), *(bank.apply(amount="3000000") for _ in range(9))]
    assert bank.override("risk", cases[0], to_amount_yuan="10000").status_code == 201
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


def ended(
    bank: Bank, who: str, case: dict[str, Any], *, reason: str = "cause_remedied", at: int = 0, **more: Any
) -> Any:
    """An attempt to end an override of a case, by its newest version."""
    now = bank.get("auditor", f"{PATH}/{case['id']}")
    path = f"{PATH}/{case['id']}/overrides/{now.json()['overrides'][at]['id']}/withdrawal"
    return bank.post(who, path, {"reason": reason, "explanation": "seen again", **more}, tag=now.headers["etag"])


LOWER_GRADE = {"what": "grade", "to_grade": "G12", "to_amount_yuan": ...}


@BOTH
@pytest.mark.parametrize("changed", [{}, LOWER_GRADE], ids=["amount", "grade"])
def test_an_officer_does_not_shake_off_a_lowering(bank: Bank, changed: dict[str, Any]) -> None:
    """It stays through a new assessment, and through a new application in the place of the old one."""
    case = bank.apply(amount="1500000")
    lowered = bank.override("risk", case, **changed).json()
    assert lowered["overrides"][0]["level"] == "risk"
    again = bank.moved("officer", case, "reassess", tag='"2"')
    assert (again["assessment"]["id"] != case["assessment"]["id"], again["overridden"]) == (True, True)
    assert (again["proposed_yuan"], again["grade"]) == (lowered["proposed_yuan"], lowered["grade"])
    bank.moved("officer", again, "withdraw", reason="try another way")
    other = bank.apply(amount="1500000")
    assert (other["overridden"], other["proposed_yuan"]) == (True, lowered["proposed_yuan"])
    (one,) = other["overrides"]
    assert (one["application_id"], one["counts"]) == (case["id"], True)
    assert bank.apply(enterprise="E6")["overridden"] is False


def test_a_lowering_never_raises(bank: Bank) -> None:
    """Where a later assessment finds less than the person left, the assessment counts: amount and grade."""
    case = bank.apply(amount="1500000")
    bank.override("risk", case, to_amount_yuan="1400000")
    other = bank.moved("officer", bank.apply(amount="400000", product="technology_credit"), "submit")
    assert other["overridden"] is False  # an amount is the product's
    bank.moved("second", other, "approve")
    again = bank.moved("officer", case, "reassess", tag='"2"')
    assert (again["assessment"]["limit_yuan"], again["proposed_yuan"]) == ("1100000.00", "1100000.00")
    made = bank.override("risk", again, **{**LOWER_GRADE, "to_grade": "G10"})
    assert made.json()["grade"] == "G10"
    with bank.service.store.reading() as connection:
        kept = read(connection, case["id"])
        assert kept is not None
        found = overrides(connection, [case["id"]])[case["id"]]
    assert Standing(replace(kept, grade="G12"), TODAY, tuple(found)).grade == "G12"


@BOTH
def test_an_override_is_ended_by_enough_authority_only(bank: Bank) -> None:
    """What risk lowered, risk ends; who ends it does not approve; the ledger and the events tell it."""
    case = bank.moved("officer", bank.apply(), "submit")
    assert bank.override("risk", case).status_code == 201
    problem_of(ended(bank, "second", case), 403, "authority-exceeded")
    problem_of(ended(bank, "officer", case), 403, "role-missing")
    problem_of(ended(bank, "auditor", case), 403, "role-missing")
    problem_of(ended(bank, "risk", case, reason="gut_feeling"), 422, "override-refused")
    path = f"{PATH}/{case['id']}/overrides/{'0' * 36}/withdrawal"
    problem_of(
        bank.post("risk", path, {"reason": "made_in_error", "explanation": "x"}, tag='"3"'), 404, "override-not-found"
    )
    answer = ended(bank, "risk", case)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["overridden"], shown["proposed_yuan"], shown["approvals"]) == (False, "500000.00", [])
    (one,) = shown["overrides"]
    assert (one["counts"], one["withdrawn"]["actor"], one["withdrawn"]["reason"]) == (False, "risk", "cause_remedied")
    kind, actor, content = next(entry for entry in reversed(bank.ledger(case["id"])) if entry[0] != "access")
    assert (kind, actor, content["action"], content["reason"]) == ("override", "risk", "withdraw", "cause_remedied")
    problem_of(ended(bank, "risk", case), 409, "override-not-possible")
    events = bank.get("risk", f"{PATH}/{case['id']}/events").json()["events"]
    assert events[-1]["kind"] == "withdrawal"
    report = bank.get("risk", f"{PATH}/override-report", **{"from": "2020-03-01", "to": "2020-03-01"}).json()
    assert report["overridden"] == 1  # it was made, and stays counted


@pytest.mark.parametrize(
    ("who", "status"), [("clerk", 403), ("approver", 200), ("second", 200), ("risk", 200), ("both", 200)]
)
def test_an_approver_s_lowering_is_ended_by_as_high_a_level(bank: Bank, who: str, status: int) -> None:
    """Made by the department: the branch does not end it, the department, the head office and risk do."""
    case = bank.moved("officer", bank.apply(), "submit")
    assert bank.override("approver", case).json()["overrides"][0]["level"] == "department"
    answer = ended(bank, who, case)
    assert answer.status_code == status, answer.text
    if who == "second":
        shown = {**answer.json(), "etag": answer.headers["etag"]}
        problem_of(bank.step("second", shown, "approve"), 403, "four-eyes")
        assert bank.moved("approver", shown, "approve")["state"] == "approved"


def test_nobody_ends_an_override_of_a_case_of_their_own(bank: Bank) -> None:
    """Whatever else they are."""
    case = bank.apply("both")
    evidence = bank.attach("both", case).json()["sha256"]
    made = bank.override("risk", case, evidence=evidence)
    assert made.status_code == 201, made.text
    problem_of(ended(bank, "both", case), 403, "four-eyes")


def test_one_that_went_up_dies_with_its_assessment(bank: Bank) -> None:
    """A new assessment knows more than who raised the old one; and it never reaches another application."""
    case = bank.apply(amount="3000000")
    up = {"direction": "up", "reason": "data_error", "to_amount_yuan": "1600000"}
    assert bank.override("risk", case, **up).json()["proposed_yuan"] == "1600000.00"
    assert bank.apply(amount="3000000")["overridden"] is False
    again = bank.moved("officer", case, "reassess", tag='"2"')
    assert (again["overridden"], again["proposed_yuan"]) == (False, "1500000.00")
