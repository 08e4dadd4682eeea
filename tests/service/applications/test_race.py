"""Fifty at once: exactly one wins, the others learn what is current; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from httpx2 import Response

from tests.service.applications.conftest import BOTH, PATH, Bank, asked

MANY = 50


def at_once(calls: list[Callable[[], Response]]) -> list[Response]:
    """All calls, let go together."""
    barrier = Barrier(len(calls))

    def wait_and(call: Callable[[], Response]) -> Response:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and, calls))


@BOTH
def test_fifty_approvals_overrides_and_retries_of_one_case(bank: Bank) -> None:
    """One change is made; every other answer is 412 with the current tag, and the case has one more version."""
    case = bank.moved("officer", bank.apply(), "submit")
    evidence = bank.attach("officer", case).json()["sha256"]
    overriding = {
        "what": "amount",
        "direction": "down",
        "to_amount_yuan": "100000",
        "reason": "adverse_site_visit",
        "explanation": "idle machines",
        "evidence": evidence,
        "expires_on": "2020-06-01",
    }
    path = f"{PATH}/{case['id']}"
    calls: list[Callable[[], Response]] = []
    for at in range(MANY):
        if at % 3 == 0:
            who = "approver" if at % 2 else "second"
            calls.append(lambda who=who: bank.step(who, case, "approve"))  # type: ignore[misc]
        elif at % 3 == 1:
            calls.append(lambda: bank.post("risk", f"{path}/overrides", overriding, tag=case["etag"]))
        else:
            calls.append(lambda: bank.step("approver", case, "approve", key="retry"))
    answers = at_once(calls)
    counted = Counter(answer.status_code for answer in answers)
    now = bank.get("auditor", path)
    winners = [answer for answer in answers if answer.status_code in (200, 201)]
    fresh = [answer for answer in winners if "idempotency-replayed" not in answer.headers]
    assert len(fresh) == 1, counted
    assert all(answer.content == fresh[0].content for answer in winners)
    assert set(counted) <= {200, 201, 409, 412}, counted
    assert now.json()["version"] == case["version"] + 1
    assert now.headers["etag"] == fresh[0].headers["etag"]
    for answer in answers:
        if answer.status_code in (409, 412):
            assert answer.json()["current"]["etag"] == now.headers["etag"]
    assert len(bank.ledger(case["id"])) == 4 + 1  # made, submitted, attached, the winner, and our look


@BOTH
def test_fifty_of_the_same_key_are_one_application(bank: Bank) -> None:
    """Made once; everybody has the same answer, to the byte."""
    answers = at_once([lambda: bank.post("officer", PATH, asked(), key="k-1")] * MANY)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(bank.get("officer", PATH).json()["applications"]) == 1
    assert bank.service.assessments.count() == 1
