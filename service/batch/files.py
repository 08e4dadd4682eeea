"""Files of a run: written to a draft, on the disk in full, then renamed; what a full disk says."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import FileIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.batch.errors import BatchDiskFull

DRAFT = ".draft"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CHUNK = 1 << 20


@dataclass(frozen=True)
class Output:
    """A file of a run: path below the folder, rows, bytes, SHA-256."""

    path: str
    rows: int
    size: int
    sha256: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"path": self.path, "rows": self.rows, "bytes": self.size, "sha256": self.sha256}

    @classmethod
    def read(cls, facts: Mapping[str, object]) -> Output:
        """What `as_dict` gave."""
        return cls(str(facts["path"]), int(str(facts["rows"])), int(str(facts["bytes"])), str(facts["sha256"]))

    def is_whole(self, folder: Path) -> bool:
        """Whether the file is there, to the byte."""
        path = folder / self.path
        try:
            return path.stat().st_size == self.size and sha256_of(path) == self.sha256
        except OSError:
            return False


def write_rows(folder: Path, name: str, rows: pa.Table) -> Output:
    """A table as Parquet, `name` below the folder. The same table gives the same bytes. Raises BatchDiskFull."""
    texts = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]

    def fill(file: _Hashed) -> None:
        pq.write_table(rows, file, compression="zstd", compression_level=1, use_dictionary=texts, row_group_size=50_000)

    written = write_file(folder, name, fill)
    return Output(name, rows.num_rows, written.size, written.sha256)


def write_mapped(folder: Path, name: str, rows: pa.Table) -> Output:
    """A table as an Arrow file, not compressed, so that processes map it into memory. Raises BatchDiskFull."""

    def fill(file: _Hashed) -> None:
        with pa.ipc.new_file(file, rows.schema) as writer:
            writer.write_table(rows.combine_chunks())

    written = write_file(folder, name, fill)
    return Output(name, rows.num_rows, written.size, written.sha256)


def read_mapped(path: Path) -> pa.Table:
    """What `write_mapped` wrote; its pages are shared by all who read it."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def write_bytes(folder: Path, name: str, content: bytes) -> Output:
    """Some bytes, `name` below the folder. Raises BatchDiskFull."""
    return write_file(folder, name, lambda file: file.write_all(content))


def write_file(folder: Path, name: str, fill: Callable[[_Hashed], None]) -> Output:
    """A file that is there whole or not at all."""
    path = folder / name
    draft = path.with_name(f"{path.name}{DRAFT}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _Hashed(draft, "wb") as file:
            fill(file)
            os.fsync(file.fileno())
            size, digest = file.size, file.hash.hexdigest()
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise disk_full(error, path) or error from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Output(name, 0, size, digest)


def disk_full(error: OSError, path: Path) -> BatchDiskFull | None:
    """The error of a disk that takes no more; None for any other refusal."""
    if error.errno not in FULL:
        return None
    return BatchDiskFull(
        "the disk takes no more, so the run has stopped; every bucket that was done is whole",
        where=str(path),
        found=os.strerror(error.errno or 0),
        advice="Make room and run the same command again: it goes on with the bucket that did not fit",
    )


def remove_drafts(folder: Path) -> None:
    """What a killed process left half written."""
    for draft in folder.rglob(f"*{DRAFT}-*"):
        draft.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The digest of a file."""
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


class _Hashed(FileIO):
    """A file that is digested as it is written, from the first byte to the last."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self.hash = sha256()
        self.size = 0

    def write(self, content: object) -> int:
        """Write all of it; a disk that takes a part only has not taken it."""
        view = memoryview(content).cast("B")  # type: ignore[arg-type]
        self.write_all(view)
        return len(view)

    def write_all(self, content: bytes | memoryview) -> None:
        """The same, of bytes."""
        left = memoryview(content)
        self.hash.update(left)
        self.size += len(left)
        while left:
            left = left[super().write(left) :]
