"""The road of an application, with four eyes and authority, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.money import fen_from_yuan
from models.policy.load import APPROVAL, DEFAULTS
from service.applications.transitions import TRANSITIONS, Action, State
from tests.position_rows import policy_with
from tests.service.applications.conftest import BOTH, CALM, PATH, Bank, asked, bank_on, problem_of
from tests.service.conftest import AS_OF


@BOTH
def test_the_whole_road(bank: Bank) -> None:
    """Made and assessed, submitted, approved by another, active, frozen, active again, closed; told at every step."""
    case = bank.apply()
    assert (case["state"], case["version"], case["officer"], case["branch"]) == ("assessed", 1, "officer", "hangzhou")
    assert case["assessment"]["grade"]
    assert fen_from_yuan(case["proposed_yuan"]) <= fen_from_yuan(case["assessment"]["limit_yuan"])
    assert case["overridden"] is False
    assert bank.get("officer", case["assessment"]["href"]).status_code == 200
    case = bank.moved("officer", case, "submit")
    assert case["state"] == "in_review"
    case = bank.moved("approver", case, "approve")
    assert (case["state"], case["approved_yuan"]) == ("approved", case["proposed_yuan"])
    assert [(one["approver"], one["level"]) for one in case["approvals"]] == [("approver", "department")]
    case = bank.moved("officer", case, "activate")
    case = bank.moved("risk", case, "freeze", reason="sales fell by half")
    case = bank.moved("risk", case, "unfreeze", reason="sales are back")
    case = bank.moved("risk", case, "close", reason="repaid")
    assert (case["state"], case["version"], case["actions"]) == ("closed", 7, [])
    told = bank.ledger(case["id"])
    assert [(kind, actor, content["action"]) for kind, actor, content in told] == [
        ("transition", "officer", "make"),
        ("transition", "officer", "submit"),
        ("transition", "approver", "approve"),
        ("transition", "officer", "activate"),
        ("transition", "risk", "freeze"),
        ("transition", "risk", "unfreeze"),
        ("transition", "risk", "close"),
    ]
    events = bank.get("auditor", f"{PATH}/{case['id']}/events").json()
    assert [one["kind"] for one in events["events"]] == ["made", *["transition"] * 6]
    assert events["next"] is None


def test_reading_a_case_is_told(bank: Bank) -> None:
    """Whoever looks at a case is in the ledger before they see it."""
    case = bank.apply()
    read = bank.get("auditor", f"{PATH}/{case['id']}")
    assert read.status_code == 200
    assert read.headers["etag"] == case["etag"]
    assert bank.ledger(case["id"])[-1] == ("access", "auditor", {"purpose": "read application"})


def test_nobody_approves_a_case_of_their_own(bank: Bank) -> None:
    """Every role at once does not help, nor for returning or declining it."""
    case = bank.moved("both", bank.apply("both"), "submit")
    for action in ("approve", "decline", "return"):
        problem_of(bank.step("both", case, action, reason="fine"), 403, "four-eyes")
    assert bank.moved("approver", case, "approve")["state"] == "approved"


@BOTH
def test_above_the_threshold_two_different_people_approve(home: Path, database_url: str, tmp_path: Path) -> None:
    """The first yes keeps it in review, the same person's second is refused, the second person's approves the amount.

    The threshold is the bank's own, in its own policy folder.
    """
    rules = (DEFAULTS / APPROVAL / "default.yaml").read_text(encoding="utf-8")
    policy_with(tmp_path, CALM, AS_OF)
    own = tmp_path / "overlay" / APPROVAL
    own.mkdir(parents=True)
    lower = rules.replace("second_approver_above: 3000000", "second_approver_above: 499999.99")
    (own / "default.yaml").write_text(lower, encoding="utf-8")
    bank = bank_on(home, database_url, policy_dir=own.parent)
    case = bank.apply()
    assert case["approvals_needed"] == 2
    case = bank.moved("officer", case, "submit")
    problem_of(bank.step("clerk", case, "approve"), 403, "authority-exceeded")
    case = bank.moved("approver", case, "approve")
    assert (case["state"], case["approved_yuan"], len(case["approvals"])) == ("in_review", None, 1)
    problem_of(bank.step("approver", case, "approve"), 403, "four-eyes")
    other = bank.step("second", case, "approve", amount_yuan="490000")
    problem_of(other, 422, "amount-not-approvable")
    case = bank.moved("second", case, "approve")
    assert (case["state"], len(case["approvals"])) == ("approved", 2)
    lower_amount = bank.moved("officer", bank.apply(amount="490000"), "submit")
    assert lower_amount["approvals_needed"] == 2  # together with the line that stands
    assert bank.moved("second", lower_amount, "approve")["state"] == "in_review"
    elsewhere = bank.moved("officer", bank.apply(enterprise="E6", amount="100000"), "submit")
    assert bank.moved("approver", elsewhere, "approve")["state"] == "approved"
    bank.service.close()


@BOTH
def test_a_returned_case_begins_a_new_round(bank: Bank) -> None:
    """Approvals are void, the officer assesses again; an override that went down stays."""
    case = bank.moved("officer", bank.apply(), "submit")
    changed = bank.override("risk", case)
    case = {**changed.json(), "etag": changed.headers["etag"]}
    assert (case["proposed_yuan"], case["overridden"]) == ("100000.00", True)
    case = bank.moved("approver", case, "return", reason="the lease is missing")
    old = case["assessment"]["id"]
    case = bank.moved("officer", case, "reassess")
    assert (case["state"], case["approvals"], case["overridden"]) == ("assessed", [], True)
    assert case["assessment"]["id"] != old
    assert [one["counts"] for one in case["overrides"]] == [True]
    assert case["proposed_yuan"] == "100000.00"
    for assessment in (old, case["assessment"]["id"]):
        assert bank.get("officer", f"/v1/assessments/{assessment}").status_code == 200
        assert bank.get("stranger", f"/v1/assessments/{assessment}").status_code == 404


def test_authority_is_by_amount_and_grade(bank: Bank) -> None:
    """A lower amount lies in the authority that a higher one exceeds; an unknown level has none."""
    case = bank.moved("officer", bank.apply(amount="1500000"), "submit")
    problem = problem_of(bank.step("clerk", case, "approve"), 403, "authority-exceeded")
    assert "department" in problem["advice"]
    highest = problem["expected"].removeprefix("at most ")
    assert fen_from_yuan(highest) > 0
    approved = bank.moved("clerk", case, "approve", amount_yuan=highest)
    assert approved["approved_yuan"] == highest


@pytest.mark.parametrize("amount", ["500000.01", "99999999"])
def test_more_than_proposed_is_not_approved(house: Bank, amount: str) -> None:
    """Only an override lifts the proposal."""
    case = house.moved("officer", house.apply(), "submit")
    problem_of(house.step("approver", case, "approve", amount_yuan=amount), 422, "amount-not-approvable")


def test_every_step_that_the_table_does_not_have_is_refused(house: Bank) -> None:
    """Of a new case only what the table says is possible; who may not is 403, what the state forbids is 409."""
    people = {"officer": "officer", "approver": "approver", "risk": "risk"}
    for one in TRANSITIONS:
        person = next(people[role.value] for role in one.roles if role.value in people)
        case = house.apply()
        answer = house.step(person, case, one.action, reason="because")
        if State.ASSESSED not in one.sources:
            problem = problem_of(answer, 409, "transition-not-possible")
            assert problem["current"] == {"id": case["id"], "etag": '"1"', "version": 1, "state": "assessed"}
            assert answer.headers["etag"] == '"1"'
        wrong = house.step("auditor", case, one.action)
        assert wrong.status_code == 403
    assert house.step("colleague", case, Action.SUBMIT).status_code == 404  # another officer's case


def test_a_step_without_its_reason_is_refused(bank: Bank) -> None:
    """Declining, returning, freezing and closing are explained."""
    case = bank.moved("officer", bank.apply(), "submit")
    problem_of(bank.step("approver", case, "decline"), 422, "step-without-reason")
    assert bank.step("approver", case, "decline", reason="   ").status_code == 422
    assert bank.moved("approver", case, "decline", reason="overdue elsewhere")["state"] == "declined"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"enterprise_id": "E99"}, "enterprise-unknown"),
        ({"product": "gold"}, "product-unknown"),
        ({"tenor_months": 13}, "tenor-too-long"),
        ({"tenor_months": 0}, "invalid-request"),
        ({"tenor_months": "12"}, "invalid-request"),
        ({"amount_yuan": "0"}, "invalid-request"),
        ({"amount_yuan": 5}, "invalid-request"),
        ({"purpose": " "}, "invalid-request"),
        ({"purpose": "a\u0000b"}, "invalid-request"),
        ({"purpose": "limit \u202e000,05\u202c yuan"}, "invalid-request"),
        ({"purpose": "\u2067steel\u2069"}, "invalid-request"),
        ({"purpose": ...}, "invalid-request"),
        ({"branch": "ningbo"}, "outside-reach"),
        ({"state": "approved"}, "invalid-request"),
    ],
)
def test_an_application_that_cannot_be_made_is_refused(house: Bank, changed: dict[str, object], name: str) -> None:
    """Nothing is kept of it: no case, no assessment."""
    before = house.service.assessments.count(), len(house.get("officer", PATH, limit=200).json()["applications"])
    problem_of(house.post("officer", PATH, asked(**changed)), 422, name)
    assert before == (
        house.service.assessments.count(),
        len(house.get("officer", PATH, limit=200).json()["applications"]),
    )


def test_which_branch_must_be_clear(bank: Bank) -> None:
    """With every branch in reach, the case's own must be named."""
    problem_of(bank.post("second", PATH, asked()), 403, "role-missing")
    assert bank.apply("officer", branch="hangzhou", park="binjiang")["park"] == "binjiang"


def test_an_amount_of_nothing_cannot_be_approved(bank: Bank) -> None:
    """What the policy declines, nobody approves: nought is no amount, and an override cannot lift it."""
    case = bank.moved("officer", bank.apply(enterprise="E11"), "submit")
    assert case["proposed_yuan"] == "0.00", case["assessment"]
    problem_of(bank.step("second", case, "approve"), 422, "amount-not-approvable")
    lifted = bank.override("risk", case, direction="up", reason="data_error", to_amount_yuan="100000")
    problem_of(lifted, 422, "override-refused")
