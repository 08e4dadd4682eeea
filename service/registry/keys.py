"""The key that seals records, and the mark of how far this data directory has seen the registry.

Both lie outside the database: whoever can write rows into it can neither seal one nor cut off the last ones unnoticed.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from models.bundle import REGISTRY_MARK
from models.durable import replace_durably
from service.registry.chain import Mark
from service.registry.errors import RegistryDamaged, RegistryKeyNotUsable

KEY_FILE = "registry.key"
SHORTEST_KEY = 16  # bytes


def read_key(home: Path, given: str | None) -> bytes | None:
    """The key from the settings, else from the data directory; None where there is none yet. RegistryKeyNotUsable."""
    if given is not None:
        return _checked(given.encode(), "ASSETLIGHT_REGISTRY_KEY")
    path = home / KEY_FILE
    return _checked(path.read_bytes().strip(), str(path)) if path.is_file() else None


def make_key(home: Path, name: str = KEY_FILE) -> bytes:
    """A new key in the data directory, readable by its owner only; the one that is there where another was faster."""
    path = home / name
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)  # appears whole, and never over another
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _checked(path.read_bytes().strip(), str(path))


def read_mark(home: Path) -> Mark | None:
    """The mark of the data directory; None before the first promotion. Raises RegistryDamaged."""
    path = home / REGISTRY_MARK
    try:
        tree = json.loads(path.read_text())
        return Mark(int(tree["sequence"]), str(tree["digest"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise RegistryDamaged(
            "the mark of the registry cannot be read",
            where=str(path),
            expected="a JSON object with sequence and digest",
            advice="restore it from the backup of the data directory",
        ) from None


def write_mark(home: Path, mark: Mark) -> None:
    """Move the mark forward, never back."""
    path = home / REGISTRY_MARK
    before = read_mark(home)
    if before is not None and before.sequence >= mark.sequence:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_durably(path, (json.dumps({"sequence": mark.sequence, "digest": mark.digest}) + "\n").encode())


def _checked(key: bytes, where: str) -> bytes:
    if len(key) < SHORTEST_KEY:
        raise RegistryKeyNotUsable(
            "the key of the registry is too short", expected=f"at least {SHORTEST_KEY} bytes", where=where
        )
    return key
