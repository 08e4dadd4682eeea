"""Sessions in one process do not see each other's names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from models.lake import Lake
from models.records import KINDS
from models.tables import Tables, input_digests
from models.tables.engine import session
from tests.record_rows import record_row, record_table


def test_names_are_private() -> None:
    """Tables, views and registered rows of one session are unknown to another, and gone when it ends."""
    with session() as first, session() as second:
        first.register("rows", pa.table({"a": [1]}))
        second.register("rows", pa.table({"a": [2]}))
        first.execute("CREATE TEMP TABLE kept AS SELECT a FROM rows")
        assert first.sql("SELECT a FROM rows").fetchall() == [(1,)]
        assert second.sql("SELECT a FROM rows").fetchall() == [(2,)]
        with pytest.raises(Exception, match="kept"):
            second.execute("SELECT * FROM kept")
    with session() as third, pytest.raises(Exception, match="rows"):
        third.execute("SELECT * FROM rows")


def test_threads_with_other_lakes_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Digests of several lakes, computed at once and again and again, are each lake's own."""
    kind = KINDS["invoice"]
    tables: list[Tables] = []
    for number in range(4):
        lake = Lake(tmp_path / f"o'{number}", buckets=2)
        lake.append("invoice", record_table(kind, [record_row(kind, enterprise_id="E", invoice_no=str(number))]))
        tables.append(lake.tables())

    def digest(number: int) -> str:
        return str(input_digests(tables[number], date(2024, 6, 1)).column("input_sha256")[0])

    alone = [digest(number) for number in range(4)]
    assert len(set(alone)) == 4
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(digest, [n % 4 for n in range(40)])) == [alone[n % 4] for n in range(40)]
