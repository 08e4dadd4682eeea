"""The lake, or a file of facts, cut into pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.lake import Lake
from models.tables import ParquetFiles, Source, Tables, enterprises_of
from service.batch.errors import FactsNotUsable
from service.batch.plan import Bucket
from service.errors import EnterpriseUnknown

ROWS_AT_ONCE = 250_000  # records read for one piece of the portfolio: memory, and steps of the progress bar
FACTS_AT_ONCE = 50_000  # rows of a table of facts in one bucket
NAMED = "named"


def lake_buckets(lake: Lake, rows_at_once: int = ROWS_AT_ONCE) -> tuple[Bucket, ...]:
    """The hash buckets with rows, small neighbours together, named after the first and the last of them."""
    manifest = lake.manifest()
    found = []
    for numbers in bucket_groups(lake, rows_at_once):
        rows = sum(part.rows for kind in manifest.kinds for part in manifest.of(kind, numbers))
        ends = sorted({numbers[0], numbers[-1]})
        found.append(Bucket("-".join(f"{number:03d}" for number in ends), rows, lake=tuple(numbers)))
    return tuple(found)


def named_bucket(enterprises: Sequence[str]) -> tuple[Bucket, ...]:
    """One bucket of the named enterprises."""
    names = tuple(sorted(set(enterprises)))
    return (Bucket(NAMED, len(names), enterprises=names),)


def fact_buckets(files: Sequence[Path], rows_at_once: int = FACTS_AT_ONCE) -> tuple[Bucket, ...]:
    """Whole row groups of each file together, up to so many rows; a larger row group is cut. Raises FactsNotUsable."""
    found: list[Bucket] = []
    for place, path in enumerate(files):
        try:
            metadata = pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise FactsNotUsable(
                "the table of facts cannot be read", where=str(path), expected="a Parquet file", found=str(error)
            ) from None
        start = held = 0
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            if held and held + rows > rows_at_once:
                found.append(_rows(len(found), place, start, held))
                start, held = start + held, 0
            held += rows
            while held > rows_at_once:
                found.append(_rows(len(found), place, start, rows_at_once))
                start, held = start + rows_at_once, held - rows_at_once
        if held:
            found.append(_rows(len(found), place, start, held))
    return tuple(found)


def _rows(number: int, place: int, start: int, rows: int) -> Bucket:
    return Bucket(f"{number:05d}", rows, file=place, start=start)


def pieces(lake: Lake, enterprises: Sequence[str] | None, rows_at_once: int) -> Iterator[tuple[int, Tables, list[str]]]:
    """The lake in pieces that fit into memory: how many, tables, and the enterprises of each."""
    if enterprises is not None:
        yield 1, *tables_of(lake, named_bucket(enterprises)[0])
        return
    lake = lake.pinned()
    buckets = lake_buckets(lake, rows_at_once)
    for bucket in buckets:
        yield len(buckets), *tables_of(lake, bucket)


def tables_of(lake: Lake, bucket: Bucket, *, trading: bool = True) -> tuple[Tables, list[str]]:
    """The records of one bucket with their neighbourhood, and its enterprises. `trading`: the books of partners are
    wanted too, where it is a hash bucket. Raises EnterpriseUnknown."""
    if bucket.enterprises is not None:
        tables = lake.tables(enterprises=bucket.enterprises, neighbourhood=True)
        unknown = sorted(set(bucket.enterprises) - set(enterprises_of(tables)))
        if unknown:
            raise EnterpriseUnknown(
                "no record of these enterprises is stored",
                expected="ids of stored enterprises",
                found=", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""),
                field="enterprise_id",
            )
        return tables, list(bucket.enterprises)
    own = together([lake.bucket(number) for number in bucket.lake])
    return Tables(own.by_kind, lake.around(bucket.lake, trading=trading)), enterprises_of(own)


def bucket_groups(lake: Lake, rows_at_once: int) -> list[list[int]]:
    """Neighbouring buckets together as long as they hold no more than so many rows; empty buckets are left out."""
    manifest = lake.manifest()
    groups: list[list[int]] = []
    held = 0
    for bucket in range(manifest.buckets):
        rows = sum(part.rows for kind in manifest.kinds for part in manifest.of(kind, [bucket]))
        if not rows:
            continue
        if not groups or held + rows > rows_at_once:
            groups.append([])
            held = 0
        groups[-1].append(bucket)
        held += rows
    return groups


def together(parts: Sequence[Tables]) -> Tables:
    """The files of several buckets as one set of tables; a kind without rows in any of them stays an empty table."""
    by_kind: dict[str, Source] = {}
    for part in parts:
        for kind, source in part.by_kind.items():
            before = by_kind.get(kind)
            if isinstance(before, ParquetFiles) and isinstance(source, ParquetFiles):
                by_kind[kind] = ParquetFiles(before.paths + source.paths)
            elif not isinstance(before, ParquetFiles):
                by_kind[kind] = source
    return Tables(by_kind)
