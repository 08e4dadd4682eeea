"""Who commits the bank does so on the exposure of now, loans included, and on an assessment that is not too old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.service.applications.conftest import Bank, problem_of
from tests.service.applications.test_lines import approved
from tests.service.test_group_path import learn, loan


@pytest.mark.parametrize("action", ["approve", "activate"])
def test_a_loan_that_came_since_is_seen(bank: Bank, action: str) -> None:
    """Both figures are said."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    if action == "activate":
        case = bank.moved("second", case, "approve")
    learn(bank.service.settings.home, "bank_loan", loan("E5", "L9", "300000.00"))
    who = "officer" if action == "activate" else "second"
    problem = problem_of(bank.step(who, case, action), 409, "exposure-changed")
    assert (problem["expected"], problem["value"]) == ("at most 0.00, as assessed", "300000.00 now")
    assert "assessed again" in problem["advice"]


def test_a_later_line_that_saw_this_one_does_not_stop_it(bank: Bank) -> None:
    """A is approved, B is assessed beside it and approved: both become active."""
    first = approved(bank, bank.apply(amount="200000"))
    second = approved(bank, bank.apply(amount="200000"))
    assert second["exposure"]["own_yuan"] == "200000.00"
    for case in (first, second):
        assert bank.moved("officer", case, "activate")["state"] == "active"


def test_an_old_assessment_is_not_approved_on(bank: Bank) -> None:
    """The ninetieth day still; the day after it is assessed again."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    bank.clock.now += timedelta(days=91)
    problem = problem_of(bank.step("second", case, "approve"), 409, "assessment-too-old")
    assert problem["expected"] == "an approval not after 2020-05-30"
    bank.clock.now -= timedelta(days=1)
    assert bank.moved("second", case, "approve")["state"] == "approved"


@pytest.mark.parametrize("action", ["approve", "activate"])
@pytest.mark.parametrize(("event", "level"), [("asset_freeze", "red"), ("operation_abnormal", "yellow")])
def test_the_warning_of_today_counts(bank: Bank, action: str, event: str, level: str) -> None:
    """What became known after the assessment: red stops both, yellow only what is not committed yet.

    The firm has a line already, so that yellow holds it there.
    """
    approved(bank, bank.apply(amount="100000"))
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    if action == "activate":
        case = bank.moved("second", case, "approve")
    happened = {"enterprise_id": "E5", "event": event, "event_no": "N1", "happened_on": "2020-02-28"}
    learn(bank.service.settings.home, "risk_event", {**happened, "role": "defendant"})
    who = "officer" if action == "activate" else "second"
    answer = bank.step(who, case, action)
    if (action, level) == ("activate", "yellow"):
        assert answer.json()["state"] == "active"
        return
    problem = problem_of(answer, 409, "warned-since")
    assert f"early warning is {level} today" in problem["title"]
