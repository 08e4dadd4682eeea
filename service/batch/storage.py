"""Folders that every machine sees: of a network file system as plain paths, everything else through fsspec by URL.

A plain path and `file://` are used as they are. Another URL (`s3://bank/month-end`, `sftp://host/bank`) is a `Storage`:
whole files are fetched from it and put there. Addresses of the service, keys and passwords come from fsspec's own
configuration (`~/.config/fsspec/`, variables `FSSPEC_S3_...`), never from the URL: the URL is written down in the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import fsspec

from models.errors import AssetlightError

FILE = "file://"
Found = TypeVar("Found")


class StorageUnusable(AssetlightError):
    """A folder cannot be reached, read or written through fsspec."""


class FileNotStored(AssetlightError):
    """A storage lacks a file that is needed, or has it in another length."""


def is_remote(place: str) -> bool:
    """Whether a place is reached through fsspec, and not as a path of this machine."""
    return "://" in place and not place.startswith(FILE)


def plain(place: str) -> str:
    """A place as a path of this machine, or as the URL that it is. Raises StorageUnusable at a password in it."""
    if place.startswith(FILE):
        return place.removeprefix(FILE)
    if is_remote(place) and "@" in urlsplit(place).netloc:
        raise StorageUnusable(
            "a URL with a name or password in it would be written down with the run",
            expected="a URL without anything before the host",
            where=urlsplit(place)._replace(netloc="...@" + urlsplit(place).netloc.rpartition("@")[2]).geturl(),
            advice="Put it into the configuration of fsspec: ~/.config/fsspec/*.json, or a variable such as "
            "FSSPEC_SFTP_USERNAME",
        )
    return place.rstrip("/")


@dataclass(frozen=True)
class Storage:
    """A folder by URL. Names are relative, with slashes."""

    url: str

    @cached_property
    def _root(self) -> tuple[Any, str]:
        try:
            system, path = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise StorageUnusable(
                "this kind of storage cannot be used here",
                where=self.url,
                found=str(error),
                advice="Install the package of fsspec for it on every machine, such as s3fs for s3://",
            ) from error
        except Exception as error:
            raise self._refused("reached", error) from error
        return system, str(path).rstrip("/")

    def read(self, name: str) -> bytes | None:
        """A file; None where there is none."""
        try:
            return self._asked("read", lambda system, path: bytes(system.cat_file(f"{path}/{name}")))
        except StorageUnusable as error:
            if self._is_absent(name, error):
                return None
            raise

    def size(self, name: str) -> int | None:
        """Bytes of a file; None where there is none."""

        def ask(system: Any, path: str) -> int:  # noqa: ANN401
            system.invalidate_cache()
            return int(system.size(f"{path}/{name}"))

        try:
            return self._asked("read", ask)
        except StorageUnusable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def fetch(self, name: str, to: Path, size: int | None = None) -> None:
        """Bring a file here, whole or not at all; one that is here in that size stays. Raises FileNotStored."""
        if to.exists() and (size is None or to.stat().st_size == size):
            return
        to.parent.mkdir(parents=True, exist_ok=True)
        draft = to.with_name(f".{to.name}.{os.getpid()}")
        try:
            self._asked("read", lambda system, path: system.get_file(f"{path}/{name}", str(draft)))
            if size is not None and draft.stat().st_size != size:
                raise FileNotStored(
                    "a file of the storage is cut short, or another one",
                    where=f"{self.url}/{name}", expected=f"{size} bytes", found=f"{draft.stat().st_size} bytes",
                    advice="Restore the file and run the same command again",
                )  # fmt: skip
            draft.replace(to)
        finally:
            draft.unlink(missing_ok=True)

    def put(self, name: str, content: bytes | Path) -> None:
        """Store a file. It may be seen half written; whoever reads it knows its digest."""

        def store(system: Any, path: str) -> None:  # noqa: ANN401
            place = f"{path}/{name}"
            folder = place.rpartition("/")[0]
            try:
                system.makedirs(folder, exist_ok=True)
            except Exception:  # another machine made it meanwhile, and some storages mind
                system.invalidate_cache()
                if not system.isdir(folder):
                    raise
            if isinstance(content, Path):
                system.put_file(str(content), place)
            else:
                system.pipe_file(place, content)

        self._asked("written", store)

    def remove(self, name: str) -> None:
        """Delete a file that is there."""
        self._asked("written", lambda system, path: system.rm_file(f"{path}/{name}"))

    def names(self, folder: str) -> list[str]:
        """The files below a folder, relative to it, sorted; none where there is no folder."""

        def ask(system: Any, path: str) -> list[str]:  # noqa: ANN401
            system.invalidate_cache()
            root = f"{path}/{folder}".rstrip("/")
            found = system.find(root) if system.isdir(root) else []
            start = len(str(system._strip_protocol(root))) + 1  # noqa: SLF001  (as fsspec's own tools do)
            return sorted(str(name)[start:] for name in found)

        return self._asked("read", ask)

    def _asked(self, what: str, ask: Callable[[Any, str], Found]) -> Found:
        system, path = self._root
        with self._refusals(what):
            return ask(system, path)

    @contextmanager
    def _refusals(self, what: str) -> Iterator[None]:
        try:
            yield
        except AssetlightError:
            raise
        except Exception as error:  # each kind of storage has its own
            raise self._refused(what, error) from error

    def _is_absent(self, name: str, error: StorageUnusable) -> bool:
        return isinstance(error.__cause__, FileNotFoundError) or self.size(name) is None

    def _refused(self, what: str, error: Exception) -> StorageUnusable:
        return StorageUnusable(
            f"the storage cannot be {what}",
            where=self.url,
            found=f"{type(error).__name__}: {str(error).split(chr(10), 1)[0]}",
            advice="Check the URL, the service and its keys, then run the same command again: what is done stays done",
        )
