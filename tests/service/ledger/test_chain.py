"""The chain: entries get places without gaps, in the transaction of whoever appends them, and are never changed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.ledger import Content, ContentAltered, ContentMissing, Entry, Kind, append, draft, read_contents
from service.ledger.appending import Work, write
from service.ledger.contents import unpacked
from service.ledger.entry import FIRST, link_hash
from service.ledger.verifying import verify
from service.store import Store
from service.store.schema import CONTENTS, LEDGER

NOW = datetime(2026, 11, 23, 8, 0, 0, 5, UTC)


def add(store: Store, number: int = 1, actor: str = "tester") -> list[Entry]:
    with store.writing() as connection:
        return [append(connection, Kind.TRANSITION, f"case-{at}", actor, {"to": "甲"}, at=NOW) for at in range(number)]


def test_an_entry_is_what_the_definition_says(store: Store) -> None:
    """Body, link and hash by an independent reading of the definition, with the reference's RFC 8785."""
    first, second = add(store, 2)
    for entry, previous in ((first, FIRST), (second, first.hash)):
        told = {"actor": "tester", "at": "2026-11-23T08:00:00.000005+00:00", "content": {"to": "甲"}}
        body = rfc8785.dumps({**told, "kind": "transition", "subject": entry.subject, "version": 1})
        link = {"body": sha256(body).hexdigest(), "previous": previous, "sequence": entry.sequence}
        assert entry.body == body
        assert entry.hash == sha256(rfc8785.dumps(link)).hexdigest()
    assert (first.sequence, second.sequence, second.content) == (1, 2, {"to": "甲"})
    with store.reading() as connection:
        assert list(verify(connection)) == []


def test_an_entry_is_there_only_if_its_transaction_commits(store: Store) -> None:
    """What is rolled back leaves no gap."""
    add(store)

    def half() -> None:
        with store.writing() as connection:
            append(connection, Kind.OVERRIDE, "case", "tester", {}, at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert add(store)[0].sequence == 2


def test_a_session_can_append_too(store: Store) -> None:
    """A caller with an ORM session gets the same."""
    with store.writing() as connection, Session(connection) as session:
        assert append(session, Kind.PROMOTION, "model", "tester", {}, at=NOW).sequence == 1
    with store.reading() as connection:
        assert list(verify(connection)) == []


def test_many_connections_make_one_chain(store: Store) -> None:
    """Transactions that append beside each other get one order without gaps."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: add(store, 3, f"thread-{at}"), range(40)))
    with store.reading() as connection:
        assert connection.execute(select(LEDGER.c.sequence).order_by(LEDGER.c.sequence)).scalars().all() == list(
            range(1, 121)
        )
        assert list(verify(connection)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET actor = 'somebody else'",
        "DELETE FROM ledger",
        "DELETE FROM ledger_head",
        "UPDATE ledger_head SET sequence = 0",
        "UPDATE contents SET media = 'file'",
        "DELETE FROM contents",
    ],
)
def test_the_database_itself_refuses_changes(store: Store, statement: str) -> None:
    """Triggers keep ledger, head and contents from going back, whoever writes."""
    with store.writing() as connection:
        write(connection, [Work((draft("access", "x", "y", {}, at=NOW),), contents=(Content.of("file", b"abc"),))])
    with pytest.raises(DBAPIError, match=r"append-only|only grows"), store.writing() as connection:
        connection.execute(text(statement))


def test_a_content_is_stored_once_and_read_back_checked(store: Store) -> None:
    """The same bytes twice are one row; a name that is not stored is said."""
    content = Content.of("file", "内容".encode() * 1000)
    for _ in range(2):
        with store.writing() as connection:
            write(connection, [Work((), contents=(content, Content.of("file", b"other")))])
    with store.reading() as connection:
        assert read_contents(connection, [content.sha256]) == {content.sha256: content.content}
        rows = connection.execute(select(CONTENTS)).all()
        assert len(rows) == 2
        assert sum(len(bytes(row.packed)) for row in rows) < 200
        with pytest.raises(ContentMissing, match="not stored"):
            read_contents(connection, ["0" * 64])


@given(st.binary(max_size=300), st.data())
def test_any_changed_byte_of_a_stored_content_is_noticed(content: bytes, data: st.DataObject) -> None:
    """Also one that would decompress to the same bytes."""
    name, media, size, packed, packed_sha256 = Content.of("file", content).row
    assert unpacked(name, media, size, packed, packed_sha256) == content
    at = data.draw(st.integers(0, len(packed) - 1))
    changed = packed[:at] + bytes([packed[at] ^ data.draw(st.integers(1, 255))]) + packed[at + 1 :]
    with pytest.raises(ContentAltered, match="not what its SHA-256 names"):
        unpacked(name, media, size, changed, packed_sha256)
    with pytest.raises(ContentAltered):
        unpacked(name, media, size + 1, packed, packed_sha256)


@pytest.mark.parametrize("wrong", ["", "x" * 256])
def test_a_text_that_has_no_room_is_refused_before_it_is_written(wrong: str) -> None:
    """Kind, subject and actor have 1 to 255 characters on both databases."""
    with pytest.raises(ValueError, match="1 to 255"):
        draft("access", wrong, "actor", {}, at=NOW)


@given(st.integers(1, 2**50), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_the_link_is_canonical_json(sequence: int, name: str) -> None:
    """The link that is written by hand is the one that RFC 8785 writes."""
    link = rfc8785.dumps({"previous": FIRST, "sequence": sequence, "body": name})
    assert json.loads(link)["sequence"] == sequence
    assert link_hash(sequence, FIRST, name) == sha256(link).hexdigest()
