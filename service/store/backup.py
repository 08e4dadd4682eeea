"""A copy of the SQLite store while others write to it, and the way back into an empty data directory."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL

from models.canonical import sha256_hex
from models.durable import sync
from models.errors import AssetlightError
from service.store.address import shown

BESIDE = ("-wal", "-shm", "-journal")  # files that SQLite keeps beside a database that is or was open
Check = Callable[[URL], None]  # raises where a copy is not to be trusted


class NotEmbedded(AssetlightError):
    """The store is not a SQLite file: its server has backups of its own."""


class WouldOverwrite(AssetlightError):
    """There is a file where a copy should go."""


class FolderMissing(AssetlightError):
    """The folder where a copy should go is not there."""


class BackupUnreadable(AssetlightError):
    """The file is no backup of a store."""


def back_up(address: URL, target: Path, check: Check) -> None:
    """Copy the database into one file that appears whole or not at all, checked before it appears.

    SQLite's online backup in one step: a moment of the database as it was, whoever writes meanwhile. Raises
    NotEmbedded, WouldOverwrite, FolderMissing, BackupUnreadable and what the check raises.
    """
    _copy(file_of(address), target, check)


def restore(source: Path, address: URL, check: Check) -> None:
    """Put a backup in the place of a store that is not there. Raises as `back_up` does."""
    target = file_of(address)
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(source, target, check)


def file_of(address: URL) -> Path:
    """The file of a SQLite database. Raises NotEmbedded."""
    if address.get_backend_name() != "sqlite" or not address.database:
        raise NotEmbedded(
            "only the SQLite store is backed up and restored by assetlight",
            found=shown(address),
            advice="use the backups of your PostgreSQL (pg_basebackup, pg_dump), then run: assetlight audit verify",
        )
    return Path(address.database)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256_hex(path.read_bytes())


def _copy(source: Path, target: Path, check: Check) -> None:
    refuse_overwriting(target)
    if not source.is_file():
        raise BackupUnreadable("there is no such file", where=str(source))
    require_folder(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        _copy_pages(source, draft)
        check(URL.create("sqlite", database=str(draft)))
        _as_one_file(draft)
        try:
            os.link(draft, target)  # unlike a rename, it never takes the place of a file that came meanwhile
        except FileExistsError:
            refuse_overwriting(target)
            raise
        sync(target.parent)
    finally:
        for name in ("", *BESIDE):
            Path(f"{draft}{name}").unlink(missing_ok=True)


def refuse_overwriting(target: Path) -> None:
    """Refuse a place where something is, or where something of a database is left. Raises WouldOverwrite."""
    for path in (target, *(Path(f"{target}{name}") for name in BESIDE)):
        if path.exists():
            raise WouldOverwrite(
                "there is a file already, and it is never overwritten",
                where=str(path),
                advice="choose another name, or move the file (and its -wal and -shm) away first",
            )


def require_folder(target: Path) -> None:
    """Refuse a place in a folder that is not there. Raises FolderMissing."""
    if not target.parent.is_dir():
        raise FolderMissing(
            "the folder where the copy should go is not there",
            where=str(target),
            expected=f"a folder {target.parent}",
            advice="make the folder first, or choose another",
        )


def _copy_pages(source: Path, draft: Path) -> None:
    try:
        reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        writing = sqlite3.connect(draft)
        try:
            reading.backup(writing)
        finally:
            writing.close()
            reading.close()
    except sqlite3.Error as error:
        raise BackupUnreadable("the database cannot be copied", where=str(source), found=str(error)) from None


def _as_one_file(draft: Path) -> None:
    """Nothing is left in files beside it, and all of it is on the disk."""
    connection = sqlite3.connect(draft)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    sync(draft)
