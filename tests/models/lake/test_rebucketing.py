"""A lake cut anew: the same rows in other buckets, all of it or nothing, and never under somebody who reads it long."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lake import BucketsNotPossible, Lake, LakeBusy, LakeDamaged, bucket_of, reading, rebucket
from models.lake import rebucketing as rebucketing_module
from models.tables import Tables
from tests.lake_rows import batch
from tests.models.lake import test_lake
from tests.models.lake.test_lake import invoices


def content(tables: Tables) -> list[tuple[object, ...]]:
    """Every stored invoice, sorted, without the number of the bucket that its path says."""
    return sorted((row[:-1] for row in test_lake.content(tables)), key=str)


def stocked(home: Path, buckets: int) -> Lake:
    """Some deliveries with corrections, so that buckets hold several parts and superseded rows."""
    lake = Lake(home, buckets=buckets)
    for start in range(0, 90, 30):
        lake.append("invoice", invoices(start, 30))
    lake.append("invoice", invoices(5, 20, status="void", known_at=datetime(2024, 7, 1, tzinfo=UTC)))
    lake.append("payment", batch(kind="payment"))
    return lake


@settings(max_examples=12, deadline=None)
@given(before=st.integers(1, 12), after=st.integers(1, 40), held=st.sampled_from([1, 7, 10**6]))
def test_no_row_changes_whatever_the_numbers(
    tmp_path_factory: pytest.TempPathFactory, before: int, after: int, held: int
) -> None:
    """Multiples, divisors and numbers without a common one, in any pieces; each row lies in the bucket of its id."""
    lake = stocked(tmp_path_factory.mktemp("lake"), before)
    rows = content(lake.tables())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rebucketing_module, "ROWS_AT_ONCE", held)
        done = rebucket(lake, after)
    assert (done.buckets_before, done.buckets, done.was_so) == (before, after, before == after)
    assert content(lake.tables()) == rows
    assert done.rows == sum(part.rows for kind in lake.manifest().kinds for part in lake.manifest().of(kind))
    assert lake.buckets == Lake(lake.root.parent, buckets=99).buckets == after
    for number in range(after):
        assert {bucket_of(str(row[0]), after) for row in content(lake.bucket(number))} <= {number}


def test_what_is_delivered_later_goes_into_the_new_buckets(tmp_path: Path) -> None:
    """The same rows again are duplicates, a correction finds what it corrects."""
    lake = stocked(tmp_path, 2)
    rebucket(lake, 7)
    assert lake.append("invoice", invoices(0, 90)).added == 0
    fixed = lake.append("invoice", invoices(60, 1, status="void", known_at=datetime(2024, 8, 1, tzinfo=UTC)))
    assert (fixed.added, fixed.corrections) == (1, 1)
    assert lake.buckets == 7


def test_the_same_number_changes_no_byte(tmp_path: Path) -> None:
    """Neither the manifest nor a file."""
    lake = stocked(tmp_path, 4)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert rebucket(lake, 4).was_so
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_empty_lake_is_made_with_the_number(tmp_path: Path) -> None:
    """Before anything was imported."""
    rebucket(Lake(tmp_path), 64)
    assert Lake(tmp_path).buckets == 64
    Lake(tmp_path).append("invoice", invoices(0, 10))
    assert Lake(tmp_path).buckets == 64


def test_a_reader_keeps_its_files(tmp_path: Path) -> None:
    """Whoever was given files before the change reads them to the end, and a pinned lake its own buckets."""
    lake = stocked(tmp_path, 3)
    given_before, pinned = lake.tables(), lake.pinned()
    rows = content(given_before)
    rebucket(lake, 11)
    assert content(given_before) == rows
    assert pinned.buckets == 3
    assert sorted((row for number in range(3) for row in content(pinned.bucket(number))), key=str) == rows


def test_it_waits_for_nobody_it_would_harm(tmp_path: Path) -> None:
    """A writer or somebody who reads for long: refused with the reason, nothing changed; afterwards it goes."""
    lake = Lake(tmp_path, buckets=2, wait_s=0.1)
    lake.append("invoice", invoices(0, 10))
    with FileLock(lake.root / "writer.lock"), pytest.raises(LakeBusy, match="another process is writing"):
        rebucket(lake, 4)
    with reading(lake.root), reading(lake.root), pytest.raises(LakeBusy, match="a batch reads the lake"):
        rebucket(lake, 4)
    assert lake.buckets == 2
    assert rebucket(lake, 4).buckets == 4
    with reading(tmp_path / "nowhere"):
        pass


@pytest.mark.parametrize("buckets", [0, -1, 65_537])
def test_impossible_numbers_are_refused(tmp_path: Path, buckets: int) -> None:
    """With what is possible."""
    with pytest.raises(BucketsNotPossible, match="1 to 65,536"):
        rebucket(Lake(tmp_path), buckets)


def test_rows_that_are_not_there_stop_it(tmp_path: Path) -> None:
    """A file with fewer rows than the manifest says is damage, found before the old state is left."""
    lake = stocked(tmp_path, 2)
    first = lake.manifest().of("invoice")[0].path
    (lake.root / first).write_bytes((lake.root / lake.manifest().of("invoice")[-1].path).read_bytes())
    with pytest.raises(LakeDamaged, match="another number of rows"):
        rebucket(lake, 8)
    assert lake.buckets == 2


KILLED = """
import os, signal, sys
from pathlib import Path
import models.lake.lake as lake_module, models.lake.manifest as manifest, models.lake.parts as parts
from models.lake import rebucket

home, at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0

def around(module, name):
    original = getattr(module, name)
    def stepped(*arguments, **options):
        global steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)
    setattr(module, name, stepped)

around(os, "fsync"); around(os, "replace"); around(parts.pq, "write_table")
around(lake_module, "write_manifest"); around(lake_module.Writing, "remove_leftovers")
rebucket(lake_module.Lake(home), 5)
print(steps)
"""


def killed_at(home: Path, step: int) -> subprocess.CompletedProcess[str]:
    """Cut anew in a process of its own that kills itself at a step (0: never)."""
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(home), str(step)],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_a_crash_leaves_the_old_or_the_new_buckets(tmp_path: Path) -> None:
    """Killed (SIGKILL) before a write, sync, swap or removal: one of the two states, and the next attempt succeeds."""

    def small(name: str) -> Lake:
        lake = Lake(tmp_path / name, buckets=2)
        lake.append("invoice", batch())
        return lake

    rows = content(small("whole").tables())
    finished = killed_at(tmp_path / "whole", 0)
    assert finished.returncode == 0, finished.stderr
    steps = int(finished.stdout)
    seen = set()
    for step in (1, 2, steps // 2, steps - 3, steps - 1, steps):
        lake = small(str(step))
        assert killed_at(tmp_path / str(step), step).returncode == -9
        assert content(lake.tables()) == rows
        seen.add(lake.buckets)
        assert rebucket(lake, 5).buckets == 5
        assert content(lake.tables()) == rows
        on_disk = {path.relative_to(lake.root).as_posix() for path in lake.root.rglob("*.parquet")}
        assert on_disk == lake.manifest().paths()
    assert seen == {2, 5}
