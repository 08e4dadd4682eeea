"""Every step of a case is told in the transaction that takes it, by the whole road: API, worker process, consumer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.store.outbox_schema import EVENT_DELIVERIES, OUTBOX_EVENTS
from tests.service.applications.conftest import Bank, bank_on, problem_of
from tests.service.outbox.consumers import Consumer, wait_for

SUBSCRIPTIONS = "/v1/events/subscriptions"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bank(home: Path, database_url: str) -> Iterator[Bank]:
    """The bank on a data directory and a database of the test's own."""
    made = bank_on(home, database_url)
    yield made
    made.service.close()


def told(bank: Bank) -> list[dict[str, Any]]:
    """Every event that was kept."""
    with bank.service.store.reading() as connection:
        bodies = connection.execute(select(OUTBOX_EVENTS.c.body).order_by(OUTBOX_EVENTS.c.sequence)).scalars()
        return [json.loads(bytes(body)) for body in bodies]


def active(bank: Bank) -> dict[str, Any]:
    """A case that went all the way."""
    case = bank.apply()
    case = bank.moved("officer", case, "submit")
    case = bank.moved("approver", case, "approve")
    return bank.moved("officer", case, "activate")


def test_every_step_is_told_with_what_may_be_drawn_and_no_person(bank: Bank) -> None:
    """From assessment to closing; a refused step and a repeated request tell nothing."""
    case = active(bank)
    assert bank.step("officer", case, "freeze", reason="no").status_code == 403
    case = bank.moved("risk", case, "freeze", reason="Zhang San of the workshop called", key="once")
    bank.moved(
        "risk",
        {**case, "etag": f'"{int(case["version"]) - 1}"'},
        "freeze",
        reason="Zhang San of the workshop called",
        key="once",
    )
    bank.moved("risk", case, "close", reason="paid back")
    found = told(bank)
    assert [one["type"] for one in found] == [
        "application.assessed",
        "application.submitted",
        "application.approved",
        "application.activated",
        "limit.changed",
        "application.frozen",
        "limit.changed",
        "application.closed",
    ]
    approved = case["approved_yuan"]
    changes = [one["data"] for one in found if one["type"] == "limit.changed"]
    assert [(one["before_yuan"], one["after_yuan"]) for one in changes] == [("0.00", approved), (approved, "0.00")]
    assert {one["subject"] for one in found} == {case["id"]}
    assert len({one["id"] for one in found}) == len(found)
    assert all(one["data"]["simulated"] is True for one in found)
    text = json.dumps(found)
    for private in ("Zhang San", "steel", "officer", "risk"):
        assert private not in text


def test_an_override_is_told_as_one(bank: Bank) -> None:
    """Kind, direction, coded reason and end; not the words of whoever made it."""
    case = bank.moved("officer", bank.apply(), "submit")
    assert bank.override("risk", case).status_code == 201
    event = told(bank)[-1]
    assert event["type"] == "application.overridden"
    assert event["data"]["override"]["to"] == "100000.00"
    assert event["data"]["override"]["reason"] == "adverse_site_visit"
    assert "machines" not in json.dumps(event)


def test_only_risk_subscribes_and_only_whoever_reaches_every_branch(bank: Bank) -> None:
    """An address that is no consumer is refused; the secret is shown by the answer alone, the same one each time."""
    body = {"name": "engine", "url": "https://erp.example/in", "types": ["application.*"]}
    problem_of(bank.post("officer", SUBSCRIPTIONS, body), 403, "role-missing")
    problem_of(bank.post("both", SUBSCRIPTIONS, body), 403, "reach-too-narrow")
    problem_of(bank.post("risk", SUBSCRIPTIONS, {**body, "url": "http://erp.example/in"}), 422, "address-refused")
    problem_of(bank.post("risk", SUBSCRIPTIONS, {**body, "types": ["application.eaten"]}), 422, "event-type-unknown")
    made = bank.post("risk", SUBSCRIPTIONS, body, key="k")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    again = bank.post("risk", SUBSCRIPTIONS, body, key="k")
    assert (again.status_code, again.json()) == (201, made.json())
    listed = bank.get("auditor", SUBSCRIPTIONS)
    assert [one["id"] for one in listed.json()["subscriptions"]] == [made.json()["id"]]
    assert "secret" not in listed.text
    kinds = [kind for kind, _, _ in bank.ledger(made.json()["id"])]
    assert kinds == ["subscription"]
    gone = bank.http.delete(f"{SUBSCRIPTIONS}/{made.json()['id']}", headers=bank.headers("risk"))
    assert gone.status_code == 204
    gone = bank.http.delete(f"{SUBSCRIPTIONS}/{made.json()['id']}", headers=bank.headers("risk"))
    problem_of(gone, 404, "subscription-not-found")


def worker(bank: Bank) -> subprocess.Popen[bytes]:
    """`assetlight events deliver` as a process of its own."""
    surroundings = {**os.environ, "ASSETLIGHT_DATABASE_URL": str(bank.service.settings.database_url)}
    command = [sys.executable, "-m", "service", "events", "deliver", "--home", str(bank.service.settings.home)]
    return subprocess.Popen(command, cwd=ROOT, env=surroundings, stderr=subprocess.DEVNULL)


def test_a_worker_killed_between_send_and_mark_repeats_the_id_and_nothing_else(bank: Bank) -> None:
    """kill -9 while the consumer has the event and the worker not yet its answer: exactly once by id in the end."""
    consumer = Consumer()
    received = threading.Event()
    with consumer.up():
        made = bank.post("risk", SUBSCRIPTIONS, {"name": "engine", "url": consumer.url, "types": ["*"]}).json()
        consumer.secret = made["secret"]

        def behave(number: int) -> int:
            received.set()
            if number == 1:
                killed.wait(60)  # taken, but the worker never learns it
            return 204

        killed = threading.Event()
        consumer.behave = behave
        case = active(bank)
        first = worker(bank)
        assert received.wait(60)
        first.send_signal(signal.SIGKILL)
        first.wait()
        killed.set()
        wait_for(lambda: len(consumer.taken) == 1)
        with bank.service.store.writing() as connection:  # its lease runs out: a minute of real time
            connection.execute(EVENT_DELIVERIES.update().values(due_at="2020-01-01", leased_until="2020-01-01"))
        second = worker(bank)
        wait_for(lambda: bank.service.deliveries.counts()["waiting"] == 0)
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    events = told(bank)
    assert [one["id"] for one in consumer.taken] == [one["id"] for one in events]  # in order, each once
    assert consumer.requests == [events[0]["id"], *(one["id"] for one in events)]  # the one repeated
    assert events[-1]["subject"] == case["id"]
    assert not consumer.bad


def test_the_api_itself_delivers_when_asked_to(home: Path, database_url: str) -> None:
    """`serve --deliver-events`: what happens while it serves arrives, and it stops in order."""
    bank, consumer = bank_on(home, database_url, deliver_events=True), Consumer()
    with consumer.up(), bank.http:
        made = bank.post("risk", SUBSCRIPTIONS, {"name": "engine", "url": consumer.url, "types": ["*"]}).json()
        consumer.secret = made["secret"]
        case = bank.moved("officer", bank.apply(), "submit")
        wait_for(lambda: len(consumer.taken) == 2)
    assert [one["type"] for one in consumer.taken] == ["application.assessed", "application.submitted"]
    assert {one["subject"] for one in consumer.taken} == {case["id"]}
    assert not consumer.bad
