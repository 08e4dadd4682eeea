"""Tables to which rows are only added: whichever statement would change, replace or remove one is refused."""

# ruff: noqa: S608  # statements over the names of our own tables
from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from service.ledger import Content, append
from service.ledger.appending import insert_sql
from service.store import Store
from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATION_FILE_NAMES,
    APPLICATION_OVERRIDES,
    APPLICATIONS,
    OVERRIDE_WITHDRAWALS,
)
from service.store.schema import (
    ASSESSMENTS,
    CONTENTS,
    LEDGER,
    LEDGER_HEAD,
    METADATA,
    MODEL_RECORDS,
    SHADOW_SCORES,
)
from tests.service.conftest import still_clock

APPEND_ONLY = (
    *(ASSESSMENTS, CONTENTS, LEDGER, MODEL_RECORDS, SHADOW_SCORES, APPLICATION_EVENTS, APPLICATION_OVERRIDES),
    *(APPLICATION_ATTACHMENTS, APPLICATION_FILE_NAMES, APPLICATION_ASSESSMENTS, OVERRIDE_WITHDRAWALS),
)
CHANGING = {  # tables whose rows change or go by right
    *("applications", "api_keys", "event_subscriptions", "event_deliveries", "outbox_events", "idempotency_keys"),
    "ledger_head",
}
REFUSED = "append-only|only grows"


@pytest.fixture
def full(store: Store) -> Store:
    """A store with two rows in every table that is append-only; values are no more than what the columns take."""
    with store.writing() as connection:
        for table in (APPLICATIONS, *APPEND_ONLY):
            if table is LEDGER:
                continue
            for number in (1, 2):
                connection.execute(insert(table), [row_of(table, number)])
        for number in (1, 2):
            append(connection, "access", f"s{number}", "tester", {}, at=still_clock())
    return store


def row_of(table: Table, number: int) -> dict[str, Any]:
    """Row 1 or 2 of a table."""
    if table is CONTENTS:
        return dict(zip((column.name for column in table.c), Content.of("file", b"%d" % number).row, strict=True))
    found: dict[str, Any] = {}
    for column in table.c:
        kind = column.type.python_type
        found[column.name] = b"{}" if kind is bytes else number if kind in (int, float) else str(number)
    return found


def refused(store: Store, statement: str, **values: Any) -> None:
    """The database refuses the statement, and nothing changes."""
    with pytest.raises(DBAPIError, match=REFUSED), store.writing() as connection:
        connection.execute(text(statement), values)


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with store.reading() as connection:
        return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in METADATA.tables.items()}


def test_the_lists_are_complete() -> None:
    """A new table is either append-only or said to change."""
    assert {table.name for table in APPEND_ONLY} | CHANGING == {*METADATA.tables}


def test_update_delete_and_truncate_are_refused(full: Store) -> None:
    """In every spelling that the database has."""
    before = everything(full)
    for table in APPEND_ONLY:
        for column in table.c:
            refused(full, f"UPDATE {table.name} SET {column.name} = {column.name}")
            if full.sqlite:
                refused(full, f"UPDATE OR REPLACE {table.name} SET {column.name} = {column.name}")
                refused(full, f"UPDATE OR IGNORE {table.name} SET {column.name} = {column.name}")
        refused(full, f"DELETE FROM {table.name}")
        if not full.sqlite:
            refused(full, f"TRUNCATE {table.name} CASCADE")
    refused(full, "DELETE FROM ledger_head")
    for change in ("sequence = 0", "sequence = sequence", "one = 2, sequence = sequence + 1"):
        refused(full, f"UPDATE ledger_head SET {change}")
    assert everything(full) == before


def test_no_row_is_replaced_by_an_insert(full: Store) -> None:
    """SQLite's REPLACE removes rows without their triggers: refused by each unique key, and by the hidden number."""
    if not full.sqlite:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE; ON CONFLICT DO UPDATE is an UPDATE to it")
    before = everything(full)
    for table in APPEND_ONLY:
        with full.reading() as connection:
            row = dict(connection.execute(select(table)).mappings().first() or {})
            (rowid,) = connection.execute(text(f"SELECT rowid FROM {table.name} LIMIT 1")).one()
        names = [column.name for column in table.c]
        other = {column.name: row_of(table, 9)[column.name] for column in table.c}
        keys = [[column.name for column in table.primary_key]]
        keys += [[column.name] for column in table.c if column.unique]
        inserts = [(names, {**other, **{name: row[name] for name in key}}) for key in keys]
        if table not in (LEDGER, MODEL_RECORDS):  # there the key is the hidden number
            inserts.append((["rowid", *names], {**other, "rowid": rowid}))
        for columns, values in inserts:
            marks = ", ".join(f":{name}" for name in columns)
            for how in ("INSERT OR REPLACE", "REPLACE"):
                statement = f"{how} INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
                if table is CONTENTS:  # passed over in silence: who stores bytes that are there stores nothing
                    with full.writing() as connection:
                        connection.execute(text(statement), values)
                else:
                    refused(full, statement, **values)
    refused(full, "INSERT OR REPLACE INTO ledger_head VALUES (1, 99, 'x')")
    assert everything(full) == before


def test_an_upsert_is_an_update(full: Store) -> None:
    """ON CONFLICT DO UPDATE is refused by both databases."""
    before = everything(full)
    for table in APPEND_ONLY:
        key = ", ".join(column.name for column in table.primary_key)
        names = ", ".join(column.name for column in table.c)
        same = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {table.name} WHERE true"
        last = list(table.c)[-1].name
        statement = f"{same} ON CONFLICT ({key}) DO UPDATE SET {last} = excluded.{last}"
        if table is CONTENTS and full.sqlite:
            with full.writing() as connection:
                connection.execute(text(statement))
        else:
            refused(full, statement)
    assert everything(full) == before


def test_a_content_that_is_there_is_passed_over_whatever_its_compressed_bytes(full: Store) -> None:
    """Another release may compress the same bytes otherwise: the first ones stay, and nothing fails."""
    known = Content.of("file", b"1")
    with full.writing() as connection:
        statement = insert_sql(CONTENTS, connection.dialect.name, or_nothing=True)
        connection.exec_driver_sql(
            statement, [(*known.row[:3], b"otherwise packed", "x"), Content.of("file", b"3").row]
        )
    with full.reading() as connection:
        packed = connection.execute(select(CONTENTS.c.packed).where(CONTENTS.c.sha256 == known.sha256)).scalar_one()
        assert bytes(packed) == known.row[3]
        assert len(connection.execute(select(CONTENTS)).all()) == 3


def test_other_programs_are_refused_too(full: Store) -> None:
    """The refusal lies in the database: the sqlite3 shell without any pragma of ours meets it."""
    if not full.sqlite:
        pytest.skip("PostgreSQL's triggers are on the server")
    connection = sqlite3.connect(str(full.address.database), isolation_level=None)
    for statement in (
        "REPLACE INTO ledger SELECT * FROM ledger LIMIT 1",
        "UPDATE OR REPLACE ledger SET sequence = 2 WHERE sequence = 1",
        "DELETE FROM application_events",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
            connection.execute(statement)
    connection.close()


def test_the_documented_rights_let_the_service_work_and_nobody_undo_it(full: Store) -> None:
    """The statements of docs/store.md: a role that serves can neither drop nor alter nor empty what another owns."""
    if full.sqlite:
        pytest.skip("SQLite has no roles: whoever can write the file can do everything")
    words = (Path(__file__).resolve().parents[3] / "docs" / "store.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", words, re.DOTALL)
    with full.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("CREATE ROLE assetlight_service"))
        for statement in filter(None, (one.strip() for one in re.sub(r"--.*", "", block).split(";"))):
            connection.execute(text(statement))
        connection.execute(text("SET LOCAL ROLE assetlight_service"))
        append(connection, "access", "case", "service", {}, at=still_clock())
        connection.execute(insert(SHADOW_SCORES), [row_of(SHADOW_SCORES, 3)])
        connection.execute(text("UPDATE applications SET state = 'closed'"))
        connection.execute(text("DELETE FROM idempotency_keys"))
        for statement in (
            "DROP TABLE ledger",
            "ALTER TABLE ledger DISABLE TRIGGER ALL",
            "DROP TRIGGER ledger_append_only_u ON ledger",
            "SET LOCAL session_replication_role = replica",
            *(f"TRUNCATE {table.name} CASCADE" for table in METADATA.sorted_tables),
            *(f"UPDATE {table.name} SET {table.c[0].name} = {table.c[0].name}" for table in APPEND_ONLY),
            *(f"DELETE FROM {table.name}" for table in (*APPEND_ONLY, LEDGER_HEAD, APPLICATIONS)),
        ):
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), connection.begin_nested():
                connection.execute(text(statement))
        transaction.rollback()
