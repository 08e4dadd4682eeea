"""Whose cases somebody sees, and how the list turns its pages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.service.applications.conftest import BOTH, PATH, Bank, asked, problem_of


@BOTH
def test_another_branchs_case_does_not_exist(bank: Bank) -> None:
    """By every route the answer is the same 404 as for an id that nobody gave; only the id in it differs."""
    case = bank.moved("officer", bank.apply(), "submit")
    file = bank.attach("officer", case).json()["sha256"]
    nowhere = {**case, "id": "017093d2-0000-7000-8000-000000000000"}
    for who in ("stranger", "far", "park", "colleague"):
        for one in ("", "/events", "/attachments", f"/attachments/{file}"):
            there, none = (bank.get(who, f"{PATH}/{each['id']}{one}") for each in (case, nowhere))
            assert there.status_code == none.status_code == 404
            assert there.text.replace(case["id"], nowhere["id"]) == none.text
        there = bank.get(who, case["assessment"]["href"])
        assert there.status_code == 404
        made = [bank.attach(who, one) for one in (case, nowhere)]
        assert {answer.status_code for answer in made} <= {404, 403}
        said = [bank.post(who, f"{PATH}/{one['id']}/comments", {"text": "x"}) for one in (case, nowhere)]
        assert [answer.status_code for answer in said] == [404, 404]
    for tag in (case["etag"], '"9"'):
        problem_of(bank.step("far", case, "approve", tag=tag), 404, "application-not-found")
        problem_of(bank.step("stranger", case, "submit", tag=tag), 404, "application-not-found")
    assert bank.get("stranger", PATH).json()["applications"] == []
    assert bank.get("colleague", PATH).json()["applications"] == []


def test_a_park_narrows_a_branch(bank: Bank) -> None:
    """An approver of one park sees its cases and no others of the branch."""
    inside = bank.apply(park="binjiang")
    bank.apply(park="xiaoshan")
    bank.apply()
    assert [one["id"] for one in bank.get("park", PATH).json()["applications"]] == [inside["id"]]
    assert len(bank.get("approver", PATH).json()["applications"]) == 3


def test_an_assessment_is_its_makers_and_those_with_every_branch(bank: Bank) -> None:
    """Also one that belongs to no application."""
    made = bank.post("officer", "/v1/assessments", {"enterprise_id": "E5"})
    for who, status in (("officer", 200), ("risk", 200), ("second", 200), ("colleague", 404), ("approver", 404)):
        assert bank.get(who, made.headers["location"]).status_code == status
        assert bank.get(who, made.headers["location"] + "/explanation").status_code == status
    what_if = made.headers["location"] + "/what-if"
    assert bank.post("colleague", what_if, {"facts": {}}).status_code == 404


def pages(bank: Bank, who: str, between: Any = None, **filters: Any) -> list[list[str]]:
    """The ids of every page; `between` is called before each following one."""
    found, cursor = [], None
    while True:
        params = {**filters, "limit": 3, **({} if cursor is None else {"cursor": cursor})}
        answer = bank.get(who, PATH, **params)
        assert answer.status_code == 200, answer.text
        found.append([one["id"] for one in answer.json()["applications"]])
        cursor = answer.json()["next"]
        if cursor is None:
            return found
        if between is not None:
            between()


@BOTH
def test_pages_are_stable_while_applications_are_made(bank: Bank) -> None:
    """What is made meanwhile neither shows twice nor hides anything."""
    made = [bank.apply()["id"] for _ in range(8)]
    found = pages(bank, "officer", between=bank.apply)
    assert [one for page in found for one in page] == list(reversed(made))
    assert [len(page) for page in found] == [3, 3, 2]


@BOTH
def test_filters_find_and_combine(bank: Bank) -> None:
    """Each filter alone, and together."""
    one = bank.apply(enterprise="E3", purpose="new looms 100%")
    two = bank.moved("officer", bank.apply(enterprise="E5", park="binjiang"), "submit")
    far = bank.apply("stranger", enterprise="E5")
    for filters, expected in (
        ({"enterprise_id": "E5"}, {two["id"], far["id"]}),
        ({"enterprise_id": "Ｅ５"}, {two["id"], far["id"]}),
        ({"state": "in_review"}, {two["id"]}),
        ({"branch": "ningbo"}, {far["id"]}),
        ({"park": "binjiang"}, {two["id"]}),
        ({"officer": "officer"}, {one["id"], two["id"]}),
        ({"grade": one["assessment"]["grade"], "enterprise_id": "E3"}, {one["id"]}),
        ({"product": "technology_credit"}, set()),
        ({"made_from": "2020-03-01", "made_to": "2020-03-01"}, {one["id"], two["id"], far["id"]}),
        ({"made_from": "2020-03-02"}, set()),
        ({"made_to": "2020-02-29"}, set()),
        ({"search": "looms"}, {one["id"]}),
        ({"search": "100%"}, {one["id"]}),
        ({"search": "%"}, {one["id"]}),
        ({"search": "_"}, set()),
        ({"search": "\0"}, set()),
        ({"search": "'; DROP TABLE applications; --"}, set()),
        ({"state": "in_review", "branch": "ningbo"}, set()),
    ):
        found = bank.get("risk", PATH, **filters)
        assert found.status_code == 200, found.text
        assert {each["id"] for each in found.json()["applications"]} == expected, filters


@pytest.mark.parametrize(
    "text", ["", "x", "e30", "!!!", base64.urlsafe_b64encode(json.dumps({"after": 1}).encode()).decode()]
)
def test_a_cursor_that_was_not_given_is_refused(house: Bank, text: str) -> None:
    """So is one of other filters."""
    problem_of(house.get("officer", PATH, cursor=text), 422, "cursor-not-understood")


def test_a_cursor_is_bound_to_its_filters_and_gives_no_reach(bank: Bank) -> None:
    """Another's cursor shows only what is in one's own reach."""
    for _ in range(3):
        bank.apply()
    cursor = bank.get("officer", PATH, limit=1).json()["next"]
    problem_of(bank.get("officer", PATH, limit=1, cursor=cursor, state="assessed"), 422, "cursor-not-understood")
    assert bank.get("stranger", PATH, limit=1, cursor=cursor).json()["applications"] == []
    assert len(bank.get("officer", PATH, limit=200, cursor=cursor).json()["applications"]) == 2


def test_the_first_and_the_last_day_that_there_are_can_be_asked_for(bank: Bank) -> None:
    """A calendar's whole range is a way to say: any day."""
    case = bank.apply()
    whole = {"made_from": "0001-01-01", "made_to": "9999-12-31"}
    assert [one["id"] for one in bank.get("officer", PATH, **whole).json()["applications"]] == [case["id"]]
    assert bank.get("officer", PATH, made_to="0001-01-01").json()["applications"] == []
    assert bank.get("officer", PATH, made_from="9999-12-31").json()["applications"] == []
    report = bank.get("risk", f"{PATH}/override-report", **{"from": "0001-01-01", "to": "9999-12-31"})
    assert report.json()["applications"] == 1


@pytest.mark.parametrize(
    "filters", [{"limit": 0}, {"limit": 201}, {"state": "lost"}, {"grade": "A"}, {"colour": "red"}]
)
def test_a_filter_that_cannot_be_is_refused(house: Bank, filters: dict[str, Any]) -> None:
    """With the field that is wrong."""
    problem_of(house.get("officer", PATH, **filters), 422, "invalid-request")


@BOTH
def test_strange_ids_are_not_found(bank: Bank) -> None:
    """Also those that a database cannot be asked for."""
    for one in ("%00", "%2e%2e%2f", "..", "'", "x" * 60, "%ff", "名"):
        for path in (f"{PATH}/{one}", f"/v1/assessments/{one}", f"/v1/assessments/{one}/explanation"):
            assert bank.get("risk", path).status_code in (404, 200) if one == ".." else (404,)
        assert bank.post("officer", f"{PATH}/{one}/transitions", {"action": "submit"}, tag='"1"').status_code in (
            404,
            405,
        )
    assert bank.post("officer", PATH, asked()).status_code == 201
