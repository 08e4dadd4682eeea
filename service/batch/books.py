"""What the books of everybody say, read once for all buckets and kept with the run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.lake import Lake
from models.tables import NETWORK_KINDS, Books, books_of
from service.batch.files import write_rows

SCHEMA = pa.schema([("one", pa.string()), ("other", pa.string()), ("near", pa.string())])


def all_books(lake: Lake, as_of: date) -> Books:
    """What the digests say of partners; nothing is read where nobody trades with another."""
    books = Books()
    trading = lake.trading()
    for bucket in range(lake.buckets) if trading else ():
        books.add(books_of(lake.bucket(bucket, NETWORK_KINDS), as_of, trading))
    return books


def write_books(books: Books, folder: Path, name: str) -> None:
    """Keep them: a row with `near` for an enterprise, a row with `other` for a pair."""
    near, pairs = sorted(books.near.items()), sorted(books.pairs)
    rows = pa.table(
        {
            "one": [one for one, _ in near] + [one for one, _ in pairs],
            "other": [None] * len(near) + [other for _, other in pairs],
            "near": [digest for _, digest in near] + [None] * len(pairs),
        },
        schema=SCHEMA,
    )
    write_rows(folder, name, rows)


def read_books(path: Path) -> Books:
    """What `write_books` kept."""
    rows = pq.read_table(path, schema=SCHEMA)
    one, other, near = (rows.column(name).to_pylist() for name in SCHEMA.names)
    books = Books()
    for first, second, digest in zip(one, other, near, strict=True):
        if digest is None:
            books.pairs.add((first, second))
        else:
            books.near[first] = digest
    return books
