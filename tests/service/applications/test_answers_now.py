"""The answer of a step shows the case as it stands after it, and what changed since the assessment is said plainly."""

from __future__ import annotations

from typing import Any

from httpx2 import Response

from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.applications.test_lines import active, approved, fresh

NO_OVERRIDE = {"reason": "cause_remedied", "explanation": "the machines run again"}


def same(bank: Bank, who: str, answer: Response) -> dict[str, Any]:
    """The case of an answer, which must be what a reading right after it gives, tag included."""
    assert answer.status_code in (200, 201), answer.text
    case: dict[str, Any] = answer.json()
    again = bank.get(who, f"{PATH}/{case['id']}")
    assert (case, answer.headers["etag"]) == (again.json(), again.headers["etag"])
    return {**case, "etag": answer.headers["etag"]}


@BOTH
def test_every_answer_is_the_case_as_it_stands(bank: Bank) -> None:
    """Along the whole life of a renewal, with another application beside it whose room each step moves."""
    old = active(bank, bank.apply(amount="200000"))
    bank.apply(amount="150000")
    case = same(bank, "officer", bank.post("officer", PATH, {**asked_to_replace(old), "amount_yuan": "300000"}))
    case = same(bank, "officer", bank.step("officer", case, "submit"))
    case = same(bank, "risk", bank.override("risk", case, to_amount_yuan="250000"))
    assert case["other_applications"][0]["proposed_yuan"] == "150000.00"
    path = f"{PATH}/{case['id']}/overrides/{case['overrides'][0]['id']}/withdrawal"
    case = same(bank, "risk", bank.post("risk", path, NO_OVERRIDE, tag=case["etag"]))
    down = {"what": "grade", "to_grade": "G10", "to_amount_yuan": ...}
    case = same(bank, "risk", bank.override("risk", case, **down))
    assert case["grade"] == "G10"
    case = same(bank, "second", bank.step("second", case, "approve", amount_yuan="100000"))
    case = same(bank, "officer", bank.step("officer", case, "activate"))
    assert case["lines"] == []  # the one that it replaced is closed
    assert fresh(bank, old)["state"] == "closed"
    case = same(bank, "risk", bank.step("risk", case, "freeze", reason="seizure"))
    same(bank, "risk", bank.step("risk", case, "close", reason="repaid"))


def asked_to_replace(line: dict[str, Any]) -> dict[str, Any]:
    return {"enterprise_id": "E5", "tenor_months": 12, "purpose": "renewal", "replaces": line["id"]}


def test_a_case_says_that_lines_were_committed_after_its_assessment(bank: Bank) -> None:
    """Both figures and what to do, before anybody tries to approve; and nothing once it is assessed again."""
    case = bank.apply(amount="200000")
    assert case["exposure"]["changed"] is None
    approved(bank, bank.apply())
    shown = fresh(bank, case)["exposure"]
    assert (shown["own_yuan"], shown["total_yuan"]) == ("0.00", "200000.00")
    told = shown["changed"]
    amounts = {name: told[name] for name in told if name.endswith("_yuan")}
    assert amounts == {
        "committed_since_yuan": "500000.00",
        "replaced_gone_yuan": "0.00",
        "own_now_yuan": "500000.00",
        "total_now_yuan": "700000.00",
    }
    assert "reassess" in told["zh"]
    assert "500000.00 yuan" in told["en"]
    case = bank.moved("officer", case, "submit")
    assert "An approval is refused now" in case["exposure"]["changed"]["en"]
    problem_of(bank.step("second", case, "approve"), 409, "exposure-changed")
    case = bank.moved("officer", bank.moved("second", case, "return", reason="assess again"), "reassess")
    assert case["exposure"]["changed"] is None
    assert case["exposure"]["own_yuan"] == "500000.00"


def test_what_a_renewal_adds_is_the_difference(bank: Bank) -> None:
    """A line of 800,000 in the place of one of 500,000 that the case had counted: 300,000 more, and both are said."""
    old = active(bank, bank.apply())
    case = bank.apply(amount="200000")
    approved(bank, bank.apply(amount="800000", replaces=old["id"]))
    told = fresh(bank, case)["exposure"]["changed"]
    assert (told["committed_since_yuan"], told["own_now_yuan"]) == ("800000.00", "800000.00")


def test_a_replaced_line_that_is_gone_is_said_and_refused(bank: Bank) -> None:
    """Closed or frozen after the approval: the view says so, activation is 409; before it the approval is."""
    old = active(bank, bank.apply())
    first = approved(bank, bank.apply(amount="600000", replaces=old["id"]))
    bank.moved("risk", old, "close", reason="repaid")
    told = fresh(bank, first)["exposure"]["changed"]
    assert told["replaced_gone_yuan"] == "500000.00"
    assert "Activation is refused now" in told["en"]
    problem = problem_of(bank.step("officer", first, "activate"), 409, "exposure-changed")
    assert problem["title"] == "the line that it replaces is gone"
    assert problem["expected"] == "a line of 500000.00 to replace"


def test_an_approval_of_what_replaces_a_closed_line_is_refused(bank: Bank) -> None:
    """The same before the approval, with the amount that is missing."""
    old = active(bank, bank.apply())
    case = bank.moved("officer", bank.apply(amount="600000", replaces=old["id"]), "submit")
    bank.moved("risk", old, "close", reason="repaid")
    assert fresh(bank, case)["exposure"]["changed"]["replaced_gone_yuan"] == "500000.00"
    problem = problem_of(bank.step("second", case, "approve"), 409, "exposure-changed")
    assert problem["value"] == "a line of 500000.00 that can no longer be replaced"


def test_a_frozen_line_is_not_replaced(bank: Bank) -> None:
    """Something is wrong with it: the new one does not take its place."""
    old = active(bank, bank.apply())
    case = approved(bank, bank.apply(amount="600000", replaces=old["id"]))
    bank.moved("risk", old, "freeze", reason="seizure")
    assert "can no longer be replaced" in fresh(bank, case)["exposure"]["changed"]["en"]
    problem = bank.step("officer", case, "activate")
    assert problem.status_code == 409


def test_what_is_decided_for_good_says_nothing_of_later_lines(bank: Bank) -> None:
    """An active line and a declined case are compared with nothing any more."""
    line = active(bank, bank.apply(amount="200000"))
    other = bank.moved("officer", bank.apply(amount="100000"), "submit")
    bank.moved("approver", other, "decline", reason="no")
    approved(bank, bank.apply(amount="300000"))
    for case in (line, other):
        assert fresh(bank, case)["exposure"]["changed"] is None
