"""Group commit: what was written is durable, in one order; one bad work hurts nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from service.errors import StoreUnusable
from service.ledger import Content, Entry, Kind, LedgerWriter, Work, draft
from service.ledger.verifying import verify
from service.store import Assessment, AssessmentStore, Store, assessment_row, open_store
from service.store.schema import ASSESSMENTS, LEDGER

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def work(subject: str, *, assessment: str | None = None, contents: tuple[Content, ...] = ()) -> Work:
    rows: dict[Any, Any] = {}
    if assessment is not None:
        rows[ASSESSMENTS] = [
            assessment_row(Assessment(assessment, NOW, "E1", date(2026, 1, 1), "d" * 64, b"{}", b"{}"))
        ]
    return Work((draft(Kind.ACCESS, subject, "tester", {}, at=NOW),), rows, contents)


def test_every_writer_gets_its_own_entry_and_the_chain_is_whole(store: Store, database_url: str) -> None:
    """Two hundred works of sixteen threads: all there, each with the entry that its writer was told."""
    writer = LedgerWriter(store)
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda at: writer.write(work(f"s{at}"))[0], range(200)))
    other = open_store(database_url)
    with other.reading() as connection:
        kept = {row.subject: (row.sequence, row.hash) for row in connection.execute(select(LEDGER))}
        assert list(verify(connection)) == []
    other.close()
    assert kept == {entry.subject: (entry.sequence, entry.hash) for entry in told}
    assert sorted(entry.sequence for entry in told) == list(range(1, 201))


def test_those_who_wait_share_the_next_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one group is being written the others gather: eleven works make two commits."""
    writer = LedgerWriter(store)
    inside, go = threading.Event(), threading.Event()
    commits: list[int] = []
    original = store.writing

    @contextmanager
    def slow(**_given: Any) -> Iterator[Connection]:
        commits.append(1)
        with original() as connection:
            if len(commits) == 1:
                inside.set()
                assert go.wait(20)
            yield connection

    monkeypatch.setattr(store, "writing", slow)
    with ThreadPoolExecutor(11) as pool:
        first = pool.submit(writer.write, work("first"))
        assert inside.wait(20)
        rest = [pool.submit(writer.write, work(f"s{at}")) for at in range(10)]
        while sum(len(group.members) for group in writer._groups) < 10:
            threading.Event().wait(0.01)
        assert not any(one.done() for one in [first, *rest])
        go.set()
        entries: list[list[Entry]] = [one.result(20) for one in [first, *rest]]
    assert len(commits) == 2
    assert sorted(one[0].sequence for one in entries) == list(range(1, 12))


def test_a_work_that_is_refused_hurts_nobody_in_its_group(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is there already fails its own writer; the other works of the same commit are kept."""
    writer = LedgerWriter(store)
    writer.write(work("before", assessment="twice"))
    waiting = [work("a", assessment="a"), work("bad", assessment="twice"), work("b", assessment="b")]
    gate = threading.Barrier(4)
    original, held = store.writing, threading.Event()

    @contextmanager
    def hold(**_given: Any) -> Iterator[Connection]:
        if not held.is_set():
            held.set()
            gate.wait(20)
            while sum(len(group.members) for group in writer._groups) < 3:
                threading.Event().wait(0.01)
        with original() as connection:
            yield connection

    monkeypatch.setattr(store, "writing", hold)

    def late(one: Work) -> str:
        held.wait(20)
        gate.wait(20)
        try:
            return writer.write(one)[0].subject
        except StoreUnusable as refused:
            return f"refused: {refused.problem}"

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(writer.write, work("first"))
        answers = list(pool.map(late, waiting))
        first.result(20)
    assert [answer.split(":")[0] for answer in answers] == ["a", "refused", "b"]
    with store.reading() as connection:
        assert list(verify(connection)) != []  # these assessments have no entry of their kind
        assert set(connection.execute(select(LEDGER.c.subject)).scalars()) == {"before", "first", "a", "b"}
        assert connection.execute(select(func.max(LEDGER.c.sequence))).scalar_one() == 4
    assert AssessmentStore(store).count() == 3


def test_a_database_that_fails_acknowledges_nothing_and_recovers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing commit is a refusal to every writer of the group; the next one goes through."""
    writer = LedgerWriter(store)
    original = store.writing

    @contextmanager
    def failing(**_given: Any) -> Iterator[Connection]:
        with original():
            raise OperationalError("commit", {}, Exception("disk full"))
        yield  # type: ignore[unreachable]

    monkeypatch.setattr(store, "writing", failing)
    with ThreadPoolExecutor(4) as pool:
        failures = [one.exception(20) for one in [pool.submit(writer.write, work(f"s{at}")) for at in range(4)]]
    assert all(isinstance(one, StoreUnusable) and "disk full" in str(one) for one in failures)
    monkeypatch.undo()
    assert writer.write(work("after"))[0].sequence == 1


def test_a_leader_that_is_interrupted_lets_the_others_go_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the thread that commits: its group is told, the next group is written."""
    writer = LedgerWriter(store)

    @contextmanager
    def interrupted(**_given: Any) -> Iterator[Connection]:
        raise KeyboardInterrupt
        yield  # type: ignore[unreachable]

    monkeypatch.setattr(store, "writing", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.write(work("x"))
    monkeypatch.undo()
    assert writer.write(work("y"))[0].sequence == 1


def test_a_content_that_is_known_to_be_stored_is_not_sent_again(store: Store) -> None:
    """It is known when the commit that stored it is over, not before."""
    writer, content = LedgerWriter(store), Content.of("file", b"abc")
    assert not writer.knows(content.sha256)
    writer.write(work("a", contents=(content,)))
    assert writer.knows(content.sha256)
    assert not LedgerWriter(store).knows(content.sha256)


def test_a_ledger_is_verified_while_others_write(store: Store) -> None:
    """The walk sees one moment: neither head nor tail moves under it."""
    writer, stop = LedgerWriter(store), threading.Event()

    def write() -> None:
        while not stop.is_set():
            writer.write(work("busy"))

    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(write) for _ in range(2)]
        try:
            for _ in range(5):
                with store.snapshot() as connection:
                    assert list(verify(connection)) == []
        finally:
            stop.set()
        for one in busy:
            one.result(20)
