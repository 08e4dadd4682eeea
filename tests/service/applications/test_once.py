"""A request with an idempotency key is done once, and the version that a change is of must be the present one."""

from __future__ import annotations

import pytest

from tests.service.applications.conftest import BOTH, PATH, Bank, asked, problem_of

OVERRIDE = {
    "what": "amount",
    "direction": "down",
    "to_amount_yuan": "100000",
    "reason": "adverse_site_visit",
    "explanation": "Half of the machines stand still",
    "evidence": "0" * 64,
    "expires_on": "2020-06-01",
}


@BOTH
def test_the_same_key_gives_the_same_answer(bank: Bank) -> None:
    """Also when the case has moved on since; the body may be written differently."""
    first = bank.post("officer", PATH, asked(), key="k")
    case = {**first.json(), "etag": first.headers["etag"]}
    bank.moved("officer", case, "submit", key="s")
    again = bank.post("officer", PATH, dict(reversed(list(asked().items()))), key="k")
    assert (again.status_code, again.content, again.headers["location"]) == (
        201,
        first.content,
        first.headers["location"],
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert bank.step("officer", case, "submit", key="s").json()["state"] == "in_review"


@BOTH
def test_the_same_key_with_another_request_is_refused(bank: Bank) -> None:
    """Another body, another route, another version."""
    case = bank.apply()
    assert bank.post("officer", PATH, asked(), key="k").status_code == 201
    problem_of(bank.post("officer", PATH, asked(amount="1"), key="k"), 422, "idempotency-key-reused")
    problem_of(bank.step("officer", case, "submit", key="k"), 422, "idempotency-key-reused")


def test_a_key_is_its_callers_own(bank: Bank) -> None:
    """Two people may choose the same key."""
    first, second = (bank.post(who, PATH, asked(), key="k").json()["id"] for who in ("officer", "colleague"))
    assert first != second


@BOTH
def test_a_refused_request_keeps_its_key(bank: Bank) -> None:
    """What was not done can be done later under the same key."""
    case = bank.moved("officer", bank.apply(), "submit")
    assert bank.step("clerk", case, "decline", key="d").status_code == 422
    assert bank.step("clerk", case, "decline", key="d", reason="no").status_code == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_a_key_is_visible_ascii(house: Bank, key: str) -> None:
    """Other keys are refused."""
    headers = {**house.headers("officer"), "Idempotency-Key": key.encode("latin-1")}
    answer = house.http.post(
        PATH,
        json=asked(),
        headers={
            name.encode(): value if isinstance(value, bytes) else value.encode() for name, value in headers.items()
        },
    )
    assert answer.status_code == 422, answer.text


@BOTH
def test_a_change_names_its_version(bank: Bank) -> None:
    """Without If-Match 428, with an old one 412, each with what is current."""
    case = bank.apply()
    path = f"{PATH}/{case['id']}/transitions"
    problem = problem_of(bank.post("officer", path, {"action": "submit"}), 428, "version-missing")
    assert problem["current"]["etag"] == '"1"'
    later = bank.moved("officer", case, "submit")
    answer = bank.step("officer", case, "withdraw", reason="changed my mind")
    problem = problem_of(answer, 412, "version-changed")
    assert answer.headers["etag"] == later["etag"] == problem["current"]["etag"]
    assert problem["current"]["state"] == "in_review"
    for tag in ('"3"', "2", 'W/"2"', ""):
        assert bank.step("officer", later, "withdraw", tag=tag or " ", reason="x").status_code == 412
    assert bank.step("officer", later, "withdraw", reason="x").status_code == 200


@pytest.mark.parametrize("tag", ["*", '"1", *', '"1", "2"', '"1","1"'])
def test_any_version_is_no_version(bank: Bank, tag: str) -> None:
    """`If-Match: *` holds of whatever is current, so a step by it is unconditional: 428 says what to send."""
    case = bank.apply()
    for path, body in (("transitions", {"action": "submit"}), ("overrides", OVERRIDE)):
        who = "officer" if path == "transitions" else "risk"
        problem = problem_of(bank.post(who, f"{PATH}/{case['id']}/{path}", body, tag=tag), 428, "version-missing")
        assert problem["advice"] == 'read it; where you decide on what you read, send If-Match: "1"'
        assert problem["current"]["etag"] == case["etag"]


def test_a_version_without_its_quotes_is_told_so(bank: Bank) -> None:
    """Whoever writes the header by hand forgets them."""
    problem = problem_of(bank.step("officer", bank.apply(), "submit", tag="1"), 412, "version-changed")
    assert (problem["title"], problem["advice"]) == ("a version stands in quotes", 'send If-Match: "1"')


def test_an_old_version_is_412_also_for_whoever_approved_it(bank: Bank) -> None:
    """A retry without a key learns what is current, before anybody asks who may approve twice."""
    case = bank.moved("officer", bank.apply(), "submit")
    bank.moved("approver", case, "approve")
    problem_of(bank.step("approver", case, "approve"), 412, "version-changed")
    problem_of(bank.step("approver", case, "approve", tag='"3"'), 409, "transition-not-possible")


@BOTH
def test_nothing_is_left_of_a_request_that_fails_in_the_middle(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger refuses: no case, no assessment, no key; the next try under the same key does it."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("service.applications.making.write", fail)
        assert bank.post("officer", PATH, asked(), key="k").status_code == 500
    assert bank.service.assessments.count() == 0
    assert bank.get("officer", PATH).json()["applications"] == []
    case = bank.post("officer", PATH, asked(), key="k")
    assert case.status_code == 201
    with monkeypatch.context() as broken:
        broken.setattr("service.applications.moving.write", fail)
        assert bank.step("officer", {**case.json(), "etag": '"1"'}, "submit").status_code == 500
    assert bank.get("officer", f"{PATH}/{case.json()['id']}").json()["version"] == 1


def test_a_weak_tag_is_told_that_it_is_weak(bank: Bank) -> None:
    """It never matches; that the case was changed would be untrue."""
    case = bank.apply()
    problem = problem_of(bank.step("officer", case, "submit", tag=f"W/{case['etag']}"), 412, "version-changed")
    assert problem["title"] == "a weak tag cannot be used: it never matches"
    assert "without W/" in problem["advice"]
    assert problem["current"]["etag"] == case["etag"]
