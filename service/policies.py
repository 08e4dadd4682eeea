"""The policy in force on a day: read once per day asked for, together with the files that say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from models.errors import AssetlightError
from models.policy import Policy, load_policy
from models.policy.load import DEFAULTS

DAYS_REMEMBERED = 64
ATTEMPTS = 3


class PolicyChanging(AssetlightError):
    """The policy's files were being changed while they were read."""


@dataclass(frozen=True)
class PolicyFiles:
    """The text of every file of the policy by its path: first the defaults, then each folder laid over them."""

    folders: tuple[tuple[str, Mapping[str, bytes]], ...]


def policy_on(day: date, overlay: Path | None = None) -> Policy:
    """The bank's policy on a day, with the bank's own folder over the defaults if there is one.

    Its files are part of the release or of the deployment, so a running process does not look again.
    """
    return _loaded(day, overlay)[0]


def policy_files(day: date, overlay: Path | None = None) -> PolicyFiles:
    """The very files that `policy_on` read for that day."""
    return _loaded(day, overlay)[1]


@lru_cache(maxsize=DAYS_REMEMBERED)
def _loaded(day: date, overlay: Path | None) -> tuple[Policy, PolicyFiles]:
    overlays = [] if overlay is None else [overlay]
    before = _read(overlays)
    for _ in range(ATTEMPTS):
        policy, after = load_policy(day, overlays), _read(overlays)
        if after == before:
            return policy, after
        before = after
    raise PolicyChanging("the policy's files change while they are read", advice="ask again when they are in place")


def _read(overlays: list[Path]) -> PolicyFiles:
    folders = [("defaults", DEFAULTS), *((folder.name, folder) for folder in overlays)]
    return PolicyFiles(
        tuple(
            (name, {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))})
            for name, folder in folders
        )
    )
