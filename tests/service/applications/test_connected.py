"""Firms that belong together or trade in a ring, from posted records to the approval, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from service.assessing import Question
from service.batch.background import BatchDesk, read_plan
from service.batch.errors import BatchFolderTaken, BatchInputChanged
from service.batch.folder import MANIFEST, RunFolder
from service.batch.inputs import LINES
from service.batch.running import ProcessPool, in_this_process, run_plan
from service.batch.starting import Planned, plan_records
from tests.position_rows import policy_with
from tests.service.applications.conftest import BOTH, CALM, Bank, bank_on, problem_of
from tests.service.applications.test_lines import approved, decision
from tests.service.batch.runs import contents, rows
from tests.service.conftest import AS_OF, TODAY
from tests.service.test_group_path import CAPITAL, cap, holding, learn, loan
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
    policy_with(tmp_path, {**CAPITAL, **CALM}, AS_OF)
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


def in_batch(bank: Bank, folder: Path, workers: int = 1, plan: Planned | None = None) -> dict[str, dict[str, Any]]:
    """Everybody's decision of a batch of today, by enterprise."""
    plan = plan or plan_of(bank)
    engine = in_this_process if workers == 1 else ProcessPool(workers)
    run_plan(plan.plan, folder, plan.lake, lines=plan.lines, engine=engine)
    return {row["enterprise_id"]: row for row in rows(folder).to_pylist()}


def plan_of(bank: Bank, day: date = TODAY) -> Planned:
    overlay = bank.service.settings.policy_dir
    return plan_records(bank.service.assessor, day, overlay=overlay, rows_at_once=1, decision_ids=True)


def test_a_batch_counts_the_lines_that_were_approved_here(grouped: Bank, tmp_path: Path) -> None:
    """A line of E5, a line of its fellow member E7, one of a stranger, and one of E1 from the bank's own system: a
    batch says of everybody what the desk says, to the byte, with any number of workers."""
    line = {"enterprise_id": "E1", "line_no": "CORE1", "granted_on": "2020-02-01", "amount": "200000.00"}
    learn(grouped.service.settings.home, "credit_line", {**line, "known_at": "2020-02-02"})
    before = in_batch(grouped, tmp_path / "before")
    for enterprise in ("E5", "E7", "E2"):
        approved(grouped, grouped.apply(enterprise=enterprise, amount="100000"))
    plan = plan_of(grouped)
    after = in_batch(grouped, tmp_path / "after", plan=plan)
    for enterprise, row in after.items():
        desk = grouped.service.assessor.decide(Question(enterprise))
        assert (row["decision_id"], row["input_sha256"]) == (desk.decision_id, desk.input_sha256), enterprise
    room = {name: (before[name]["limit_fen"], after[name]["limit_fen"]) for name in ("E1", "E5", "E2")}
    assert room["E5"] == (120_000_000, 100_000_000)  # its own and that of E7, out of the room of the group
    assert room["E2"][0] - room["E2"][1] == 10_000_000
    assert room["E1"][0] == room["E1"][1]
    in_batch(grouped, tmp_path / "two", workers=2, plan=plan)
    assert contents(tmp_path / "two") == contents(tmp_path / "after")
    assert plan_of(grouped, AS_OF).lines is None  # nobody knew of them the day before


def test_a_run_keeps_the_lines_that_it_was_planned_with(grouped: Bank) -> None:
    """A run of the desk goes on with the lines of its beginning; edited ones are refused, and later ones by name."""
    approved(grouped, grouped.apply(amount="100000"))
    plan = plan_of(grouped)
    idle = Popen(["true"])
    idle.wait()
    desk = BatchDesk(grouped.service.settings, spawn=lambda *_: idle)
    folder = RunFolder(grouped.service.settings.home / "batches" / desk.submit(plan, by="risk", at="now")["id"])
    approved(grouped, grouped.apply(enterprise="E2", amount="100000"))
    kept = read_plan(folder)
    assert (kept.plan, kept.lines) == (plan.plan, None)
    assert in_batch(grouped, folder.path, plan=kept)["E5"]["step_committed_lines_fen"] == -10_000_000
    with pytest.raises(BatchFolderTaken, match="lines"):
        in_batch(grouped, folder.path)
    (folder.path / MANIFEST).unlink()
    next((folder.path / "scores").iterdir()).unlink()
    (folder.path / LINES).write_bytes(plan_of(grouped).lines or b"")
    with pytest.raises(BatchInputChanged, match="credit lines"):
        in_batch(grouped, folder.path, plan=kept)
