"""The lake cut into another number of hash buckets: the same rows in other files, as one change.

Rows go from the old buckets to the new ones in pieces that fit into memory. The old files stay as those of any change
do, so that readers of this moment keep theirs. A run that reads one state of the lake for long says so (`reading`);
then nobody cuts the lake anew, since the run could not be resumed: its state would be left behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import pyarrow as pa

from models.errors import AssetlightError
from models.lake.lake import Lake, Writing
from models.lake.manifest import LakeBusy, LakeDamaged, Manifest, Part
from models.lake.parts import read_parts
from models.records import KINDS

MOST_BUCKETS = 65_536
ROWS_AT_ONCE = 4_000_000  # of one kind in memory


class BucketsNotPossible(AssetlightError):
    """A lake is asked for with no bucket at all, or with more than a directory bears."""


@dataclass(frozen=True)
class Rebucketed:
    """What became of the lake: its buckets and files before and after, and the rows that it holds."""

    buckets_before: int
    buckets: int
    files_before: int
    files: int
    rows: int

    @property
    def was_so(self) -> bool:
        """Whether nothing was to be done."""
        return self.buckets == self.buckets_before


def rebucket(lake: Lake, buckets: int, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Rebucketed:
    """Cut the lake into so many buckets, all of it or nothing. `progress` is told rows written and rows of all.

    No content changes, so no digest of an enterprise's inputs and no decision does. Raises BucketsNotPossible, LakeBusy
    where somebody writes or a run reads, LakeDamaged.
    """
    if not 1 <= buckets <= MOST_BUCKETS:
        raise BucketsNotPossible(
            "a lake has at least one bucket, and a directory for each kind and bucket",
            expected=f"1 to {MOST_BUCKETS:,} buckets",
            found=str(buckets),
            field="buckets",
        )
    with lake.writing() as writing, _alone(lake.root):
        before = writing.manifest
        if before.buckets != buckets:
            _recut(writing, buckets, progress)
            _check_complete(before, writing)
        rows, files = _counted(writing.parts)
        return Rebucketed(before.buckets, buckets, _counted(before.parts)[1], files, rows)


@contextmanager
def reading(root: Path) -> Iterator[None]:
    """Read one state of the lake below `root` for long. On storage that knows no locks nothing is kept away."""
    with ExitStack() as stack:
        with suppress(OSError):
            fcntl.flock(stack.enter_context(_directory(root)), fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with _directory(root) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LakeBusy(
                "a batch reads the lake, and could not be resumed on other buckets",
                where=str(root),
                expected="no batch under way",
                advice="Wait until it has ended, or cancel it, and try again",
            ) from error
        yield


@contextmanager
def _directory(root: Path) -> Iterator[int]:
    handle = os.open(root, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _recut(writing: Writing, buckets: int, progress: Callable[[int, int], None]) -> None:
    """Old buckets that share a remainder by the common divisor have the same new ones: those go together, so that a
    new bucket is one file of a kind wherever memory allows."""
    old, before = writing.parts, writing.buckets
    total, done = _counted(old)[0], 0
    writing.parts, writing.buckets = {}, buckets
    step = gcd(before, buckets)
    for name in sorted({kind for kind, _ in old}):
        kind = KINDS[name]
        for remainder in range(step):
            waiting: list[pa.Table] = []
            for number in range(remainder, before, step):
                for part in old.get((name, number), ()):
                    waiting.append(read_parts(writing.root, kind, [part]))
                    done += part.rows
                    if sum(map(len, waiting)) >= ROWS_AT_ONCE:
                        writing.spread(kind, pa.concat_tables(waiting))
                        waiting = []
                        progress(done, total)
            if waiting:
                writing.spread(kind, pa.concat_tables(waiting))
                progress(done, total)


def _check_complete(before: Manifest, writing: Writing) -> None:
    """Every row of every kind is there again."""
    for kind in before.kinds:
        held = sum(part.rows for part in before.of(kind))
        found = sum(part.rows for (name, _), parts in writing.parts.items() if name == kind for part in parts)
        if held != found:
            raise LakeDamaged(
                "a part of the lake holds another number of rows than the manifest says; nothing was changed",
                where=f"{writing.root}/{kind}",
                expected=f"{held:,} rows",
                found=f"{found:,} rows",
                advice="Restore the directory from its backup, or import the records again into a new one",
            )


def _counted(parts: Mapping[tuple[str, int], tuple[Part, ...]]) -> tuple[int, int]:
    """Rows and files."""
    each = [part for held in parts.values() for part in held]
    return sum(part.rows for part in each), len(each)
