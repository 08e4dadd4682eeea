"""Kept answers and events are held against the ledger: what was edited is not said again, and sent to nobody."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from service.ledger import Kind
from service.ledger.adopting import adopt
from service.ledger.verifying import verify
from service.outbox.sending import Outcome
from service.outbox.worker import Worker
from service.store.application_schema import IDEMPOTENCY_KEYS
from service.store.outbox_schema import EVENT_DELIVERIES, OUTBOX_EVENTS
from service.store.schema import LEDGER
from tests.service.applications.conftest import BOTH, PATH, Bank, asked, problem_of
from tests.service.ledger.conftest import without_triggers


def edit(bank: Bank, table: Table, **values: Any) -> None:
    """Somebody who owns the database changes every row of a table."""
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        assert connection.execute(update(table).values(values)).rowcount > 0


def found(bank: Bank) -> list[str]:
    with bank.service.store.snapshot() as connection:
        return [f"{one.what} {one.column}" for one in verify(connection)]


EDITS: list[dict[str, Any]] = [
    {"body": b'{"state": "approved"}'},
    {"headers": json.dumps({"ETag": '"9"'})},
    {"status": 200},
    {"digest": "0" * 64},
]


@BOTH
@pytest.mark.parametrize("values", EDITS, ids=lambda values: next(iter(values)))
def test_an_edited_answer_is_not_given_again(bank: Bank, values: dict[str, Any]) -> None:
    """Not to whoever asks again, and `verify` names the column; what nobody edited is given as it was."""
    first = bank.post("officer", PATH, asked(), key="k")
    assert bank.post("officer", PATH, asked(), key="k").content == first.content
    assert found(bank) == []
    edit(bank, IDEMPOTENCY_KEYS, **values)
    problem = problem_of(bank.post("officer", PATH, asked(), key="k"), 503, "row-not-as-told")
    assert f"its {next(iter(values))} is another" in problem["detail"]
    assert found(bank) == [f"changed: {next(iter(values))} of idempotency_keys {next(iter(values))}"]


@BOTH
def test_an_answer_that_was_slipped_in_is_not_given(bank: Bank) -> None:
    """A row that no entry tells of is nobody's answer."""
    bank.post("officer", PATH, asked(), key="k")
    with bank.service.store.writing() as connection:
        row = dict(connection.execute(select(IDEMPOTENCY_KEYS)).mappings().one())
        connection.execute(insert(IDEMPOTENCY_KEYS).values({**row, "key": "other"}))
    problem = problem_of(bank.post("officer", PATH, asked(), key="other"), 503, "row-not-as-told")
    assert "no entry of the ledger tells of it" in problem["detail"]


@BOTH
@pytest.mark.parametrize("what", ["assess", "score-like", "comment", "subscribe"])
def test_every_kind_of_answer_is_told(bank: Bank, what: str) -> None:
    """Of an assessment, of what only computes, of what adds to a case, of a subscription: edited, it is refused."""
    case = bank.apply()
    path, body, who = {
        "assess": ("/v1/assessments", {"enterprise_id": "E5"}, "officer"),
        "score-like": (f"/v1/assessments/{case['assessment']['id']}/what-if", {"records": {}}, "officer"),
        "comment": (f"{PATH}/{case['id']}/comments", {"text": "seen"}, "officer"),
        "subscribe": (
            "/v1/events/subscriptions",
            {"name": "erp", "url": "https://erp.example/in", "types": ["*"]},
            "risk",
        ),
    }[what]
    first = bank.post(who, path, body, key="k")
    assert first.status_code in (200, 201), first.text
    assert bank.post(who, path, body, key="k").json() == first.json()
    assert found(bank) == []
    edit(bank, IDEMPOTENCY_KEYS, headers="{}" if what == "assess" else '{"x": "y"}')
    problem_of(bank.post(who, path, body, key="k"), 503, "row-not-as-told")


@BOTH
@pytest.mark.parametrize("table", [IDEMPOTENCY_KEYS, OUTBOX_EVENTS], ids=lambda table: table.name)
def test_the_database_refuses_to_change_what_was_written(bank: Bank, table: Table) -> None:
    """By a trigger: no answer that was given and no event."""
    bank.post("officer", PATH, asked(), key="k")
    with pytest.raises(SQLAlchemyError, match="never changed"), bank.service.store.writing() as connection:
        connection.execute(update(table).values(body=b"{}"))


class Consumer:
    """Takes everything, and knows what it took."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    async def send(self, _url: str, _secret: bytes, _event: str, body: bytes, _now: object) -> Outcome:
        self.taken.append(json.loads(body))
        return Outcome()


def delivered(bank: Bank) -> list[dict[str, Any]]:
    """What a consumer gets now."""
    consumer = Consumer()
    asyncio.run(Worker(bank.service.subscriptions, bank.service.deliveries, consumer).drain())
    return consumer.taken


def subscribe(bank: Bank) -> None:
    service = bank.service
    service.subscriptions.add(name="erp", url="https://erp.example/in", types=["*"], actor="risk", at=service.clock())


@BOTH
def test_an_edited_event_is_sent_to_nobody(bank: Bank) -> None:
    """It is a dead letter that says why and holds back what came after it; other cases' events go out."""
    subscribe(bank)
    case, other = bank.apply(), bank.apply(enterprise="E6", amount="100000")
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        mine = OUTBOX_EVENTS.c.subject == case["id"]
        body = bytes(connection.execute(select(OUTBOX_EVENTS.c.body).where(mine)).scalar_one())
        changed = body.replace(b"500000.00", b"900000.00")
        assert changed != body
        connection.execute(update(OUTBOX_EVENTS).where(mine).values(body=changed))
    bank.moved("officer", case, "submit")
    assert [one["subject"] for one in delivered(bank)] == [other["id"]]
    (dead,) = bank.service.deliveries.listed("dead")
    assert dead["subject"] == case["id"]
    assert "not as the ledger says" in dead["deliveries"][0]["problem"]
    assert found(bank) == ["changed: body of outbox_events body"]
    assert bank.service.deliveries.replay(dead["id"], actor="risk") == 1
    assert delivered(bank) == []
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        connection.execute(update(OUTBOX_EVENTS).where(OUTBOX_EVENTS.c.body == changed).values(body=body))
    bank.service.deliveries.replay(dead["id"], actor="risk")
    assert [one["type"] for one in delivered(bank)] == ["application.assessed", "application.submitted"]


@BOTH
def test_an_event_that_was_slipped_in_is_sent_to_nobody(bank: Bank) -> None:
    """With a delivery of its own, as whoever wants a line to be drawn would write it."""
    subscribe(bank)
    bank.apply()
    delivered(bank)
    with bank.service.store.writing() as connection:
        row = dict(connection.execute(select(OUTBOX_EVENTS)).mappings().one())
        forged = {**row, "sequence": 99, "id": "0" * 36, "type": "limit.changed"}
        connection.execute(insert(OUTBOX_EVENTS).values(forged))
        delivery = dict(connection.execute(select(EVENT_DELIVERIES)).mappings().one())
        connection.execute(insert(EVENT_DELIVERIES).values({**delivery, "sequence": 99, "state": "waiting"}))
    assert delivered(bank) == []
    assert found(bank) == ["a row that no entry tells of None"]


@BOTH
def test_answers_and_events_of_before_are_told_by_the_upgrade(bank: Bank) -> None:
    """As they are found: then they are given and delivered as ever, and an edit after it is found."""
    subscribe(bank)
    first = bank.post("officer", PATH, asked(), key="k")
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        connection.execute(text("DELETE FROM ledger"))  # what a store of before has: no entry about either
        connection.execute(text("UPDATE ledger_head SET sequence = 0, hash = '" + "0" * 64 + "'"))
        assert adopt(connection, at=bank.clock()) > 0
    with bank.service.store.reading() as connection:
        kinds = set(connection.execute(select(LEDGER.c.kind)).scalars())
    assert kinds == {Kind.ADOPTED.value, Kind.ADOPTED_ROWS.value}
    assert found(bank) == []
    assert bank.post("officer", PATH, asked(), key="k").content == first.content
    assert [one["type"] for one in delivered(bank)] == ["application.assessed"]
    edit(bank, IDEMPOTENCY_KEYS, status=200)
    problem_of(bank.post("officer", PATH, asked(), key="k"), 503, "row-not-as-told")


@BOTH
def test_what_goes_after_its_time_is_said_and_what_goes_otherwise_is_missed(bank: Bank) -> None:
    """A purge names the rows that it removes; a row that is gone without it is a finding."""
    subscribe(bank)
    bank.post("officer", PATH, asked(), key="k")
    delivered(bank)
    bank.clock.now += timedelta(days=100)
    removed = bank.service.retention.purge()
    assert (removed.answers, removed.events) == (1, 1)
    assert found(bank) == []
    bank.post("officer", "/v1/assessments", {"enterprise_id": "E5"}, key="again")
    with bank.service.store.writing() as connection:
        without_triggers(connection)
        assert connection.execute(select(func.count()).select_from(IDEMPOTENCY_KEYS)).scalar_one() == 1
        connection.execute(delete(IDEMPOTENCY_KEYS))
    assert found(bank) == ["missing: a row that it tells of None"]
