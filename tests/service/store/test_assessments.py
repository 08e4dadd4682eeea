"""The store keeps assessments to the byte, durably, and says so when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from service.errors import AssessmentNotFound, StoreUnusable
from service.store import Assessment, AssessmentStore, open_engine

ONE = Assessment(
    id="0190a0b0-0000-7000-8000-000000000001",
    created_at=datetime(2026, 11, 23, 8, 30, 0, 123456, UTC),
    enterprise_id="E1",
    as_of=date(2026, 11, 22),
    decision_id="d" * 64,
    decision=b'{"outcome":"approve"}',
    request='{"enterprise_id":"企业1"}'.encode(),
)


def url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'deep' / 'assessments.sqlite3').as_posix()}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AssessmentStore]:
    kept = AssessmentStore(open_engine(url(tmp_path)))
    yield kept
    kept.close()


def test_what_is_kept_is_read_back_to_the_byte_by_another_process_of_the_same_file(tmp_path: Path) -> None:
    """An assessment is the same after the engine that wrote it is gone."""
    first = AssessmentStore(open_engine(url(tmp_path)))
    first.keep(ONE)
    first.close()
    second = AssessmentStore(open_engine(url(tmp_path)))
    assert second.get(ONE.id) == ONE
    assert second.count() == 1
    second.close()


def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    """SQLite runs in WAL mode with synchronous=FULL on every connection, so an acknowledged assessment is durable."""
    engine = open_engine(url(tmp_path))
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    engine.dispose()


def test_an_unknown_id_is_named(store: AssessmentStore) -> None:
    """Reading an id that was never given says which id and what was expected."""
    with pytest.raises(AssessmentNotFound, match=r"no assessment with this id is kept.*'nope'"):
        store.get("nope")


def test_the_same_id_is_not_written_twice(store: AssessmentStore) -> None:
    """An assessment is appended, never changed."""
    store.keep(ONE)
    with pytest.raises(StoreUnusable, match="could not be kept"):
        store.keep(replace(ONE, decision=b"{}"))
    assert store.get(ONE.id) == ONE


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of something else in the place of the store gives one sentence, and is left as it was."""
    path = tmp_path / "deep" / "assessments.sqlite3"
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        open_engine(url(tmp_path))
    assert path.read_bytes() == b"not a database" * 100


def test_threads_write_beside_each_other(store: AssessmentStore) -> None:
    """Twenty threads keep one assessment each and none is lost."""
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: store.keep(replace(ONE, id=f"id-{number}")), range(20)))
    assert store.count() == 20
