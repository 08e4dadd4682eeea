"""Names of content: one SHA-256 for everything the bank could see of an enterprise on a day.

Each visible row becomes one text (`models.tables.row_text`). The texts of an enterprise are hashed, the hashes (hex)
sorted, joined by line feeds and hashed again, so that neither the order of rows nor the cut into files matters.

Rows in memory are read where they are; files are streamed, and 32 bytes a row are kept of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256

import numpy as np
import pyarrow as pa

from models.records import KINDS
from models.records.kind import RecordKind
from models.tables.point_in_time import Tables
from models.tables.row_text import row_texts
from models.tables.visible import visible_batches

DIGEST_SCHEMA = pa.schema([("enterprise_id", pa.string()), ("input_sha256", pa.string())])
DIGEST_BYTES = 32


def input_digests(tables: Tables, as_of: date, enterprises: Sequence[str] | None = None) -> pa.Table:
    """`enterprise_id`, `input_sha256` (hex), sorted; an enterprise without visible rows has the digest of nothing only
    if it is named in `enterprises`."""
    of_rows: defaultdict[str, bytearray] = defaultdict(bytearray)
    for name in sorted(set(tables.by_kind) & set(KINDS)):
        for rows in visible_batches(tables, KINDS[name], as_of, enterprises):
            for enterprise, digests in row_digests(KINDS[name], rows):
                of_rows[enterprise] += digests
    listed = sorted(of_rows if enterprises is None else set(enterprises))
    return pa.table([listed, [digest_of(of_rows.get(one, b"")) for one in listed]], schema=DIGEST_SCHEMA)


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
