"""Files of records for tests: the same rows as CSV with Chinese or English headers, as NDJSON, as Parquet."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.records.kind import RecordKind

FORMATS = ("csv_zh", "csv_en", "ndjson", "ndjson_gz", "parquet_text")
KNOWN_AT = "2024-05-01T09:00:00+08:00"  # the instant of tests.record_rows.LEARNED


def text_row(kind: RecordKind, **changes: str | None) -> dict[str, str]:
    """The kind's example as texts by key, with the day it was learned, and some cells changed."""
    return {key: text or "" for key, text in {**kind.example, "known_at": KNOWN_AT, **changes}.items()}


def write_rows(path: Path, kind: RecordKind, rows: Sequence[Mapping[str, str]], form: str) -> Path:
    """The rows in one of FORMATS, under `path` with the right ending."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if form.startswith("csv"):
        words = {field.key: field.zh if form == "csv_zh" else field.en for field in kind.fields}
        path = path.with_suffix(".csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([words.get(key, key) for key in keys])
            writer.writerows([row.get(key, "") for key in keys] for row in rows)
        return path
    if form.startswith("ndjson"):
        lines = "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows).encode()
        path = path.with_suffix(".ndjson.gz" if form == "ndjson_gz" else ".ndjson")
        path.write_bytes(gzip.compress(lines) if form == "ndjson_gz" else lines)
        return path
    path = path.with_suffix(".parquet")
    pq.write_table(pa.table({key: pa.array([row.get(key) for row in rows], pa.string()) for key in keys}), path)
    return path
