"""Many decide on one case at once: few assessments are made for all, and nobody who is refused waits for one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from service.assessing import Assessor, Made
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.applications.test_race import MANY, at_once
from tests.service.test_group_path import learn, loan

REFUSED = [
    ("second", '"0"', 412),
    ("officer", None, 403),
    ("clerk", None, 403),
    ("far", None, 404),
]


@pytest.fixture
def assessments(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The enterprises that were assessed, in order, from here on."""
    made: list[str] = []
    plain = Assessor._made

    def counted(self: Assessor, question: Any, *more: Any) -> Made:
        made.append(question.enterprise_id)
        return plain(self, question, *more)

    monkeypatch.setattr(Assessor, "_made", counted)
    return made


@BOTH
def test_fifty_approvals_make_one_assessment(bank: Bank, assessments: list[str]) -> None:
    """One wins, every other is told in its place what is current; nobody waits longer than a request may."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    assessments.clear()
    answers = at_once([lambda: bank.step("second", case, "approve")] * MANY)
    counted = Counter(answer.status_code for answer in answers)
    assert counted == {200: 1, 412: MANY - 1}
    assert len(assessments) == 1
    now = bank.get("auditor", f"{PATH}/{case['id']}").headers["etag"]
    assert {answer.json()["current"]["etag"] for answer in answers if answer.status_code == 412} == {now}


def test_fifty_refused_approvals_share_what_an_assessment_found(bank: Bank, assessments: list[str]) -> None:
    """A loan came since, so that nobody wins: one assessment for the first, and one for all who came by then."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    learn(bank.service.settings.home, "bank_loan", loan("E5", "L9", "300000.00"))
    assessments.clear()
    answers = at_once([lambda: bank.step("second", case, "approve")] * MANY)
    assert {problem_of(answer, 409, "exposure-changed")["value"] for answer in answers} == {"300000.00 now"}
    assert 1 <= len(assessments) <= 5


def test_an_approval_after_another_looks_for_itself(bank: Bank, assessments: list[str]) -> None:
    """What an assessment found is told to nobody who comes after it was begun."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    learn(bank.service.settings.home, "bank_loan", loan("E5", "L9", "300000.00"))
    assessments.clear()
    for _ in range(2):
        problem_of(bank.step("second", case, "approve"), 409, "exposure-changed")
    assert len(assessments) == 2


@pytest.mark.parametrize(("who", "tag", "status"), REFUSED, ids=[who for who, *_ in REFUSED])
def test_who_is_refused_waits_for_nobody(
    bank: Bank, assessments: list[str], who: str, tag: str | None, status: int
) -> None:
    """Version, role, four eyes, reach and authority come before the turn at the case, which somebody else has here."""
    case = bank.moved("officer", bank.apply(), "submit")
    assessments.clear()
    with bank.service.office.at_hand.taken(case["id"]):  # whoever waited for it would be answered 504
        answer = bank.step(who, case, "approve", tag=tag)
    assert answer.status_code == status, answer.text
    assert assessments == []


def test_fifty_reassessments_make_one(bank: Bank, assessments: list[str]) -> None:
    """The same turn at the case."""
    case = bank.apply(amount="200000")
    assessments.clear()
    answers = at_once([lambda: bank.step("officer", case, "reassess")] * MANY)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: MANY - 1}
    assert len(assessments) == 1
