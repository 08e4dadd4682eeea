"""What was edited by other means is not given out: no case, paper, event, file, assessment or line of a list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATIONS,
)
from service.store.schema import ASSESSMENTS
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.applications.test_edited_beside import edited
from tests.service.applications.test_lines import active
from tests.service.ledger.conftest import without_triggers

EDITED = {"approved_fen": 900_000_000}


def refused(bank: Bank, who: str, path: str, name: str) -> None:
    """A reading is refused and names the row."""
    assert name in problem_of(bank.get(who, path), 503, "row-not-as-told")["detail"]


@BOTH
@pytest.mark.parametrize(
    "values", [EDITED, {"approvals": "[]"}, {"state": "paid"}, {"purpose": "gold"}], ids=lambda one: next(iter(one))
)
def test_an_edited_case_is_neither_shown_nor_printed(bank: Bank, values: dict[str, Any]) -> None:
    """Whatever was edited, a state that there is none included; put back, all is given out again."""
    case = active(bank, bank.apply())
    before = edited(bank, APPLICATIONS, case["id"], **values)
    for part in ("", "/events", "/attachments", "/notice", "/memo"):
        refused(bank, "officer", f"{PATH}/{case['id']}{part}", case["id"])
    refused(bank, "officer", f"/v1/assessments/{case['assessment']['id']}", case["id"])
    edited(bank, APPLICATIONS, case["id"], **before)
    for part in ("", "/events", "/attachments", "/memo"):
        assert bank.get("officer", f"{PATH}/{case['id']}{part}").status_code == 200


@BOTH
def test_a_case_beside_an_edited_line_is_not_shown(bank: Bank) -> None:
    """The view shows the enterprise's lines, so they are compared as well; another enterprise's case is shown."""
    line, case, other = active(bank, bank.apply()), bank.apply(), bank.apply(enterprise="E6")
    edited(bank, APPLICATIONS, line["id"], **EDITED)
    refused(bank, "officer", f"{PATH}/{case['id']}", line["id"])
    assert bank.get("officer", f"{PATH}/{other['id']}").status_code == 200


@BOTH
def test_an_edited_event_is_in_no_paper(bank: Bank) -> None:
    """Neither the step that a notice prints, nor a comment."""
    case = bank.moved("officer", bank.apply(), "submit")
    bank.post("risk", f"{PATH}/{case['id']}/comments", {"text": "seen"})
    case = bank.moved("approver", case, "decline", reason="the order fell through")
    for kind in ("transition", "comment"):
        rows = APPLICATION_EVENTS.c
        with bank.service.store.reading() as connection:
            chosen = select(rows.number, rows.content).where(rows.application_id == case["id"], rows.kind == kind)
            number, content = connection.execute(chosen.order_by(rows.number.desc())).first() or (0, "")
        forged = {**json.loads(content), "reason": "forged", "text": "forged"}
        with tampered_event(bank, case["id"], number, json.dumps(forged)):
            for part in ("/notice", "/memo", "/events"):
                refused(bank, "officer", f"{PATH}/{case['id']}{part}", f"{case['id']} {number}")
    assert bank.get("officer", f"{PATH}/{case['id']}/notice").status_code == 200


class tampered_event:  # noqa: N801
    """An event with other content while the block runs."""

    def __init__(self, bank: Bank, case: str, number: int, content: str) -> None:
        self._bank, self._where, self._content = bank, (case, number), content

    def __enter__(self) -> None:
        self._before = self._write(self._content)

    def __exit__(self, *_: object) -> None:
        self._write(self._before)

    def _write(self, content: str) -> str:
        rows = APPLICATION_EVENTS.c
        with self._bank.service.store.writing() as connection:
            without_triggers(connection)
            mine = (rows.application_id == self._where[0]) & (rows.number == self._where[1])
            before = connection.execute(select(rows.content).where(mine)).scalar_one()
            connection.execute(APPLICATION_EVENTS.update().where(mine).values(content=content))
        return str(before)


@BOTH
def test_an_edited_attachment_is_not_listed(bank: Bank) -> None:
    """Name and type are as they were told."""
    case = bank.apply()
    sha256 = bank.attach("officer", case).json()["sha256"]
    edited(bank, APPLICATION_ATTACHMENTS, case["id"], media_type="text/html")
    refused(bank, "officer", f"{PATH}/{case['id']}/attachments", case["id"])
    refused(bank, "officer", f"{PATH}/{case['id']}/attachments/{sha256}", case["id"])


@BOTH
def test_a_forged_assessment_is_not_given_out(bank: Bank) -> None:
    """By itself, explained, in the memo of its case and by the key it was made under: all 503, none 500."""
    case = bank.apply()
    alone = bank.post("officer", "/v1/assessments", {"enterprise_id": "E6"}, key="k").json()
    for made in (case["assessment"]["id"], alone["id"]):
        with bank.service.store.reading() as connection:
            mine = select(ASSESSMENTS.c.decision).where(ASSESSMENTS.c.id == made)
            decision = bytes(connection.execute(mine).scalar_one())
        forged = json.loads(decision)
        forged["limit_yuan"] = "9000000.00"
        edited(bank, ASSESSMENTS, made, decision=json.dumps(forged).encode())
        for part in ("", "/explanation"):
            refused(bank, "officer", f"/v1/assessments/{made}{part}", made)
        answer = bank.post("officer", f"/v1/assessments/{made}/what-if", {"facts": {}})
        assert made in problem_of(answer, 503, "row-not-as-told")["detail"]
    refused(bank, "officer", f"{PATH}/{case['id']}/memo", case["assessment"]["id"])
    again = bank.post("officer", "/v1/assessments", {"enterprise_id": "E6"}, key="k")
    assert alone["id"] in problem_of(again, 503, "row-not-as-told")["detail"]


@BOTH
def test_an_edited_branch_lets_nobody_else_in(bank: Bank) -> None:
    """Neither to the case nor to its assessment; nor does an assessment that was put under a case in reach."""
    case = bank.apply()
    assessment = f"/v1/assessments/{case['assessment']['id']}"
    assert bank.get("far", f"{PATH}/{case['id']}").status_code == 404
    before = edited(bank, APPLICATIONS, case["id"], branch="ningbo")
    for path in (f"{PATH}/{case['id']}", f"{PATH}/{case['id']}/memo", assessment):
        refused(bank, "far", path, case["id"])
    edited(bank, APPLICATIONS, case["id"], **before)
    theirs = bank.apply(who="stranger", enterprise="E6")
    edited(bank, APPLICATION_ASSESSMENTS, case["id"], application_id=theirs["id"])
    problem_of(bank.get("far", assessment), 503, "row-not-as-told")


@BOTH
def test_a_list_leaves_out_what_was_edited_and_says_so(bank: Bank) -> None:
    """With the other cases of the same enterprise, beside which the edited one would be shown."""
    line, beside, other = active(bank, bank.apply()), bank.apply(), bank.apply(enterprise="E6")
    page = bank.get("officer", PATH).json()
    assert (len(page["applications"]), page["not_as_told"]) == (3, [])
    edited(bank, APPLICATIONS, line["id"], **EDITED)
    page = bank.get("officer", PATH).json()
    assert [one["id"] for one in page["applications"]] == [other["id"]]
    assert set(page["not_as_told"]) == {line["id"], beside["id"]}
