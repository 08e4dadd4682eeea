"""What the bank has committed itself to is exposure: of one enterprise, of its group, of two approvals at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from models.records.credit_line import CREDIT_LINE
from service.applications.commitments import hold_enterprises, is_committed, last_day
from service.applications.rows import read
from service.cli.replay import replayed
from service.credit_lines import lines_seen
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.applications.test_race import at_once
from tests.service.conftest import TODAY
from tests.service.test_group_path import learn, loan


def approved(bank: Bank, case: dict[str, Any], who: str = "second", **more: Any) -> dict[str, Any]:
    """A case after submission and approval by somebody of the head office."""
    return bank.moved(who, bank.moved("officer", case, "submit"), "approve", **more)


def active(bank: Bank, case: dict[str, Any]) -> dict[str, Any]:
    return bank.moved("officer", approved(bank, case), "activate")


def decision(bank: Bank, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bank.get("risk", case["assessment"]["href"]).json()["decision"]
    return found


def fresh(bank: Bank, case: dict[str, Any], who: str = "risk") -> dict[str, Any]:
    answer = bank.get(who, f"{PATH}/{case['id']}")
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "etag": answer.headers["etag"]}


@BOTH
def test_an_approved_line_takes_the_room_of_the_next_application(bank: Bank) -> None:
    """E5 carries 1,500,000: after 500,000 there are 1,000,000, said as a step of its own and kept with the decision."""
    before = decision(bank, bank.apply(amount="3000000"))
    assert before["limit_yuan"] == "1500000.00"
    assert "lines_committed_fen" not in before["feature_values"]
    line = approved(bank, bank.apply())
    for case in (bank.apply(amount="3000000"),):
        found = decision(bank, case)
        assert found["limit_yuan"] == "1000000.00"
        steps = {step["code"]: step["delta_yuan"] for step in found["waterfall"]}
        assert steps["committed_lines"] == "-500000.00"
        assert "existing_exposure" not in steps
        assert found["feature_values"]["lines_committed_fen"] == 50_000_000
        assert found["input_sha256"] != before["input_sha256"]
        assert case["exposure"]["own_yuan"] == "500000.00"
        (shown,) = case["lines"]
        assert (shown["id"], shown["state"], shown["approved_yuan"]) == (line["id"], "approved", "500000.00")
        assert shown["ends_on"] == line["ends_on"] == (TODAY + timedelta(days=180)).isoformat()
    explained = bank.get("risk", case["assessment"]["href"] + "/explanation").json()
    assert "committed_lines" in [step["code"] for step in explained["waterfall"]]


def test_the_whole_room_is_given_once(bank: Bank) -> None:
    """Ten applications of all that E5 carries: the first is approved, nothing is left for the second."""
    approved(bank, bank.apply(amount="1500000"))
    second = bank.apply(amount="1500000")
    assert (second["assessment"]["limit_yuan"], second["proposed_yuan"]) == ("0.00", "0.00")
    case = bank.moved("officer", second, "submit")
    problem_of(bank.step("second", case, "approve"), 422, "amount-not-approvable")


@pytest.mark.parametrize(
    ("end", "left"),
    [
        pytest.param("withdraw", "1500000.00", id="withdrawn"),
        pytest.param("lapse", "1500000.00", id="lapsed"),
        pytest.param("activate", "1000000.00", id="active"),
        pytest.param("freeze", "1000000.00", id="frozen"),
        pytest.param("expire", "1500000.00", id="past-its-tenor"),
        pytest.param("freeze-expire", "1000000.00", id="frozen-past-its-tenor"),
        pytest.param("close", "1500000.00", id="closed"),
    ],
)
def test_a_line_counts_as_long_as_it_binds_the_bank(bank: Bank, end: str, left: str) -> None:
    """From the approval; what has lapsed, ended or was closed binds nobody; a frozen one until it is closed."""
    line = approved(bank, bank.apply())
    if end not in ("withdraw", "lapse"):
        line = bank.moved("officer", line, "activate")
        assert line["ends_on"] == "2021-03-01"
    if "freeze" in end:
        line = bank.moved("risk", line, "freeze", reason="seizure")
    if end == "withdraw":
        bank.moved("officer", line, "withdraw", reason="not needed")
    if end == "close":
        bank.moved("risk", line, "close", reason="repaid")
    bank.clock.now += timedelta(days={"lapse": 181, "expire": 366, "freeze-expire": 366}.get(end, 0))
    with bank.service.store.reading() as connection:
        kept = read(connection, line["id"])
    assert kept is not None
    today = bank.service.assessor.today()
    assert is_committed(kept, today) == (left != "1500000.00")
    rows = bank.service.assessor.register(["E5"], None)
    assert (line["id"] in lines_seen(bank.service.assessor.around("E5"), today)) == is_committed(kept, today)
    assert rows.schema == CREDIT_LINE.schema
    request = bank.service.assessor.application(TODAY, product="invoice_credit", amount_yuan=None)
    assert request.line_replaced_fen is None
    if end in ("lapse", "expire", "freeze-expire"):
        return  # by then the invoices are too old for any limit; that the line counts is shown above
    assert bank.apply(amount="3000000")["assessment"]["limit_yuan"] == left


def test_a_lapsed_approval_does_not_become_active(bank: Bank) -> None:
    """It is no exposure any more, so nobody may draw on it."""
    line = approved(bank, bank.apply())
    bank.clock.now += timedelta(days=181)
    problem = problem_of(bank.step("officer", line, "activate"), 409, "transition-not-possible")
    assert problem["expected"] == "a day not after 2020-08-28"


@pytest.mark.parametrize(
    ("drawn_on", "balance", "left"),
    [("2020-03-01", "300000.00", "1000000.00"), ("2019-06-01", "300000.00", "700000.00")],
    ids=["drawn-under-the-line", "lent-before-it"],
)
def test_a_loan_drawn_under_a_line_is_not_counted_beside_it(bank: Bank, drawn_on: str, balance: str, left: str) -> None:
    """500,000 committed and 300,000 of it drawn are 500,000; a loan from before the line comes on top."""
    active(bank, bank.apply())
    learn(bank.service.settings.home, "bank_loan", loan("E5", "L5", balance, drawn_on=drawn_on, known_at="2020-03-01"))
    assert bank.apply(amount="3000000")["assessment"]["limit_yuan"] == left


@BOTH
def test_a_replacement_is_not_counted_twice_and_closes_what_it_replaces(bank: Bank) -> None:
    """1,500,000 in the place of 500,000: the room is whole, both stand until the new line is active, then one."""
    old = active(bank, bank.apply())
    new = bank.apply(amount="1500000", replaces=old["id"])
    assert new["assessment"]["limit_yuan"] == "1500000.00"
    assert (new["exposure"]["own_yuan"], new["exposure"]["replaced_yuan"]) == ("0.00", "500000.00")
    assert [one["replaced"] for one in new["lines"]] == [True]
    assert decision(bank, new)["feature_values"]["line_replaced_fen"] == 50_000_000
    new = approved(bank, new)
    third = bank.apply(amount="3000000")
    assert third["assessment"]["limit_yuan"] == "0.00"  # the larger of the two counts
    assert third["exposure"]["own_yuan"] == "1500000.00"
    new = bank.moved("officer", new, "activate")
    gone = fresh(bank, old)
    assert (gone["state"], gone["version"]) == ("closed", old["version"] + 1)
    assert bank.ledger(old["id"])[-2][2]["replaced_by"] == new["id"]
    problem_of(bank.step("risk", old, "freeze", reason="x"), 412, "version-changed")
    assert bank.apply(amount="3000000")["exposure"]["own_yuan"] == "1500000.00"


def test_what_was_drawn_under_the_replaced_line_is_owed_under_the_new_one(bank: Bank) -> None:
    """400,000 drawn under the old line take nothing off the new one, before and after it takes the place."""
    old = active(bank, bank.apply())
    learn(
        bank.service.settings.home,
        "bank_loan",
        loan("E5", "L5", "400000.00", drawn_on="2020-03-01", known_at="2020-03-01"),
    )
    bank.clock.now += timedelta(days=3)
    new = bank.apply(amount="1400000", replaces=old["id"])
    assert new["assessment"]["limit_yuan"] == "1400000.00"
    active(bank, new)
    assert bank.apply(amount="3000000")["exposure"]["own_yuan"] == "1400000.00"


@pytest.mark.parametrize("named", ["another-enterprise", "nobody", "closed", "frozen", "out-of-reach", "taken"])
def test_only_a_line_of_one_s_own_can_be_replaced(bank: Bank, named: str) -> None:
    """The same refusal for every reason."""
    line = active(bank, bank.apply(enterprise="E6" if named == "another-enterprise" else "E5", amount="100000"))
    who = "officer"
    if named == "closed":
        bank.moved("risk", line, "close", reason="repaid")
    if named == "frozen":
        bank.moved("risk", line, "freeze", reason="seizure")
    if named == "out-of-reach":
        who = "colleague"
    if named == "taken":
        approved(bank, bank.apply(amount="120000", replaces=line["id"]))
    body = {"enterprise_id": "E5", "amount_yuan": "100000", "tenor_months": 12, "purpose": "steel"}
    answer = bank.post(who, PATH, {**body, "replaces": "0" * 36 if named == "nobody" else line["id"]})
    assert problem_of(answer, 422, "line-not-replaceable")["field"] == "replaces"


@BOTH
def test_an_approval_stands_on_what_the_assessment_saw(bank: Bank) -> None:
    """Two applications that were assessed on the same room: after the first, the second is assessed again."""
    first, second = (bank.moved("officer", bank.apply(amount="1500000"), "submit") for _ in range(2))
    assert [one["id"] for one in fresh(bank, first)["other_applications"]] == [second["id"]]
    bank.moved("second", first, "approve", amount_yuan="1000000")
    problem = problem_of(bank.step("second", second, "approve"), 409, "exposure-changed")
    assert problem["found" if "found" in problem else "value"] == "1000000.00 committed since"
    second = bank.moved("second", second, "return", reason="assess again")
    second = bank.moved("officer", bank.moved("officer", second, "reassess"), "submit")
    assert second["proposed_yuan"] == "500000.00"
    assert bank.moved("second", second, "approve")["approved_yuan"] == "500000.00"


@BOTH
def test_two_approvals_at_once_do_not_pass_together_what_neither_may_alone(bank: Bank) -> None:
    """Eight applications on the same room of 1,500,000, for 300,000 each, approved in parallel: one passes."""
    cases = [bank.moved("officer", bank.apply(amount="300000"), "submit") for _ in range(8)]
    answers = at_once([lambda case=case: bank.step("second", case, "approve") for case in cases])  # type: ignore[misc]
    passed = [answer for answer in answers if answer.status_code == 200]
    assert len(passed) == 1, [answer.text for answer in answers]
    assert {answer.status_code for answer in answers} == {200, 409}
    assert sum(lines_seen(bank.service.assessor.around("E5"), TODAY).values()) == 30_000_000


@BOTH
def test_a_fellow_member_s_line_approved_at_once_is_seen(bank: Bank) -> None:
    """E5 and E6 are one group: of approvals of both in parallel one passes, the other is assessed again."""
    home = bank.service.settings.home
    guarantee = {"enterprise_id": "E5", "relation": "guarantor", "party_id": "E6", "began_on": "2018-01-01"}
    learn(home, "relation", {**guarantee, "known_at": "2019-01-01"})
    cases = [bank.moved("officer", bank.apply(enterprise=name, amount="200000"), "submit") for name in ("E5", "E6")]
    answers = at_once([lambda case=case: bank.step("second", case, "approve") for case in cases])  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    problem_of(refused, 409, "exposure-changed")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("held", ["E5", "E6"])
def test_whoever_commits_the_bank_waits_for_whoever_does(bank: Bank, held: str) -> None:
    """An approval for E5 waits while E5, or its fellow member E6, is held by another transaction."""
    tie = {"enterprise_id": "E5", "relation": "guarantor", "party_id": "E6", "began_on": "2018-01-01"}
    learn(bank.service.settings.home, "relation", {**tie, "known_at": "2019-01-01"})
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with bank.service.store.writing() as connection:
            hold_enterprises(connection, [held])
            answer = pool.submit(bank.step, "second", case, "approve")
            while not answer.done() and not connection.execute(waits).scalar_one():
                pass
            assert not answer.done(), "it did not wait"
        assert answer.result().status_code == 200


def test_authority_is_over_the_total(bank: Bank) -> None:
    """In G9 the branch approves 300,000: 200,000 pass, 150,000 more do not, since 350,000 would stand."""
    first = bank.moved("officer", bank.apply(amount="200000"), "submit")
    assert first["grade"] == "G9"
    bank.moved("clerk", first, "approve")
    second = bank.moved("officer", bank.apply(amount="150000"), "submit")
    assert second["exposure"]["total_yuan"] == "350000.00"
    problem = problem_of(bank.step("clerk", second, "approve"), 403, "authority-exceeded")
    assert (problem["expected"], problem["value"]) == ("at most 300000.00", "350000.00")
    assert bank.moved("clerk", second, "approve", amount_yuan="100000")["state"] == "approved"


def test_an_ask_in_parts_is_one_ask(bank: Bank) -> None:
    """Two undecided applications of 200,000 each are 400,000 to whoever approves the first, also out of reach."""
    first = bank.moved("officer", bank.apply(amount="200000"), "submit")
    far = bank.apply("stranger", amount="200000")
    shown = fresh(bank, first, "clerk")
    (other,) = shown["other_applications"]
    assert (other["id"], other["state"], other["amount_yuan"]) == (None, "assessed", "200000.00")
    assert fresh(bank, first, "risk")["other_applications"][0]["id"] == far["id"]
    assert shown["exposure"]["other_applications_yuan"] == "200000.00"
    problem_of(bank.step("clerk", first, "approve"), 403, "authority-exceeded")
    bank.moved("stranger", far, "withdraw", reason="not needed")
    assert bank.moved("clerk", first, "approve")["state"] == "approved"


def test_two_approvers_are_needed_above_the_threshold_in_total(bank: Bank) -> None:
    """3,100,000 of loans on file and 100,000 now are above it."""
    before = bank.apply(enterprise="E12", amount="100000")
    assert before["approvals_needed"] == 1
    learn(bank.service.settings.home, "bank_loan", loan("E10", "L", "3100000.00"))
    assert bank.apply(enterprise="E10", amount="100000")["approvals_needed"] == 2


def test_a_decision_replays_after_its_line_stands(bank: Bank) -> None:
    """From the kept inputs to the byte, and also from what is stored now: its own line is none of what it saw."""
    first = approved(bank, bank.apply())
    second = approved(bank, bank.apply(amount="400000"))
    for case in (second, first):
        verdict = replayed(bank.service, case["assessment"]["id"])
        assert verdict.matched
        assert replayed(bank.service, case["id"]).main.kept == verdict.main.kept  # a case by its present assessment
        assert verdict.changed == (() if case is second else ("data",))  # the second line is news to the first


def test_the_register_tells_every_version(bank: Bank) -> None:
    """What was known when: approved, active, frozen, closed; each supersedes the one before."""
    line = active(bank, bank.apply())
    line = bank.moved("risk", line, "freeze", reason="seizure")
    bank.moved("risk", line, "close", reason="repaid")
    rows: pa.Table = bank.service.assessor.register(["E5", "E6"], None)
    found = rows.to_pylist()
    assert [(row["drawn_from"], row["frozen"], row["closed_on"]) for row in found] == [
        (None, False, None),
        (TODAY, False, None),
        (TODAY, True, None),
        (TODAY, True, TODAY),
    ]
    assert [row["superseded_at"] for row in found] == [*(row["known_at"] for row in found[1:]), None]
    assert bank.service.assessor.register(["E5"], line["id"]).num_rows == 0


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [("2020-01-31", 1, "2020-02-29"), ("2020-03-01", 12, "2021-03-01"), ("2020-11-30", 3, "2021-02-28")],
)
def test_a_tenor_ends_on_the_same_day_of_its_last_month(first: str, months: int, last: str) -> None:
    """Or on the last day that this month has."""
    assert last_day(TODAY.fromisoformat(first), months).isoformat() == last


def test_a_bank_s_own_line_system_counts_too(home: Path, bank: Bank) -> None:
    """Lines that came as records are exposure like those that were approved here."""
    row = {"enterprise_id": "E5", "line_no": "CORE-1", "granted_on": "2019-12-01", "amount": "700000"}
    learn(home, "credit_line", {**row, "known_at": "2019-12-02"})
    case = bank.apply(amount="3000000")
    assert (case["assessment"]["limit_yuan"], case["exposure"]["own_yuan"]) == ("800000.00", "700000.00")
