"""A guard that is gone, is another one or is switched off is said, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

import service.store.append_only_guards as module
from service.bootstrap import Service
from service.store import Store
from service.store.append_only_guards import ALTERED, MISSING, OFF, Unguarded, expected, guards, unguarded
from tests.service.conftest import Run
from tests.service.store.test_append_only import APPEND_ONLY

FILE = Path(module.__file__).with_suffix(".json")


def test_the_file_has_what_the_steps_make(store: Store) -> None:
    """Every trigger of a database at the last step, and no other; a step that makes one writes it down there."""
    with store.reading() as connection:
        found = guards(connection)
        assert unguarded(connection) == []
    made: dict[str, dict[str, str]] = {}
    for guard in found.values():
        made.setdefault(guard.table, {})[guard.name] = guard.does
    kept = json.loads(FILE.read_text(encoding="utf-8"))["sqlite" if store.sqlite else "postgresql"]
    assert kept == made, f"write this into {FILE.name}: {json.dumps(made, indent=2, sort_keys=True)}"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_table_that_is_append_only_is_guarded(dialect: str) -> None:
    """Against change, removal and, on SQLite, replacement; against TRUNCATE on PostgreSQL."""
    tables = [guard.table for guard in expected(dialect).values()]
    for table in APPEND_ONLY:
        assert tables.count(table.name) >= (3 if dialect == "sqlite" else 2), table.name


def drop(connection: Connection, name: str, table: str) -> None:
    """What the owner of the tables can do."""
    on = "" if connection.dialect.name == "sqlite" else f" ON {table}"
    connection.execute(text(f"DROP TRIGGER {name}{on}"))


def test_a_guard_that_is_gone_is_missing(store: Store) -> None:
    """Each of them, by its name and table."""
    with store.writing() as connection:
        for name, guard in expected(connection.dialect.name).items():
            drop(connection, name, guard.table)
            assert Unguarded(MISSING, name, guard.table, guard.does) in unguarded(connection)
        assert len(unguarded(connection)) == len(expected(connection.dialect.name))


def test_a_guard_that_does_nothing_is_altered(store: Store) -> None:
    """The same name over a trigger that lets everything through."""
    with store.writing() as connection:
        name = "ledger_append_only_u"
        drop(connection, name, "ledger")
        if store.sqlite:
            connection.execute(text(f"CREATE TRIGGER {name} BEFORE UPDATE ON ledger WHEN 0 BEGIN SELECT 1; END"))
        else:
            connection.execute(
                text("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
            )
            connection.execute(
                text(f"CREATE TRIGGER {name} BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION nothing()")
            )
        (found,) = unguarded(connection)
    assert (found.what, found.trigger, found.table) == (ALTERED, name, "ledger")
    assert found.expected != found.found


def test_a_function_that_refuses_nothing_alters_every_trigger_that_calls_it(store: Store) -> None:
    """PostgreSQL's triggers say no more than which function they call: its words are compared too."""
    if store.sqlite:
        pytest.skip("SQLite's triggers hold their own words")
    with store.writing() as connection:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RETURN NULL; END $$"
            )
        )
        found = unguarded(connection)
    assert {one.what for one in found} == {ALTERED}
    assert {one.table for one in found} == {"assessments", "ledger", "contents", "ledger_head"}


def test_a_guard_that_is_switched_off_is_said(store: Store) -> None:
    """One by ALTER TABLE; all of them where the session is a replica's."""
    if store.sqlite:
        pytest.skip("SQLite cannot switch a trigger off")
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ledger_append_only_u"))
        assert unguarded(connection) == [Unguarded(OFF, "ledger_append_only_u", "ledger")]
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert {one.what for one in unguarded(connection)} == {OFF}
        assert len(unguarded(connection)) == len(expected("postgresql"))


def test_the_verification_and_the_readiness_say_it(service: Service, client: TestClient, run: Run) -> None:
    """Every entry is whole and one guard is gone: exit code 1 and its name; ready all the same, with the number."""
    arguments = ("audit", "verify", "--home", service.settings.home)
    assert client.get("/readyz").json()["checks"]["store"]["guards_missing"] == 0
    code, out, _ = run(*arguments, "--json")
    assert (code, json.loads(out)["unguarded"]) == (0, [])
    with service.store.writing() as connection:
        drop(connection, "ledger_append_only_d", "ledger")
    code, out, _ = run(*arguments, "--json")
    found = json.loads(out)
    assert (code, found["whole"]) == (1, True)
    assert [(one["what"], one["trigger"]) for one in found["unguarded"]] == [(MISSING, "ledger_append_only_d")]
    code, out, _ = run(*arguments)
    assert code == 1
    assert "not guarded 防改触发器失效" in out
    assert "ledger_append_only_d on ledger: missing" in out
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["store"]["guards_missing"] == 1
