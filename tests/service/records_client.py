"""A client of the real application that posts batches, on a clock that the test moves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from httpx2 import Response

from models.lake import Lake
from models.records.kind import RecordKind
from service.api.record_messages import example_record
from service.bootstrap import build
from service.settings import read_settings
from tests.service.callers import client_of

START = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)  # after every kind's example
NDJSON = "application/x-ndjson"


class MovingClock:
    """The service's clock; `pass_time` moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


class RecordsClient:
    """Posts batches to an application on a data directory."""

    def __init__(self, home: Path, clock: MovingClock | None = None, **settings: Any) -> None:
        self.home = home
        self.clock = clock or MovingClock()
        self.service = build(read_settings(home=home, development_issuer=True, **settings), self.clock)
        self.http = client_of(self.service)

    def post(self, kind: RecordKind | str, rows: Sequence[Any], key: str | None = None, **query: str) -> Response:
        """Rows as a JSON batch."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(path_of(kind), json={"rows": list(rows)}, params=query, headers=headers)

    def post_lines(self, kind: RecordKind | str, lines: Sequence[bytes | dict[str, Any]], **query: str) -> Response:
        """Rows as NDJSON; bytes go as they are."""
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        return self.post_bytes(kind, b"".join(line + b"\n" for line in raw), NDJSON, **query)

    def post_bytes(self, kind: RecordKind | str, content: Any, media_type: str, **query: str) -> Response:
        """Any body."""
        return self.http.post(path_of(kind), content=content, params=query, headers={"Content-Type": media_type})

    def stored(self, kind: RecordKind) -> list[dict[str, Any]]:
        """All versions of a kind, oldest first."""
        source = Lake(self.home).tables([kind.name]).by_kind.get(kind.name)
        if source is None:
            return []
        table = (
            source if isinstance(source, pa.Table) else pa.concat_tables(pq.read_table(path) for path in source.paths)
        )
        return sorted(table.to_pylist(), key=lambda row: row["known_at"])

    def quarantine(self, answer: dict[str, Any]) -> list[dict[str, str]]:
        """The quarantine file that an answer names, fetched."""
        fetched = self.http.get(answer["quarantine"]["href"])
        assert fetched.status_code == 200
        assert fetched.headers["content-type"].startswith("text/csv")
        lines = csv.DictReader(io.StringIO(fetched.content.decode("utf-8-sig"), newline=""))
        return [{header.split(" ")[0]: cell for header, cell in line.items()} for line in lines]


def path_of(kind: RecordKind | str) -> str:
    """The path of a kind's batches."""
    return f"/v1/records/{kind if isinstance(kind, str) else kind.name}"


def row_of(kind: RecordKind, **changes: Any) -> dict[str, Any]:
    """The kind's example as a request brings it, with some values changed; `...` leaves one out."""
    return {key: value for key, value in {**example_record(kind), **changes}.items() if value is not ...}


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """Accepted, duplicate, quarantined and corrected rows; they are checked to add up."""
    parts = [answer[name] for name in ("accepted", "duplicates", "quarantined")]
    assert sum(parts) + answer["withheld"] == answer["received"]
    return parts[0], parts[1], parts[2], answer["corrections"]
