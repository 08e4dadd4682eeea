"""Files that survive a power cut: on the disk before anybody is told of them, and whole under their name or not there.

`fsync` of a file does not keep its name: the directory has to be synced too (fsync(2), "Notes").
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import get_ident


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and wait until its bytes are on the disk. Its name is not yet: see `sync`."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def replace_durably(path: Path, content: bytes) -> None:
    """Give a file new content: a reader, or a machine that comes up again, sees the old or the new, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.draft")
    try:
        write_durably(draft, content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
