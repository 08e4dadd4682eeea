"""What a database needs that is not in it: the keys behind seals and signatures, and the files of cases.

The database itself says which key is the right one: secrets of subscriptions and seals of records are checked by it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, select

from models.canonical import canonical_json
from models.errors import AssetlightError
from service.outbox import signing
from service.outbox.signing import fingerprint, secret_of
from service.registry import keys as registry_keys
from service.registry.records import seal_of
from service.settings import Settings
from service.store.application_schema import APPLICATION_ATTACHMENTS
from service.store.backup import BackupUnreadable, WouldOverwrite
from service.store.outbox_schema import EVENT_SUBSCRIPTIONS
from service.store.schema import MODEL_RECORDS

EVENTS, REGISTRY = signing.KEY_FILE, registry_keys.KEY_FILE
SETTING = {EVENTS: "ASSETLIGHT_EVENTS_KEY", REGISTRY: "ASSETLIGHT_REGISTRY_KEY"}
FORM = "assetlight-keys-1"
ENDING = ".keys"  # of the file of keys beside a copy
State = Literal["right", "missing", "another"]


class KeyNotThere(AssetlightError):
    """A key that the database needs is missing, or is another than the one it was used with."""


@dataclass(frozen=True)
class KeyNeeded:
    """A key that a database needs: what for, whether the one at hand is right, and where that one came from."""

    name: str
    needed_by: str
    state: State
    kept_in: str | None  # the setting or the file; None where there is none


def keys_needed(connection: Connection, settings: Settings) -> list[KeyNeeded]:
    """The keys without which a database cannot be used wholly, held against those at hand."""
    found = []
    tables = set(inspect(connection).get_table_names())
    if EVENT_SUBSCRIPTIONS.name in tables:
        columns = EVENT_SUBSCRIPTIONS.c
        query = select(columns.id, columns.secret_sha256).where(columns.removed_at.is_(None))
        secrets = [tuple(row) for row in connection.execute(query)]
        key, place = _at_hand(EVENTS, settings)
        right = key is not None and all(fingerprint(secret_of(key, name)) == sha256 for name, sha256 in secrets)
        if secrets:
            found.append(KeyNeeded(EVENTS, f"{len(secrets)} event subscriptions", _state(key, right=right), place))
    if MODEL_RECORDS.name in tables:
        seals = [tuple(row) for row in connection.execute(select(MODEL_RECORDS.c.digest, MODEL_RECORDS.c.seal))]
        key, place = _at_hand(REGISTRY, settings)
        right = key is not None and any(seal_of(digest, key) == seal for digest, seal in seals)
        if seals:
            found.append(KeyNeeded(REGISTRY, f"{len(seals)} records about models", _state(key, right=right), place))
    return found


def require_keys(needed: Sequence[KeyNeeded]) -> None:
    """Refuse a backup that could never be used wholly. Raises KeyNotThere."""
    for one in needed:
        if one.state != "right":
            raise KeyNotThere(
                f"{one.needed_by} need a key that is {one.state}: a backup without it would lose them in silence",
                expected=f"{one.name} in the data directory, or {SETTING[one.name]}",
                found=one.kept_in,
                advice="set the key, or say --without-keys if it is kept elsewhere",
            )


def take_keys(home: Path, target: Path) -> list[str]:
    """Write the key files of a data directory into one file that its owner alone reads; gives their names.

    Makes no file where there is no key. Raises WouldOverwrite.
    """
    texts = {name: (home / name).read_text().strip() for name in (EVENTS, REGISTRY) if (home / name).is_file()}
    if texts:
        _write(target, canonical_json({"form": FORM, "keys": texts}) + b"\n")
    return sorted(texts)


def read_keys(path: Path) -> Mapping[str, str]:
    """The keys of a file of keys. Raises BackupUnreadable."""
    try:
        facts = json.loads(path.read_bytes())
        keys = {name: text for name, text in facts["keys"].items() if name in SETTING and isinstance(text, str)}
        known = facts["form"] == FORM
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known, keys = False, {}
    if not known:
        raise BackupUnreadable("the file holds no keys", where=str(path), expected=f"a file of form {FORM}")
    return keys


def require_room(home: Path, keys: Mapping[str, str]) -> None:
    """Refuse where another key lies where one should go. Raises WouldOverwrite."""
    for name, text in keys.items():
        path = home / name
        if path.exists() and path.read_text().strip() != text:
            raise WouldOverwrite(
                "there is another key already, and it is never overwritten",
                where=str(path),
                advice="move it away first, or restore into another data directory",
            )


def put_keys(home: Path, keys: Mapping[str, str]) -> list[str]:
    """Put keys where the service looks for them, readable by their owner alone; gives their names."""
    require_room(home, keys)
    for name, text in keys.items():
        if not (home / name).exists():
            _write(home / name, text.encode())
    return sorted(keys)


def attachments_missing(connection: Connection, folder: Path) -> int:
    """How many files that cases name are not in the folder of attachments."""
    if not inspect(connection).has_table(APPLICATION_ATTACHMENTS.name):
        return 0
    names = connection.execute(select(APPLICATION_ATTACHMENTS.c.sha256).distinct()).scalars()
    return sum(not (folder / name[:2] / name).is_file() for name in names)


def _state(key: bytes | None, *, right: bool) -> State:
    return "missing" if key is None else "right" if right else "another"


def _at_hand(name: str, settings: Settings) -> tuple[bytes | None, str | None]:
    given = settings.events_key if name == EVENTS else settings.registry_key
    if given is not None:
        return given.get_secret_value().encode(), SETTING[name]
    path = settings.home / name
    return (path.read_bytes().strip(), str(path)) if path.is_file() else (None, None)


def _write(path: Path, content: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise WouldOverwrite(
            "there is a file already, and it is never overwritten", where=str(path), advice="move it away first"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
