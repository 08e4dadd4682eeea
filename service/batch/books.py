"""What the books of everybody say: read once, a file for each hash bucket of the lake, kept with the run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from models.lake import Lake, bucket_of
from models.tables import NETWORK_KINDS, Books, books_of
from service.batch.files import Output, read_mapped, write_mapped

SCHEMA = pa.schema([("one", pa.string()), ("other", pa.string()), ("near", pa.string())])


def books_in(lake: Lake, number: int, as_of: date) -> Books:
    """What the digests say of the trading partners in one hash bucket of the lake."""
    trading = {one for one in lake.trading() if bucket_of(one, lake.buckets) == number}
    return books_of(lake.bucket(number, NETWORK_KINDS), as_of, trading) if trading else Books()


def write_books(books: Books, folder: Path, name: str) -> Output:
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
    return write_mapped(folder, name, rows)


def read_books(paths: Sequence[Path], enterprises: Collection[str]) -> Books:
    """What `write_books` kept, as far as the digests of some enterprises need it: the pairs of theirs and of their
    partners, and the digests of all whom these name. The rest of the files stays where it is."""
    rows = pa.concat_tables([SCHEMA.empty_table(), *map(read_mapped, paths)])
    pairs, near = rows.filter(rows["near"].is_null()), rows.filter(rows["near"].is_valid())
    theirs = _naming(pairs, pa.array(sorted(enterprises), pa.string()))
    found = _naming(pairs, _names(theirs))
    named = near.filter(pc.is_in(near["one"], value_set=_names(found)))
    books = Books(pairs=set(zip(found["one"].to_pylist(), found["other"].to_pylist(), strict=True)))
    books.near = dict(zip(named["one"].to_pylist(), named["near"].to_pylist(), strict=True))
    return books


def _naming(pairs: pa.Table, names: pa.Array) -> pa.Table:
    """The pairs of which one side or the other is among the names."""
    sides = [pc.is_in(pairs[side], value_set=names) for side in ("one", "other")]
    return pairs.filter(pc.or_(*sides))


def _names(pairs: pa.Table) -> pa.Array:
    """Everybody in some pairs."""
    both = pa.chunked_array([*pairs["one"].chunks, *pairs["other"].chunks], pa.string())
    return pc.unique(both)
