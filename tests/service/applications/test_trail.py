"""Rows that change are held against the ledger: an edit by other means than the service is found and named."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update

from service.applications import rows
from service.applications.telling import outline
from service.ledger import Kind, append
from service.ledger.adopting import adopt
from service.ledger.findings import Finding
from service.ledger.rows_told import TOLD_TABLES, key_of, row_told, with_rows
from service.ledger.verifying import verify
from service.people import Role
from service.people.keys import KeyAsked
from service.registry.registry import Actor
from service.store.application_schema import APPLICATION_EVENTS, APPLICATION_OVERRIDES, APPLICATIONS
from service.store.schema import API_KEYS, ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD, METADATA, MODEL_RECORDS
from tests.service.applications.conftest import BOTH, PATH, Bank, problem_of
from tests.service.conftest import Run
from tests.service.ledger.conftest import without_triggers

CHAIN = {table.name: table for table in (ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD)}
NOT_GUARDED = {
    "event_deliveries": "how far they were told: changes with every attempt",
}


def eventful(bank: Bank) -> dict[str, Any]:
    """A case on which everything happened that can be kept of one, and a key, a subscription and a model."""
    case = bank.moved("officer", bank.apply(amount="3000000"), "submit")
    bank.post("officer", f"{PATH}/{case['id']}/comments", {"text": "实地走访"}, key="comment-1")
    assert bank.attach("officer", case, "again.pdf").status_code == 201
    first = bank.override("risk", case, to_amount_yuan="90000")
    (one,) = first.json()["overrides"]
    ending = {"reason": "made_in_error", "explanation": "另一家企业"}
    path = f"{PATH}/{case['id']}/overrides/{one['id']}/withdrawal"
    answer = bank.post("risk", path, ending, tag=first.headers["etag"])
    assert answer.status_code == 200, answer.text
    answer = bank.override("risk", case, tag=answer.headers["etag"])
    assert answer.status_code == 201, answer.text
    case = bank.moved("approver", {**answer.json(), "etag": answer.headers["etag"]}, "approve")
    service = bank.service
    now = service.clock()
    key, _ = service.api_keys.create(KeyAsked("nightly", [Role.SERVICE], timedelta(days=9), ["*"]), now, "tester")
    service.api_keys.revoke(key.id, now, "tester")
    made = service.subscriptions.add(name="erp", url="https://erp.example/in", types=["*"], actor="risk", at=now)
    service.subscriptions.remove(made.id, actor="risk", at=now)
    compared(bank, case["assessment"]["id"])
    bundle = next(path for path in service.settings.home.glob("bundles/*") if path.is_dir())
    service.registry.register(bundle, developer="dev", by=Actor("dev"))
    return case


def compared(bank: Bank, assessment_id: str) -> None:
    """What a challenger said of a case."""
    made = bank.service.assessments.get(assessment_id)
    said = {"pd": 0.1234567890123, "grade": "G5", "outcome": "approve", "limit_fen": 100}
    columns = {f"{who}_{name}": value for who in ("champion", "challenger") for name, value in said.items()}
    bank.service.shadow_scores.keep(
        made, columns, champion="a" * 64, challenger="b" * 64, failure=None, milliseconds=1.7
    )


def findings(bank: Bank) -> list[Finding]:
    with bank.service.store.snapshot() as connection:
        return list(verify(connection))


@contextmanager
def tampering(bank: Bank) -> Iterator[Connection]:
    """A transaction of somebody who owns the database; undone afterwards."""
    with bank.service.store.engine.connect() as connection, connection.begin() as transaction:
        without_triggers(connection)
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        yield connection
        transaction.rollback()


def other(value: Any, rng: random.Random) -> Any:
    """The value with one byte changed; text stays text that PostgreSQL takes."""
    if value is None or value == "":
        return "x"
    if isinstance(value, int | float):
        return value + 100
    if isinstance(value, str):
        at = rng.randrange(len(value))
        return value[:at] + rng.choice([one for one in "09afzZ" if one != value[at]]) + value[at + 1 :]
    content = bytearray(value)
    content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
    return bytes(content)


@BOTH
def test_a_changed_byte_in_any_column_of_any_table_is_found_and_named(bank: Bank) -> None:
    """Every column of every table that says something of a case, a model, a key or a consumer."""
    eventful(bank)
    assert findings(bank) == []
    assert {*METADATA.tables} == {*TOLD_TABLES, *CHAIN, *NOT_GUARDED}
    rng = random.Random(11)  # noqa: S311
    for name, table in {**TOLD_TABLES, **CHAIN}.items():
        with bank.service.store.reading() as connection:
            row = dict(rng.choice(connection.execute(select(table)).mappings().all()))
        for column in table.columns:
            value = row[column.name]
            changed = other(value if value is not None or not isinstance(column.type.python_type(), int) else 0, rng)
            with tampering(bank) as connection:
                assert change(connection, table, row, {column.name: changed}) == 1
                found = list(verify(connection))
            assert found, f"{name}.{column.name}"
            if name in TOLD_TABLES and not column.primary_key:
                (one,) = found
                key = " ".join(key_of(table, row))
                assert (one.table, one.row, one.column) == (name, key, column.name)
                assert one.expected != one.found
            elif name in TOLD_TABLES:
                assert {one.what.split(":")[0] for one in found} == {"a row that no entry tells of", "missing"}
                assert {one.table for one in found} == {name}
    assert findings(bank) == []


def change(connection: Connection, table: Table, row: dict[str, Any], values: dict[str, Any]) -> int:
    """Change some columns of one row."""
    which = [part == row[part.name] for part in table.primary_key]
    return int(connection.execute(update(table).where(*which).values(values)).rowcount)


@BOTH
def test_state_amount_grade_approvers_and_version_are_named_with_both_values(bank: Bank) -> None:
    """What somebody would want to change: the ledger's value and the stored one stand beside each other."""
    case = eventful(bank)
    edited = {"state": "active", "amount_fen": 1, "grade": "A1", "version": 9, "approved_fen": 5, "approvals": "[]"}
    with tampering(bank) as connection:
        connection.execute(update(APPLICATIONS).values(edited))
        found = {one.column: one for one in verify(connection)}
    assert {name: one.found for name, one in found.items()} == {name: str(value) for name, value in edited.items()}
    assert (found["state"].expected, found["amount_fen"].expected) == ("approved", "300000000")
    assert json.loads(str(found["approvals"].expected))[0]["approver"] == "approver"
    assert {one.row for one in found.values()} == {case["id"]}
    assert len({one.sequence for one in found.values()}) == 1


@BOTH
def test_a_row_that_is_gone_or_slipped_in_is_named(bank: Bank) -> None:
    """Of every table that changes."""
    eventful(bank)
    for name, table in TOLD_TABLES.items():
        with tampering(bank) as connection:
            row = dict(connection.execute(select(table)).mappings().first() or {})
            gone = [part == row[part.name] for part in table.primary_key]
            connection.execute(delete(table).where(*gone))
            (found,) = list(verify(connection))
            assert (found.what, found.table) == ("missing: a row that it tells of", name)
            first = next(iter(table.primary_key))
            slipped = {**row, first.name: 77 if isinstance(row[first.name], int) else "slipped in"}
            connection.execute(insert(table), [slipped])
            said = {one.what for one in verify(connection)}
            assert said == {"a row that no entry tells of", "missing: a row that it tells of"}


@BOTH
def test_an_edited_row_is_not_worked_on(bank: Bank) -> None:
    """The next entry would tell of the edit as if it had been so by right: the step is refused and nothing kept."""
    case = bank.moved("officer", bank.apply(amount="3000000"), "submit")
    answer = bank.override("risk", case)
    case = {**answer.json(), "etag": answer.headers["etag"]}
    entries = len(bank.ledger(case["id"]))
    for table, values in ((APPLICATIONS, {"limit_fen": 10**12}), (APPLICATION_OVERRIDES, {"after": "9000000.00"})):
        with bank.service.store.writing() as connection:
            without_triggers(connection)
            before = dict(connection.execute(select(table)).mappings().one())
            connection.execute(update(table).values(values))
        problem = problem_of(bank.step("approver", case, "approve"), 503, "row-not-as-told")
        assert table.name in problem["detail"]
        problem_of(bank.post("risk", f"{PATH}/{case['id']}/comments", {"text": "x"}), 503, "row-not-as-told")
        with bank.service.store.writing() as connection:
            without_triggers(connection)
            connection.execute(update(table).values({name: before[name] for name in values}))
    assert len(bank.ledger(case["id"])) == entries
    assert bank.step("approver", case, "approve").status_code == 200


def test_the_command_names_an_edited_row(
    bank: Bank, database_url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, with table, row, column, what the ledger says and what is stored."""
    case = bank.apply()
    monkeypatch.setenv("ASSETLIGHT_DATABASE_URL", database_url)
    assert run("audit", "verify", "--json")[0] == 0
    with bank.service.store.writing() as connection:
        connection.execute(update(APPLICATIONS).values(grade="A1"))
    code, out, _ = run("audit", "verify", "--json")
    first = json.loads(out)["first"]
    assert code == 1
    named = {name: first[name] for name in ("table", "row", "column", "expected", "found")}
    assert named == {
        "table": "applications",
        "row": case["id"],
        "column": "grade",
        "expected": case["assessment"]["grade"],
        "found": "A1",
    }
    assert "changed: grade of applications" in run("audit", "verify")[1]


@BOTH
def test_rows_from_before_are_told_by_the_upgrade_and_held_against_the_outline_of_before(bank: Bank) -> None:
    """An entry of an earlier release said state, version, amounts and grade: an edit made before the upgrade shows."""
    bank.apply()
    store, now = bank.service.store, bank.service.clock()
    with store.reading() as connection:
        row = dict(connection.execute(select(APPLICATIONS)).mappings().one())
    shown = row["limit_fen"]
    for at, edited in enumerate(({}, {"grade": "A1", "limit_fen": shown + 100})):
        old = f"old-{at}"
        with store.writing() as connection:
            connection.execute(insert(APPLICATIONS), [{**row, "id": old}])
            application = rows.read(connection, old)
            assert application is not None
            told = {**outline(application), "state": row["state"], "action": "make"}
            append(connection, Kind.TRANSITION, old, "officer", told, at=now)
            connection.execute(update(APPLICATIONS).where(APPLICATIONS.c.id == old).values(edited or {"id": old}))
        assert [one.what for one in findings(bank)] == ["a row that no entry tells of"]
        with store.writing() as connection:
            assert adopt(connection, at=now) == 1
            assert adopt(connection, at=now) == 0
        before = [one for one in findings(bank) if one.row == old]
        assert {one.column: one.found for one in before} == {name: str(value) for name, value in edited.items()}
        assert all(one.what.startswith("changed before the upgrade") for one in before)
        if edited:
            assert {one.expected for one in before} == {row["grade"], str(shown)}


def test_a_column_that_is_new_is_told_by_the_upgrade(bank: Bank) -> None:
    """Rows that were told of without it are told of again, once."""
    store, now = bank.service.store, bank.service.clock()
    key, _ = bank.service.api_keys.create(KeyAsked("nightly", [Role.SERVICE], timedelta(days=9), ["*"]), now, "tester")
    with store.writing() as connection:
        row = connection.execute(select(API_KEYS)).mappings().one()
        told = with_rows({}, [row_told(API_KEYS, row)])
        del told["rows_after"][0]["columns"]["name"]
        append(connection, Kind.API_KEY, key.id, "tester", told, at=now)
        assert adopt(connection, at=now) == 1
        assert adopt(connection, at=now) == 0
    assert findings(bank) == []


def test_an_edit_between_two_upgrades_is_not_washed_clean_by_the_second(bank: Bank) -> None:
    """A row that was told of is held against that when an upgrade tells of it again."""
    store, now = bank.service.store, bank.service.clock()
    key, _ = bank.service.api_keys.create(KeyAsked("nightly", [Role.SERVICE], timedelta(days=9), ["*"]), now, "tester")
    with store.writing() as connection:
        told = with_rows({}, [row_told(API_KEYS, connection.execute(select(API_KEYS)).mappings().one())])
        del told["rows_after"][0]["columns"]["name"]
        append(connection, Kind.API_KEY, key.id, "tester", told, at=now)
        connection.execute(update(API_KEYS).values(expires_at="2099-01-01T00:00:00.000000+00:00"))
        assert adopt(connection, at=now) == 1
    (found,) = findings(bank)
    assert (found.what, found.column) == ("changed before the upgrade: expires_at of api_keys", "expires_at")
    assert found.found == "2099-01-01T00:00:00.000000+00:00"


def test_free_text_and_names_are_in_the_ledger_by_digest_alone(bank: Bank) -> None:
    """What may have to go some day is not in what stays for ever: purpose, comments, names of files and people."""
    eventful(bank)
    told = []
    with bank.service.store.reading() as connection:
        for body in connection.execute(select(LEDGER.c.body)).scalars():
            told += json.loads(bytes(body))["content"].get("rows_after", [])
    columns = {(one["table"], name): value for one in told for name, value in one["columns"].items()}
    for place in (("applications", "purpose"), ("application_events", "content"), ("application_events", "actor_name")):
        assert str(columns[place]).startswith("sha256:")
    assert str(columns["application_attachments", "name"]).startswith("sha256:")
    assert {one["table"] for one in told} == {*TOLD_TABLES}
    keys = [part for one in told for part in one["key"]]
    assert not any("again.pdf" in part or "comment-" in part for part in keys)
    assert APPLICATION_EVENTS.c.actor_name.name == "actor_name"
    assert MODEL_RECORDS.name in TOLD_TABLES
