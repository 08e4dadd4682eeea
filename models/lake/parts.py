"""Part files: written sorted by enterprise and day, in small row groups, so that one enterprise is a few pages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.durable import sync
from models.lake.manifest import LakeDamaged, Part, bucket_of
from models.records.kind import RecordKind

ROW_GROUP_ROWS = 16_384


def buckets_of(rows: pa.Table, buckets: int) -> npt.NDArray[np.int64]:
    """The bucket of each row; the hash is taken once per enterprise."""
    ids = rows.column("enterprise_id").combine_chunks().dictionary_encode()
    of_each = np.array([bucket_of(enterprise, buckets) for enterprise in ids.dictionary.to_pylist()], np.int64)
    of_rows: npt.NDArray[np.int64] = of_each[ids.indices.to_numpy(zero_copy_only=False)]
    return of_rows


def write_part(root: Path, relative: str, kind: RecordKind, rows: pa.Table) -> Part:
    """Write and fsync one part; the directory entry too."""
    path = root / relative
    made = [parent for parent in (path.parent, path.parent.parent) if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    order = [("enterprise_id", "ascending"), (kind.occurred, "ascending")]
    ordered = rows.sort_by(order + [(name, "ascending") for name in kind.natural_key if name not in dict(order)])
    with path.open("wb") as file:
        pq.write_table(
            ordered,
            file,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
            write_statistics=True,
            store_schema=True,
        )
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)
    for parent in made:
        sync(parent.parent)
    return Part(relative, len(ordered), path.stat().st_size)


def read_parts(
    root: Path, kind: RecordKind, parts: Sequence[Part], enterprises: Sequence[str] | None = None
) -> pa.Table:
    """The rows of some parts, only those of the enterprises if given (row groups without any are not read)."""
    wanted = None if enterprises is None else pa.array(sorted(set(enterprises)), pa.string())
    tables = [table for part in parts if (table := read_part(root / part.path, kind, wanted)) is not None]
    return pa.concat_tables(tables) if tables else kind.schema.empty_table()


def read_part(path: Path, kind: RecordKind, wanted: pa.Array | None) -> pa.Table | None:
    """One part, or None if it has no row of the wanted enterprises."""
    try:
        with pq.ParquetFile(path) as file:
            if wanted is None:
                return file.read().select(kind.schema.names).cast(kind.schema)
            groups = groups_with(file, wanted)
            if not groups:
                return None
            rows = file.read_row_groups(groups, use_threads=False)
    except FileNotFoundError as error:
        raise missing_part(path) from error
    kept = rows.filter(pc.is_in(rows.column("enterprise_id"), wanted))
    return kept.select(kind.schema.names).cast(kind.schema)


def groups_with(file: pq.ParquetFile, wanted: pa.Array) -> list[int]:
    """Row groups whose range of enterprise ids holds one of the wanted (sorted) ids."""
    ids = wanted.to_pylist()
    column = file.schema_arrow.get_field_index("enterprise_id")
    groups = []
    for number in range(file.num_row_groups):
        statistics = file.metadata.row_group(number).column(column).statistics
        bounded = statistics is not None and statistics.has_min_max
        if not bounded or any(statistics.min <= enterprise <= statistics.max for enterprise in ids):
            groups.append(number)
    return groups


def missing_part(path: Path) -> LakeDamaged:
    """The error about a file that the manifest names and the disk does not have."""
    return LakeDamaged(
        "a part of the lake is missing",
        where=str(path),
        advice="Restore the directory from its backup, or import the records again into a new one",
    )
