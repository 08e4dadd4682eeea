"""The store keeps assessments to the byte, durably, on both databases, and says so when it cannot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, DBAPIError

from service.errors import AssessmentNotFound, StoreUnusable
from service.ledger import LedgerWriter, Work
from service.store import Assessment, AssessmentStore, Store, assessment_row, open_store
from service.store.schema import ASSESSMENTS

ONE = Assessment(
    id="0190a0b0-0000-7000-8000-000000000001",
    created_at=datetime(2026, 11, 23, 8, 30, 0, 123456, UTC),
    enterprise_id="E1",
    as_of=date(2026, 11, 22),
    decision_id="d" * 64,
    decision=b'{"outcome":"approve"}',
    request='{"enterprise_id":"企业1"}'.encode(),
)


def keep(store: Store, assessment: Assessment) -> None:
    LedgerWriter(store).write(Work((), {ASSESSMENTS: [assessment_row(assessment)]}))


def test_what_is_kept_is_read_back_to_the_byte_by_another_process(database_url: str) -> None:
    """An assessment is the same after the engine that wrote it is gone."""
    first = open_store(database_url)
    keep(first, ONE)
    first.close()
    second = open_store(database_url)
    assert AssessmentStore(second).get(ONE.id) == ONE
    assert AssessmentStore(second).count() == 1
    second.close()


def test_commits_wait_for_the_disk(store: Store) -> None:
    """Every connection waits: SQLite in WAL mode with synchronous=FULL, PostgreSQL with synchronous_commit on."""
    with store.reading() as connection:
        if store.sqlite:
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
            assert connection.execute(text("SHOW fsync")).scalar_one() == "on"


def test_an_unknown_id_is_named(store: Store) -> None:
    """Reading an id that was never given says which id and what was expected."""
    with pytest.raises(AssessmentNotFound, match=r"no assessment with this id is kept.*'nope'"):
        AssessmentStore(store).get("nope")


def test_the_same_id_is_not_written_twice(store: Store) -> None:
    """An assessment is appended, never changed."""
    keep(store, ONE)
    with pytest.raises(StoreUnusable, match="could not be kept"):
        keep(store, replace(ONE, decision=b"{}"))
    assert AssessmentStore(store).get(ONE.id) == ONE


def test_a_block_that_raises_leaves_nothing(store: Store) -> None:
    """A transaction is whole or was never there."""

    def half() -> None:
        with store.writing() as connection:
            connection.execute(text("INSERT INTO assessments VALUES ('a', 'b', 'c', 'd', 'e', '', '')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert AssessmentStore(store).count() == 0


def test_threads_write_beside_each_other(store: Store) -> None:
    """Twenty threads keep one assessment each and none is lost."""
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: keep(store, replace(ONE, id=f"id-{number}")), range(20)))
    assert AssessmentStore(store).count() == 20


@pytest.mark.parametrize("statement", ["UPDATE assessments SET enterprise_id = 'E2'", "DELETE FROM assessments"])
def test_the_database_itself_refuses_to_change_an_assessment(store: Store, statement: str) -> None:
    """Triggers keep the table append-only, whoever writes."""
    keep(store, ONE)
    with pytest.raises((DatabaseError, DBAPIError), match="append-only"), store.writing() as connection:
        connection.execute(text(statement))
    assert AssessmentStore(store).get(ONE.id) == ONE
