"""Parquet files: columns come typed, in pieces of a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.sheets.errors import ParquetUnreadable
from models.sheets.header import trimmed_headers
from models.sheets.sheet import Sheet

PIECE_ROWS = 250_000


def parquet_sheets(path: Path) -> Iterator[Sheet]:
    """The rows of a Parquet file. Row 1 is the header, as a viewer of the same rows in a spreadsheet would count."""
    try:
        with pq.ParquetFile(path) as file:
            headers = trimmed_headers(file.schema_arrow.names)
            metadata = file.schema_arrow.metadata or {}
            number = 2
            for batch in file.iter_batches(PIECE_ROWS) if file.metadata.num_rows else no_rows(file.schema_arrow):
                columns = tuple(plain(column) for column in batch.columns)
                rows = np.arange(number, number + len(batch), dtype=np.int64)
                number += len(batch)
                yield Sheet(str(path), None, headers, columns, rows, metadata=metadata)
    except (pa.ArrowException, OSError) as error:
        raise ParquetUnreadable(
            "the Parquet file cannot be read: it is damaged or cut off",
            where=str(path),
            found=str(error).splitlines()[0],
            advice="Write it again",
        ) from error


def no_rows(schema: pa.Schema) -> list[pa.RecordBatch]:
    """One batch without rows: a system that exports every kind every day has files with nothing new in them."""
    return [pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)]


def plain(column: pa.Array) -> pa.Array:
    """Dictionary and large strings as plain strings; other types as they are."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column
