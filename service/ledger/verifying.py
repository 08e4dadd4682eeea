"""Whether the ledger is whole: every entry in its place and as it was written, and what it names as it was kept.

Walks the chain once from the first entry and yields what is wrong in the order of the chain, so the first one found is
the first one there is; then the rows that are not as entries told of them. A tail that was cut off leaves a chain that
is whole in itself: only the head row, or a checkpoint that lies elsewhere, tells of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from models.canonical import canonical_json, sha256_hex
from service.ledger.contents import MANIFEST, ContentAltered, unpacked
from service.ledger.entry import FIRST, VERSION, link_hash
from service.ledger.findings import Finding
from service.ledger.pages import damaged_pages
from service.ledger.telling import TELLING, told_of
from service.ledger.verifying_rows import ToldRows
from service.store.schema import ASSESSMENTS, CONTENTS, LEDGER, LEDGER_HEAD

ENTRIES_AT_ONCE = 2_000
CONTENTS_AT_ONCE = 50
IDS_AT_ONCE = 500
Progress = Callable[[int, int], None]  # done, of


@dataclass(frozen=True)
class Checkpoint:
    """What the chain was at some entry, as it was written down elsewhere."""

    sequence: int
    hash: str


def verify(
    connection: Connection, checkpoints: Sequence[Checkpoint] = (), *, progress: Progress = lambda *_: None
) -> Iterator[Finding]:
    """Everything that is wrong, in the order of the chain; nothing when all is whole."""
    with _any_text(connection):
        yield from _verify(connection, checkpoints, progress)
        yield from damaged_pages(connection)


def _verify(connection: Connection, checkpoints: Sequence[Checkpoint], progress: Progress) -> Iterator[Finding]:
    entries = connection.execute(select(func.count()).select_from(LEDGER)).scalar_one()
    stored = connection.execute(select(func.count()).select_from(CONTENTS)).scalar_one()
    total = entries + stored
    contents = _Contents(connection)
    for done in contents.read():
        progress(done, total)
    known = {one.sequence: one.hash for one in checkpoints}
    sequence, previous = 0, FIRST
    told, told_rows = 0, ToldRows()
    while True:
        rows = _entries_after(connection, sequence)
        if not rows:
            break
        kept = _assessments_of(connection, rows)
        for row in rows:
            yield from _at_place(row, sequence, previous)
            yield from _as_written(row)
            body = _body(row)
            if row.kind in TELLING:
                told += 1
                yield from _as_told(row, body, kept.get(row.subject))
            if body is not None:
                yield from told_rows.hear(connection, row, body["content"])
            yield from contents.of(row, body)
            sequence, previous = int(row.sequence), row.hash
            if known.get(sequence, row.hash) != row.hash:
                yield _finding(row, "another entry than the checkpoint says", known[sequence], row.hash)
        progress(stored + sequence, max(total, stored + sequence))
    yield from _at_end(connection, sequence, previous, known)
    yield from _never_told(connection, told, sequence)
    yield from told_rows.compare(connection)


def _entries_after(connection: Connection, sequence: int) -> Sequence[Any]:
    columns = select(LEDGER).where(LEDGER.c.sequence > sequence).order_by(LEDGER.c.sequence).limit(ENTRIES_AT_ONCE)
    return connection.execute(columns).all()


def _assessments_of(connection: Connection, rows: Sequence[Any]) -> Mapping[str, Any]:
    ids = sorted({row.subject for row in rows if row.kind in TELLING})
    found = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = select(ASSESSMENTS).where(ASSESSMENTS.c.id.in_(ids[start : start + IDS_AT_ONCE]))
        found.update({row.id: row for row in connection.execute(some)})
    return found


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """SQLite gives text that was changed to something else than UTF-8 too, so that it can be compared and named."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    driver.text_factory = lambda content: content.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = str


def _finding(row: Any, what: str, expected: object = None, found: object = None) -> Finding:  # noqa: ANN401
    told = [None if one is None else str(one) for one in (expected, found)]
    return Finding(int(row.sequence), what, told[0], told[1], row.subject)


def _at_place(row: Any, sequence: int, previous: str) -> Iterator[Finding]:  # noqa: ANN401
    """Missing, reordered or inserted entries."""
    if row.sequence != sequence + 1:
        missing = f"{sequence + 1}" if row.sequence == sequence + 2 else f"{sequence + 1} to {row.sequence - 1}"
        yield Finding(sequence + 1, f"missing: entry {missing}", str(sequence + 1), str(row.sequence))
    elif row.previous != previous:
        yield _finding(row, "it does not follow the entry before it", previous, row.previous)


def _as_written(row: Any) -> Iterator[Finding]:  # noqa: ANN401
    """Changed entries: the hash names body and place, the columns say what the body says."""
    expected = link_hash(row.sequence, row.previous, sha256_hex(bytes(row.body)))
    if row.hash != expected:
        yield _finding(row, "changed: its hash is not that of its bytes", row.hash, expected)
        return
    body = _body(row)
    if body is None or body.get("version") != VERSION or canonical_json(body) != bytes(row.body):
        yield _finding(row, "its bytes are not those of an entry")
        return
    for name in ("at", "kind", "subject", "actor"):
        if body.get(name) != getattr(row, name):
            yield _finding(row, f"changed: column {name}", body.get(name), getattr(row, name))


def _body(row: Any) -> dict[str, Any] | None:  # noqa: ANN401
    try:
        found = json.loads(bytes(row.body))
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("content"), dict) else None


def _as_told(row: Any, body: dict[str, Any] | None, kept: Any) -> Iterator[Finding]:  # noqa: ANN401
    """The assessment that an entry tells of, byte for byte."""
    if body is None:
        return
    if kept is None:
        yield _finding(row, "missing: the assessment that it tells of", row.subject)
        return
    for name, value in told_of(kept).items():
        if body["content"].get(name) != value:
            yield _finding(row, f"changed: {name} of the assessment", body["content"].get(name), value)


class _Contents:
    """The stored contents, each read and checked once: what is wrong with which, and what manifests name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._wrong: dict[str, str] = {}
        self._sound: set[str] = set()
        self._parts: dict[str, list[str]] = {}
        self._told: set[str] = set()

    def read(self) -> Iterator[int]:
        """Check all; yields how many were checked."""
        done = 0
        rows = self._connection.execute(select(CONTENTS), execution_options={"yield_per": CONTENTS_AT_ONCE})
        for some in rows.partitions():
            for row in some:
                self._check(row)
            done += len(some)
            yield done

    def _check(self, row: Any) -> None:  # noqa: ANN401
        try:
            content = unpacked(row.sha256, row.media, row.size, bytes(row.packed), row.packed_sha256)
        except ContentAltered as altered:
            self._wrong[row.sha256] = altered.problem
            return
        self._sound.add(row.sha256)
        if row.media == MANIFEST:
            self._parts[row.sha256] = json.loads(content)["contents"]

    def of(self, row: Any, body: dict[str, Any] | None) -> Iterator[Finding]:  # noqa: ANN401
        """What is wrong with the contents that an entry names, each told once, at the first entry that names it."""
        named = (body or {}).get("content", {}).get("contents", [])
        for name in [*named, *(part for one in named for part in self._parts.get(one, []))]:
            if name in self._told:
                continue
            self._told.add(name)
            if name in self._wrong:
                yield _finding(row, self._wrong[name], name)
            elif name not in self._sound:
                yield _finding(row, "missing: a content that it names", name)


def _at_end(connection: Connection, sequence: int, last: str, known: Mapping[int, str]) -> Iterator[Finding]:
    """A tail that is gone: the head and the checkpoints know of later entries."""
    head = connection.execute(select(LEDGER_HEAD)).all()
    if [tuple(row) for row in head] != [(1, sequence, last)]:
        told = "; ".join(f"entry {row.sequence} {row.hash}" for row in head) or "no head"
        yield Finding(sequence + 1, "the head names another last entry", f"entry {sequence} {last}", told)
    for late in sorted(one for one in known if one > sequence):
        yield Finding(sequence + 1, f"missing: entries up to the checkpoint at {late}", f"entry {late}", "none")


def _never_told(connection: Connection, told: int, sequence: int) -> Iterator[Finding]:
    """Assessments that no entry tells of."""
    if connection.execute(select(func.count()).select_from(ASSESSMENTS)).scalar_one() <= told:
        return
    entries = select(LEDGER.c.subject).where(LEDGER.c.kind.in_(TELLING))
    untold = select(ASSESSMENTS.c.id).where(ASSESSMENTS.c.id.not_in(entries)).order_by(ASSESSMENTS.c.id).limit(10)
    for row in connection.execute(untold):
        yield Finding(sequence + 1, "an assessment that no entry tells of", None, row.id, row.id)
