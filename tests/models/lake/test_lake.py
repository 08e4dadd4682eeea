"""The lake: what was appended can be read, one change is seen whole or not at all, and nothing depends on division."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from filelock import FileLock

from models.lake import Lake, LakeBusy, LakeDamaged, bucket_of
from models.lake import lake as lake_module
from models.records import KINDS
from models.tables import ParquetFiles, Tables
from tests.record_rows import record_row, record_table

INVOICE = KINDS["invoice"]


def invoices(first: int, count: int, **changes: object) -> pa.Table:
    """Invoices numbered from `first`, of enterprises E0 to E9 in turn."""
    rows = [
        record_row(INVOICE, enterprise_id=f"E{n % 10}", invoice_no=str(n), **changes)
        for n in range(first, first + count)
    ]
    return record_table(INVOICE, rows)


def content(tables: Tables) -> list[tuple[object, ...]]:
    """Every stored invoice, sorted."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables.attach(connection)
        table = connection.sql("SELECT * FROM invoice ORDER BY ALL").to_arrow_table()
    return [tuple(row.values()) for row in table.to_pylist()]


def test_what_was_appended_can_be_read(tmp_path: Path) -> None:
    """All enterprises as files, one as a table, one bucket: the same rows."""
    lake = Lake(tmp_path, buckets=4)
    assert lake.append("invoice", invoices(0, 100)).added == 100
    assert lake.enterprises() == [f"E{n}" for n in range(10)]
    assert isinstance(lake.tables().by_kind["invoice"], ParquetFiles)
    one = lake.tables(enterprises=["E3"]).by_kind["invoice"]
    assert isinstance(one, pa.Table)
    assert one.schema == INVOICE.schema
    assert {row["invoice_no"] for row in one.to_pylist()} == {str(n) for n in range(3, 100, 10)}
    by_bucket = [row for number in range(4) for row in content(lake.bucket(number))]
    assert sorted(by_bucket, key=str) == sorted(content(lake.tables()), key=str)


def test_an_empty_lake_has_no_kinds(tmp_path: Path) -> None:
    """No feed is connected: that is not the same as empty."""
    lake = Lake(tmp_path)
    assert lake.tables().by_kind == {}
    assert lake.enterprises() == []
    assert not tmp_path.joinpath("lake").exists()
    lake.append("invoice", invoices(0, 1))
    assert len(lake.tables(enterprises=["nobody"]).by_kind["invoice"]) == 0  # type: ignore[arg-type]
    assert lake.tables(kinds=["payment"]).by_kind == {}


def test_the_bucket_of_an_enterprise_never_changes(tmp_path: Path) -> None:
    """Pinned values: another hash would lose every stored enterprise. The count is fixed when the lake is made."""
    assert [bucket_of(name, 16) for name in ("E1", "E2", "914403001922038216", "企业")] == [14, 8, 2, 14]
    Lake(tmp_path, buckets=4).append("invoice", invoices(0, 10))
    assert Lake(tmp_path, buckets=32).buckets == 4


def test_the_same_rows_again_change_no_byte(tmp_path: Path) -> None:
    """The manifest, and so the state, stays as it is; so do the files."""
    lake = Lake(tmp_path)
    lake.append("invoice", invoices(0, 50))
    manifest = tmp_path / "lake" / "manifest.json"
    before, files = manifest.read_bytes(), sorted(tmp_path.rglob("*.parquet"))
    receipt = lake.append("invoice", invoices(0, 50))
    assert (receipt.added, receipt.duplicates, receipt.corrections) == (0, 50, 0)
    assert manifest.read_bytes() == before
    assert sorted(tmp_path.rglob("*.parquet")) == files


def test_a_correction_supersedes_the_older_version(tmp_path: Path) -> None:
    """The new version is added, the old one ends when the new one was learned, and the others stay."""
    lake = Lake(tmp_path)
    lake.append("invoice", invoices(0, 20))
    later = datetime(2024, 7, 1, tzinfo=UTC)
    receipt = lake.append("invoice", invoices(5, 1, status="void", known_at=later))
    assert (receipt.added, receipt.duplicates, receipt.corrections) == (1, 0, 1)
    rows = lake.tables(enterprises=["E5"]).by_kind["invoice"].to_pylist()  # type: ignore[union-attr]
    assert {(r["invoice_no"], r["status"]): r["superseded_at"] for r in rows} == {
        ("5", "valid"): later,
        ("5", "void"): None,
        ("15", "valid"): None,
    }
    assert len(content(lake.tables())) == 21


def test_any_division_and_order_give_the_same_content(tmp_path: Path) -> None:
    """Deliveries of any size in any order, with repeats and corrections, leave the same rows."""
    fixes = invoices(0, 30, status="void", known_at=datetime(2024, 7, 1, tzinfo=UTC))
    every = pa.concat_tables([invoices(0, 80), fixes, invoices(20, 30)])
    whole = Lake(tmp_path / "whole", buckets=3)
    whole.append("invoice", every)
    expected = content(whole.tables())
    for seed in range(3):
        order = random.Random(seed)  # noqa: S311
        rows = every.take(order.sample(range(len(every)), len(every)))
        lake = Lake(tmp_path / str(seed), buckets=3)
        start = 0
        while start < len(rows):
            size = order.randint(1, 60)
            lake.append("invoice", rows.slice(start, size))
            start += size
        assert content(lake.tables()) == expected


def test_several_kinds_are_one_change(tmp_path: Path) -> None:
    """Either all appends of a change are seen or, if it fails, none; and no file of it is left."""
    lake = Lake(tmp_path)
    lake.append("invoice", invoices(0, 5))
    before = content(lake.tables())

    def fails() -> None:
        with lake.writing() as writing:
            writing.append("invoice", invoices(5, 5))
            writing.append("payment", record_table(KINDS["payment"]))
            assert content(lake.tables()) == before
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fails()
    assert content(lake.tables()) == before
    assert len(list(tmp_path.rglob("*.parquet"))) == len(lake.manifest().of("invoice"))
    with lake.writing() as writing:
        writing.append("invoice", invoices(5, 5))
        writing.append("invoice", invoices(5, 6))
        writing.append("payment", record_table(KINDS["payment"]))
    assert set(lake.tables().by_kind) == {"invoice", "payment"}
    assert len(content(lake.tables())) == 11


def test_a_reader_keeps_its_files(tmp_path: Path) -> None:
    """What a reader was given stays readable while later changes rewrite the bucket."""
    lake = Lake(tmp_path, buckets=1)
    lake.append("invoice", invoices(0, 10))
    given = lake.tables()
    before = content(given)
    for day in range(1, 4):
        lake.append("invoice", invoices(0, 1, tax_fen=day, known_at=datetime(2024, 7, day, tzinfo=UTC)))
    assert content(given) == before
    for day in range(4, 20):
        lake.append("invoice", invoices(0, 1, tax_fen=day, known_at=datetime(2024, 7, day, tzinfo=UTC)))
    assert len(list(tmp_path.rglob("*.parquet"))) < 40


def test_many_small_parts_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket of too many parts is rewritten, with the same rows."""
    monkeypatch.setattr(lake_module, "MOST_PARTS", 5)
    lake = Lake(tmp_path, buckets=1)
    for n in range(6):
        lake.append("invoice", invoices(n, 1))
    assert len(lake.manifest().of("invoice")) == 1
    assert len(content(lake.tables())) == 6


def test_a_second_writer_waits_and_then_says_so(tmp_path: Path) -> None:
    """While another process holds the lock the writer stops with one clear message; readers do not mind."""
    lake = Lake(tmp_path, wait_s=0.1)
    lake.append("invoice", invoices(0, 1))
    with FileLock(tmp_path / "lake" / "writer.lock"), pytest.raises(LakeBusy, match="another process is writing"):
        lake.append("invoice", invoices(1, 1))
    assert len(content(lake.tables())) == 1


def test_damage_is_named(tmp_path: Path) -> None:
    """A lost part and a spoiled manifest stop with the path, not with a half answer."""
    lake = Lake(tmp_path)
    lake.append("invoice", invoices(0, 3))
    part = tmp_path / "lake" / lake.manifest().of("invoice")[0].path
    part.rename(part.with_suffix(".away"))
    with pytest.raises(LakeDamaged, match=part.name):
        lake.tables()
    (tmp_path / "lake" / "manifest.json").write_text("{}")
    with pytest.raises(LakeDamaged, match="manifest"):
        lake.tables()


WRITER = """
import sys, os, signal
from datetime import UTC, datetime
from pathlib import Path
import models.lake.lake as lake_module, models.lake.manifest as manifest, models.lake.parts as parts
from tests.lake_rows import batch

home, at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0

def step(*_):
    global steps
    steps += 1
    if steps == at:
        os.kill(os.getpid(), signal.SIGKILL)

def around(module, name):
    original = getattr(module, name)
    def stepped(*arguments, **options):
        step()
        result = original(*arguments, **options)
        step()
        return result
    setattr(module, name, stepped)

around(os, "fsync"); around(os, "replace"); around(parts.pq, "write_table")
around(lake_module, "write_manifest"); around(lake_module.Writing, "remove_leftovers")
with lake_module.Lake(home, buckets=2).writing() as writing:
    writing.append("invoice", batch(new=True))
    writing.append("payment", batch(kind="payment"))
print(steps)
"""


def killed_at(home: Path, step: int) -> subprocess.CompletedProcess[str]:
    """Run the writer in a process of its own that kills itself at a step (0: never)."""
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(
        [sys.executable, "-c", WRITER, str(home), str(step)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )


def test_a_crash_leaves_the_old_or_the_new_state(tmp_path: Path) -> None:
    """A writer killed (SIGKILL) before or after any write, sync, swap or removal leaves one of the two states, and the
    next writer succeeds and removes what is left over."""
    from tests.lake_rows import batch  # noqa: PLC0415

    def prepared(name: str) -> Lake:
        lake = Lake(tmp_path / name, buckets=2)
        lake.append("invoice", batch(new=False))
        return lake

    whole = prepared("whole")
    old = content(whole.tables())
    finished = killed_at(tmp_path / "whole", 0)
    assert finished.returncode == 0, finished.stderr
    steps = int(finished.stdout)
    new = content(whole.tables())
    assert len(new) > len(old)
    seen = set()
    for step in sorted({1, 2, *random.Random(steps).sample(range(1, steps + 1), 8), *range(steps - 7, steps + 1)}):  # noqa: S311
        lake = prepared(str(step))
        assert killed_at(tmp_path / str(step), step).returncode == -9
        state = content(lake.tables())
        assert state in (old, new), step
        assert ("payment" in lake.tables().by_kind) == (state == new)
        seen.add(state == new)
        with lake.writing() as writing:
            writing.append("invoice", batch(new=True))
            writing.append("payment", batch(kind="payment"))
        assert content(lake.tables()) == new
        on_disk = {path.relative_to(lake.root).as_posix() for path in lake.root.rglob("*.parquet")}
        assert on_disk == lake.manifest().paths() & on_disk
        assert {part.path for kind in lake.manifest().kinds for part in lake.manifest().of(kind)} <= on_disk
    assert seen == {True, False}


def test_days_are_kept_as_days(tmp_path: Path) -> None:
    """Types survive the way through a file: instants in UTC to the microsecond, days, fen."""
    lake = Lake(tmp_path)
    known = datetime(2024, 6, 1, 1, 2, 3, 4, tzinfo=UTC)
    rows = record_table(INVOICE, [record_row(INVOICE, known_at=known, issued_on=date(2024, 2, 29), tax_fen=-(10**17))])
    lake.append("invoice", rows)
    (row,) = lake.tables(enterprises=lake.enterprises()).by_kind["invoice"].to_pylist()  # type: ignore[union-attr]
    assert (row["known_at"], row["issued_on"], row["tax_fen"]) == (known, date(2024, 2, 29), -(10**17))
    assert row["known_at"] - known == timedelta(0)
