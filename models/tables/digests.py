"""Names of content: one SHA-256 for everything the bank could see of an enterprise on a day.

Each visible row becomes one text (`models.tables.row_text`). The texts of an enterprise are hashed, the hashes (hex)
sorted, joined by line feeds and hashed again, so that neither the order of rows nor the cut into files matters.

Where the tables know the neighbourhood, the rows that features read of others count too: see `models.tables.partners`;
so do the rows of those who may belong to the same group (`models.tables.members`).

Rows in memory are read where they are; files are streamed, and 32 bytes a row are kept of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.records import KINDS
from models.records.kind import RecordKind
from models.tables.members import GROUP_KINDS, fellows, group_rows, visible_ties
from models.tables.partners import NETWORK_KINDS, PAIR, Books, pairs_in, with_partners
from models.tables.point_in_time import Tables
from models.tables.row_text import row_texts
from models.tables.visible import visible_batches

DIGEST_SCHEMA = pa.schema([("enterprise_id", pa.string()), ("input_sha256", pa.string())])
DIGEST_BYTES = 32
INVOICE = "invoice"


def input_digests(
    tables: Tables, as_of: date, enterprises: Sequence[str] | None = None, books: Books | None = None
) -> pa.Table:
    """`enterprise_id`, `input_sha256` (hex), sorted; an enterprise without visible rows has the digest of nothing only
    if it is named in `enterprises`. `books`: those of everybody, where they were read before (`books_of`)."""
    of_rows: defaultdict[str, bytearray] = defaultdict(bytearray)
    for name in sorted(set(tables.by_kind) & set(KINDS)):
        for rows in visible_batches(tables, KINDS[name], as_of, enterprises):
            for enterprise, digests in row_digests(KINDS[name], rows):
                of_rows[enterprise] += digests
    listed = sorted(of_rows if enterprises is None else set(enterprises))
    own = {one: digest_of(of_rows.get(one, b"")) for one in listed}
    if tables.neighbours is not None:
        own = with_partners(own, books_of(tables, as_of) if books is None else books)
        own = _with_fellows(own, tables, as_of)
    return pa.table([listed, list(own.values())], schema=DIGEST_SCHEMA)


def _with_fellows(own: dict[str, str], tables: Tables, as_of: date) -> dict[str, str]:
    """The digests with those of fellow members' rows in them; of an enterprise without any, as it was."""
    ties = visible_ties(tables, as_of, list(own))
    found = fellows(ties)
    if not found:
        return own
    places = sorted(set().union(*found.values()))
    names = dict(zip(places, ties.names.take(pa.array(places)).to_pylist(), strict=True))
    of_rows: defaultdict[str, bytearray] = defaultdict(bytearray)
    for name in sorted(set(GROUP_KINDS) & tables.by_kind.keys()):
        for rows in group_rows(tables, name, as_of, list(names.values())):
            for enterprise, digests in row_digests(KINDS[name], rows):
                of_rows[enterprise] += digests
    told = {place: digest_of(of_rows[name]) for place, name in names.items() if name in of_rows}
    for place, others in found.items():
        theirs = sorted(told[other] for other in others if other in told)
        if theirs:
            one = ties.names[place].as_py()
            own[one] = sha256("\n".join([own[one], *theirs]).encode()).hexdigest()
    return own


def books_of(tables: Tables, as_of: date, trading: Collection[str] | None = None) -> Books:
    """The visible books of the enterprises of the tables and of their neighbours.

    `trading`: those with a partner among the books of everybody, where the tables hold only some of them; rows of the
    others are not read.
    """
    parts = (tables, Tables(tables.neighbours or {}))
    read = [
        (part, KINDS[name])
        for part in parts
        for name in NETWORK_KINDS
        if name in part.by_kind and name in tables.by_kind
    ]
    wanted = None if trading is None else sorted(trading)
    books = Books()
    with_books: set[str] = set()
    for part, kind in read:
        for rows in visible_batches(part, kind, as_of, wanted, PAIR if kind.name == INVOICE else PAIR[:1]):
            with_books.update(pc.unique(rows.column(PAIR[0])).to_pylist())
            if kind.name == INVOICE:
                books.pairs |= pairs_in(rows)
    if trading is None:
        books.pairs = {pair for pair in books.pairs if pair[0] != pair[1] and with_books.issuperset(pair)}
        trading = {one for pair in books.pairs for one in pair}
    if not trading:
        return books
    of_rows: defaultdict[str, bytearray] = defaultdict(bytearray)
    for part, kind in read:
        for rows in visible_batches(part, kind, as_of, sorted(trading)):
            for enterprise, digests in row_digests(kind, rows):
                of_rows[enterprise] += digests
    books.near = {one: digest_of(digests) for one, digests in of_rows.items()}
    return books


def row_digests(kind: RecordKind, rows: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Each enterprise of some rows, with the digests of its rows end to end."""
    digests = b"".join([sha256(text).digest() for text in row_texts(kind, rows)])
    ids = rows.column("enterprise_id").combine_chunks().dictionary_encode()
    names = ids.dictionary.to_pylist()
    if len(names) == 1:
        yield names[0], digests
        return
    codes = ids.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    sorted_digests = np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES)[order].tobytes()
    ends = np.cumsum(np.bincount(codes, minlength=len(names))) * DIGEST_BYTES
    start = 0
    for name, end in zip(names, ends.tolist(), strict=True):
        yield name, sorted_digests[start:end]
        start = end


def digest_of(digests: bytes | bytearray) -> str:
    """The digest of an enterprise from those of its rows, end to end in any order."""
    each = sorted([digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES)])
    return sha256(b"".join(each).hex("\n", DIGEST_BYTES).encode()).hexdigest()
