"""What is reached by URL only, fetched to this machine.

Whole files are fetched, once for all processes of a machine: part files never change, so a file that is there in its
length is the file. Everything that reads them reads plain paths.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from models.errors import AssetlightError
from models.lake import Lake, Manifest, Neighbourhood, Part
from service.batch.storage import Storage, is_remote, plain

HELD = ".held"


class CacheNotOwn(AssetlightError):
    """The folder for fetched files belongs to somebody else."""


def lake_at(place: str, manifest: Manifest, neighbourhood: Neighbourhood | None = None) -> Lake:
    """A state of the lake below a data directory, by path or by URL."""
    place = plain(place)
    if not is_remote(place):
        return Lake(place, pinned=manifest, neighbourhood=neighbourhood)
    storage, here = Storage(place), fetched_folder(f"{place} {sha256(manifest.to_bytes()).hexdigest()}")

    def bring(parts: Sequence[Part]) -> None:
        for part in parts:
            storage.fetch(f"lake/{part.path}", here / "lake" / part.path, part.size_bytes)

    return Lake(here, pinned=manifest, neighbourhood=neighbourhood, bring=bring)


@lru_cache(maxsize=8)
def fetched_folder(name: str) -> Path:
    """Where this machine keeps what it fetched under a name. It is held as long as a process uses it; folders that
    nobody holds any more, such as those of killed processes, are removed by the next one that comes or goes."""
    root = Path(tempfile.gettempdir()) / f"assetlight-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise CacheNotOwn("the folder for fetched files belongs to somebody else", where=str(root))
    with _turn(root):
        own = root / sha256(name.encode()).hexdigest()[:24]
        own.mkdir(exist_ok=True)
        handle = os.open(own / HELD, os.O_RDWR | os.O_CREAT)
        fcntl.flock(handle, fcntl.LOCK_SH)
        _remove_unheld(root)
    atexit.register(_leave, root, handle)
    return own


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    """Nobody comes while abandoned folders are removed."""
    with (root / ".turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _leave(root: Path, handle: int) -> None:
    os.close(handle)
    with suppress(OSError), _turn(root):
        _remove_unheld(root)


def _remove_unheld(root: Path) -> None:
    for folder in root.iterdir():
        if folder.is_dir():
            handle = os.open(folder / HELD, os.O_RDWR | os.O_CREAT)
            with suppress(OSError):  # somebody reads there
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)
