"""A byte that was changed in the file itself, past every statement: found, or nothing that was kept is another."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from service.bootstrap import Service
from service.ledger.findings import Finding
from service.ledger.rows_told import TOLD_TABLES
from service.ledger.verifying import verify
from service.store import address_of
from service.store.engine import open_engine
from service.store.schema import ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD

GUARDED = (ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD, *TOLD_TABLES.values())
UNREADABLE = [Finding(0, "the database cannot be read to its end")]


@pytest.fixture
def file(bank: Service) -> Path:
    """The database of the small bank as one file that nobody has open."""
    if not bank.store.sqlite:
        pytest.skip("PostgreSQL's pages are its server's: data_checksums")
    path = Path(str(bank.store.address.database))
    bank.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def looked_at(path: Path) -> tuple[list[Finding], list[list[Any]]]:
    """What `verify` finds in a file, and every row that it vouches for."""
    try:
        engine = open_engine(address_of(f"sqlite:///{path}"), pooled=False)
    except Exception:  # StoreUnusable: the file is no database any more
        return UNREADABLE, []
    try:
        with engine.connect() as connection:
            found = list(verify(connection))
            return found, [sorted(map(repr, connection.execute(select(table)))) for table in GUARDED]
    except DBAPIError:
        return UNREADABLE, []
    finally:
        engine.dispose()


def test_any_flipped_byte_of_the_file_is_found_or_changes_nothing(file: Path, tmp_path: Path) -> None:
    """Anywhere in the file: rows, indexes, pointers between pages, the schema, what is free."""
    whole, rng = file.read_bytes(), random.Random(5)  # noqa: S311
    before = looked_at(file)
    assert before[0] == []
    found = 0
    for number in range(60):
        at, mask = rng.randrange(len(whole)), rng.randrange(1, 256)
        copy = tmp_path / f"{number}.sqlite3"
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        findings, rows = looked_at(copy)
        found += bool(findings)
        assert findings or rows == before[1], f"byte {at} ^ {mask}"
        copy.unlink()
    assert found > 20


def test_a_flipped_byte_of_a_stored_decision_is_found_at_its_entry(file: Path, tmp_path: Path) -> None:
    """Where the bytes of a decision lie in the file: the entry that tells of it is named."""
    whole, rng = file.read_bytes(), random.Random(6)  # noqa: S311
    connection = sqlite3.connect(file)
    decision, assessment = connection.execute("SELECT decision, id FROM assessments ORDER BY id LIMIT 1").fetchone()
    (entry,) = connection.execute("SELECT sequence FROM ledger WHERE subject = ? LIMIT 1", (assessment,)).fetchone()
    connection.close()
    size = 512  # of a piece that lies together: a long value is spread over pages
    pieces = {start: decision[start : start + size] for start in range(0, len(decision) - size, size // 2)}
    own = [piece for piece in pieces.values() if whole.count(piece) == 1]  # not also in another decision
    assert len(own) > 3
    for number, piece in enumerate(rng.choices(own, k=12)):
        at = whole.find(piece) + rng.randrange(size)
        copy = tmp_path / f"{number}.sqlite3"
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ rng.randrange(1, 256)]) + whole[at + 1 :])
        (first, *_), _ = looked_at(copy)
        assert (first.sequence, first.what) == (entry, "changed: decision_sha256 of the assessment")
        copy.unlink()
