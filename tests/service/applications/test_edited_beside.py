"""What was edited by other means is not decided beside: lines, cases and overrides of the enterprise and its group."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update

from service.errors import RowNotAsTold
from service.ledger.verifying import verify
from service.store.application_schema import APPLICATION_EVENTS, APPLICATION_OVERRIDES, APPLICATIONS
from tests.service.applications.conftest import BOTH, PATH, Bank, asked, problem_of
from tests.service.applications.test_lines import active
from tests.service.ledger.conftest import without_triggers
from tests.service.test_group_path import learn


def edited(bank: Bank, table: Table, row: str, **values: Any) -> dict[str, Any]:
    """An edit of the rows of a case; gives the values of before, by which it can be put back."""
    mine = (table.c.id if "id" in table.c else table.c.application_id) == row
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        before = dict(connection.execute(select(table).where(mine)).mappings().first() or {})
        assert connection.execute(update(table).where(mine).values(values)).rowcount > 0
    return {name: before[name] for name in values}


def refused_by_name(bank: Bank, row: str, *, who: str = "officer", enterprise: str = "E5") -> None:
    """An application, an assessment and a batch are refused: all name the row."""
    assert row in problem_of(bank.post(who, PATH, asked(enterprise)), 503, "row-not-as-told")["detail"]
    answer = bank.post("officer", "/v1/assessments", {"enterprise_id": enterprise})
    assert row in problem_of(answer, 503, "row-not-as-told")["detail"]
    with pytest.raises(RowNotAsTold, match=row):
        bank.service.assessor.register(None, None)


@BOTH
@pytest.mark.parametrize(
    "values",
    [{"approved_fen": 1}, {"approved_fen": None}, {"state": "closed"}, {"ends_on": "2020-01-01"}],
    ids=["amount", "no-amount", "state", "end"],
)
def test_an_edited_line_enters_no_exposure(bank: Bank, values: dict[str, Any]) -> None:
    """Of the enterprise itself; once the value is put back all is as before, and nothing stood on the edit."""
    line, open_case = active(bank, bank.apply()), bank.moved("officer", bank.apply(amount="200000"), "submit")
    before = edited(bank, APPLICATIONS, line["id"], **values)
    refused_by_name(bank, line["id"])
    for who, action in (("second", "approve"), ("approver", "decline")):
        problem = problem_of(bank.step(who, open_case, action, reason="x"), 503, "row-not-as-told")
        assert line["id"] in problem["detail"]
    edited(bank, APPLICATIONS, line["id"], **before)
    assert bank.apply()["exposure"]["own_yuan"] == "500000.00"
    bank.moved("second", open_case, "approve")
    with bank.service.store.reading() as connection:
        assert list(verify(connection)) == []


@BOTH
def test_an_edited_step_of_a_line_enters_no_exposure(bank: Bank) -> None:
    """The events say since when and until when a line counts."""
    line = active(bank, bank.apply())
    edited(bank, APPLICATION_EVENTS, line["id"], kind="comment")
    refused_by_name(bank, line["id"])


@BOTH
def test_an_edited_line_of_a_fellow_member_enters_no_exposure(bank: Bank) -> None:
    """E6 guarantees E5: its line counts for E5."""
    tie = {"enterprise_id": "E5", "relation": "guarantor", "party_id": "E6", "began_on": "2018-01-01"}
    learn(bank.service.settings.home, "relation", {**tie, "known_at": "2019-01-01"})
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    line = active(bank, bank.apply(enterprise="E6", amount="100000"))
    edited(bank, APPLICATIONS, line["id"], approved_fen=1)
    refused_by_name(bank, line["id"])
    assert line["id"] in problem_of(bank.step("second", case, "approve"), 503, "row-not-as-told")["detail"]


@BOTH
def test_an_edited_lowering_is_not_carried(bank: Bank) -> None:
    """The override of another case that bears on this one."""
    first = bank.apply()
    lowered = bank.override("risk", first).json()["overrides"][0]["id"]
    case = bank.moved("officer", bank.apply(), "submit")
    edited(bank, APPLICATION_OVERRIDES, lowered, after="400000.00")
    assert lowered in problem_of(bank.step("second", case, "approve"), 503, "row-not-as-told")["detail"]
    assert lowered in problem_of(bank.post("officer", PATH, asked()), 503, "row-not-as-told")["detail"]


@BOTH
def test_a_line_that_was_moved_away_is_missed(bank: Bank) -> None:
    """To another enterprise, so that no query for its own finds it: the assessment that was made for it does."""
    line = active(bank, bank.apply())
    before = edited(bank, APPLICATIONS, line["id"], enterprise_id="E9")
    refused_by_name(bank, line["id"])
    refused_by_name(bank, line["id"], enterprise="E9")
    edited(bank, APPLICATIONS, line["id"], **before)
    assert bank.apply()["exposure"]["own_yuan"] == "500000.00"


@BOTH
def test_what_is_gone_is_missed(bank: Bank) -> None:
    """A row that no query finds any more is found by the assessment that was made for it, by one and by a batch."""
    line = active(bank, bank.apply())
    engine = bank.service.store.engine
    if engine.dialect.name == "sqlite":  # which holds foreign keys for our connections only
        with closing(sqlite3.connect(str(engine.url.database))) as file, file:
            file.execute("DELETE FROM applications WHERE id = ?", (line["id"],))
    else:
        with bank.service.store.writing() as connection:
            without_triggers(connection)
            connection.execute(delete(APPLICATIONS).where(APPLICATIONS.c.id == line["id"]))
    gone = line["id"] + ": it is gone"
    with pytest.raises(RowNotAsTold, match=gone):
        bank.service.assessor.register(None, None)
    assert gone in problem_of(bank.post("officer", PATH, asked()), 503, "row-not-as-told")["detail"]
