"""Files that survive: the old content or the new, and the disk is waited for in the right order."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from models.durable import replace_durably, sync, write_durably


def test_a_reader_sees_the_old_or_the_new(tmp_path: Path) -> None:
    """Where the disk takes no more, the old content stands and nothing is left beside it."""
    path = tmp_path / "state"
    replace_durably(path, b"old")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(os, "fsync", _full)
        with pytest.raises(OSError, match="No space"):
            replace_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["state"]
    replace_durably(path, b"new")
    assert path.read_bytes() == b"new"


def test_the_bytes_are_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the file, then its directory: a name without bytes would be an empty file after a power cut."""
    synced: list[str] = []
    real = os.fsync

    def watched(handle: int) -> None:
        synced.append("directory" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        if synced[-1] == "file":
            assert not (tmp_path / "state").exists()
        real(handle)

    monkeypatch.setattr(os, "fsync", watched)
    replace_durably(tmp_path / "state", b"new")
    assert synced == ["file", "directory"]


def test_bytes_alone_and_a_directory(tmp_path: Path) -> None:
    """Parts of what gets its name at once."""
    write_durably(tmp_path / "part", b"\x00\x01")
    sync(tmp_path)
    assert (tmp_path / "part").read_bytes() == b"\x00\x01"


def _full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
