"""Nothing in the ledger, in an assessment or in what it was made from can be changed without being found."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, bindparam, delete, insert, select, text, update

from service.bootstrap import Service
from service.ledger.adopting import adopt
from service.ledger.verifying import Checkpoint, Finding, verify
from service.store import AssessmentStore, Store
from service.store.schema import ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD
from tests.service.conftest import Run
from tests.service.ledger.conftest import without_triggers

KEYS = {"assessments": "id", "ledger": "sequence", "contents": "sha256", "ledger_head": "one"}


def findings(store: Store, *checkpoints: Checkpoint) -> list[Finding]:
    with store.reading() as connection:
        return list(verify(connection, checkpoints))


def rows_of(store: Store, table: Table) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c[KEYS[table.name]]))]


@dataclass(frozen=True)
class Change:
    """One byte of one value of one row."""

    table: Table
    row: dict[str, Any]
    column: str
    value: Any


def changes(store: Store) -> st.SearchStrategy[Change]:
    """Any byte of any column of any row of any of the four tables; text stays text on PostgreSQL, which checks it."""
    rows = [(table, row) for table in (ASSESSMENTS, LEDGER, CONTENTS, LEDGER_HEAD) for row in rows_of(store, table)]

    def change(data: tuple[int, int, int, int]) -> Change:
        at, column_at, place, mask = data
        tables = (ASSESSMENTS, LEDGER, CONTENTS, LEDGER_HEAD)
        some = [one for one in rows if one[0] is tables[at % 4]]
        table, row = some[place % len(some)]
        column = table.columns[column_at % len(table.columns)].name
        value = row[column]
        if isinstance(value, int):
            return Change(table, row, column, value + 1000 * mask)
        content = value.encode() if isinstance(value, str) else bytes(value)
        at_byte = place % len(content)
        if isinstance(value, str):
            other = (content[at_byte] - 32 + mask % 95) % 95 + 32
            other = other if other != content[at_byte] else (other - 31) % 95 + 32
        else:
            other = content[at_byte] ^ mask
        changed = content[:at_byte] + bytes([other]) + content[at_byte + 1 :]
        return Change(table, row, column, changed.decode() if isinstance(value, str) else changed)

    return st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(0, 10**6), st.integers(1, 255)).map(change)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_of_anything_kept_is_found(bank: Service, data: st.DataObject) -> None:
    """One changed byte in any column of assessments, ledger, head or contents; and the entry it belongs to is named."""
    store = bank.store
    one = data.draw(changes(store))
    key = KEYS[one.table.name]
    entries = rows_of(store, LEDGER)
    with store.engine.connect() as connection, connection.begin() as transaction:
        without_triggers(connection)
        statement = update(one.table).where(one.table.c[key] == one.row[key]).values({one.column: one.value})
        assert connection.execute(statement).rowcount == 1
        found = list(verify(connection))
        transaction.rollback()
    assert found, f"{one.table.name}.{one.column}"
    if one.table is ASSESSMENTS:
        told = [row["sequence"] for row in entries if (row["kind"], row["subject"]) == ("assessment", one.row["id"])]
        assert [found[0].sequence] == told
    if one.table is LEDGER:
        assert found[0].sequence == one.row["sequence"]
    assert findings(store) == []


@pytest.mark.parametrize("gone", [1, 3, 7])
def test_a_missing_entry_is_named(bank: Service, gone: int) -> None:
    """The first, one in the middle, the last: the place that is empty."""
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(delete(LEDGER).where(LEDGER.c.sequence == gone))
    found = findings(bank.store)
    assert found[0].sequence == gone
    assert ("missing" in found[0].what) or ("head" in found[0].what)


def test_entries_that_changed_places_are_named(bank: Service) -> None:
    """Two entries swapped with everything that they hold: the first of them is out of order."""
    rows = {row["sequence"]: row for row in rows_of(bank.store, LEDGER)}
    swapped = [{**rows[5], "sequence": 3}, {**rows[3], "sequence": 5}]
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(delete(LEDGER).where(LEDGER.c.sequence.in_([3, 5])))
        connection.execute(insert(LEDGER), swapped)
    found = findings(bank.store)
    assert found[0].sequence == 3
    assert {one.sequence for one in found} >= {3, 4, 5, 6}


def test_an_assessment_that_was_slipped_in_is_named(bank: Service) -> None:
    """A row that no entry tells of."""
    row = {**rows_of(bank.store, ASSESSMENTS)[0], "id": "slipped-in"}
    with bank.store.writing() as connection:
        connection.execute(insert(ASSESSMENTS), [row])
    assert [(one.what, one.found) for one in findings(bank.store)] == [
        ("an assessment that no entry tells of", "slipped-in")
    ]


def test_a_content_that_is_gone_is_named_at_the_first_entry_that_needs_it(bank: Service) -> None:
    """The rows of E2 are missing: entry 3 names them; the model's text is missing: entry 2 is the first."""
    third = json.loads(rows_of(bank.store, LEDGER)[2]["body"])["content"]
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(delete(CONTENTS).where(CONTENTS.c.sha256 == third["rows"]))
    assert [(one.sequence, one.expected) for one in findings(bank.store)] == [(3, third["rows"])]
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(delete(CONTENTS).where(CONTENTS.c.sha256 == third["bundle"]))
    assert findings(bank.store)[0].sequence == 2


def test_a_tail_that_was_cut_off_with_the_head_is_told_by_a_checkpoint_alone(bank: Service) -> None:
    """Who cuts the last entries and sets the head back leaves a whole chain; who holds a checkpoint can tell."""
    last, sixth = rows_of(bank.store, LEDGER)[-1], rows_of(bank.store, LEDGER)[-2]
    with bank.store.writing() as connection:
        without_triggers(connection)
        content = json.loads(last["body"])["content"]
        connection.execute(delete(LEDGER).where(LEDGER.c.sequence == last["sequence"]))
        connection.execute(delete(ASSESSMENTS).where(ASSESSMENTS.c.decision_id == content["decision_id"]))
        connection.execute(update(LEDGER_HEAD).values(sequence=sixth["sequence"], hash=sixth["hash"]))
    assert findings(bank.store) == []
    found = findings(bank.store, Checkpoint(last["sequence"], last["hash"]))
    assert [one.what for one in found] == ["missing: entries up to the checkpoint at 7"]
    wrong = Checkpoint(4, "f" * 64)
    assert [(one.sequence, one.what) for one in findings(bank.store, wrong)] == [
        (4, "another entry than the checkpoint says")
    ]


def test_a_value_that_is_not_even_text_is_found(bank: Service) -> None:
    """SQLite keeps any bytes in a text column: what is no UTF-8 is a finding, not a crash."""
    if not bank.store.sqlite:
        pytest.skip("PostgreSQL refuses text that is not UTF-8")
    with bank.store.writing() as connection:
        without_triggers(connection)
        change = text("UPDATE assessments SET enterprise_id = CAST(:bytes AS TEXT) WHERE enterprise_id = 'E2'")
        connection.execute(change.bindparams(bindparam("bytes", b"\xff\xfe")))
    assert [(one.sequence, one.what) for one in findings(bank.store)] == [
        (3, "changed: enterprise_id of the assessment")
    ]


def test_assessments_from_before_the_ledger_are_adopted_and_then_guarded(bank: Service) -> None:
    """An upgrade gives them entries; from then on a changed byte is found."""
    row = {**rows_of(bank.store, ASSESSMENTS)[0], "id": "from-before"}
    with bank.store.writing() as connection:
        connection.execute(insert(ASSESSMENTS), [row])
        assert adopt(connection, at=bank.clock()) == 1
        assert adopt(connection, at=bank.clock()) == 0
    assert findings(bank.store) == []
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(update(ASSESSMENTS).where(ASSESSMENTS.c.id == "from-before").values(decision=b"{ }"))
    assert [one.what for one in findings(bank.store)] == ["changed: decision_sha256 of the assessment"]
    assert AssessmentStore(bank.store).get("from-before").decision == b"{ }"


def test_the_command_names_the_first_and_a_signed_checkpoint_is_checked(
    bank: Service, database_url: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 0 when whole, 1 with the first entry that is wrong; a checkpoint of another key is refused."""
    monkeypatch.setenv("ASSETLIGHT_DATABASE_URL", database_url)
    for name in ("auditor", "other"):
        key, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    point = tmp_path / "monday.json"
    code, out, _ = run("audit", "checkpoint", "--out", point, "--key", tmp_path / "auditor.pem", "--json")
    assert (code, json.loads(out)["sequence"]) == (0, 7)
    assert run("audit", "checkpoint", "--out", point, "--json")[0] == 1
    checked = ("--checkpoint", point, "--public-key")
    code, out, err = run("audit", "verify", *checked, tmp_path / "auditor.pub", "--json")
    assert (code, json.loads(out)["whole"], json.loads(out)["entries"], err) == (0, True, 7, "")
    code, out, _ = run("audit", "verify", *checked, tmp_path / "other.pub", "--json")
    assert (code, json.loads(out)["error"]) == (1, "CheckpointUnreadable")
    assert "whole 完整" in run("audit", "verify")[1]
    with bank.store.writing() as connection:
        without_triggers(connection)
        connection.execute(update(LEDGER).where(LEDGER.c.sequence == 5).values(actor="nobody"))
    code, out, _ = run("audit", "verify", "--json")
    found = json.loads(out)
    assert (code, found["whole"], found["first"]["sequence"]) == (1, False, 5)
    code, out, _ = run("audit", "verify")
    assert (code, "the first at entry 5: changed: column actor" in out) == (1, True)
