"""The policy in force on a day: read once per day asked for."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from models.policy import Policy, load_policy

DAYS_REMEMBERED = 64


@lru_cache(maxsize=DAYS_REMEMBERED)
def policy_on(day: date, overlay: Path | None = None) -> Policy:
    """The bank's policy on a day, with the bank's own folder over the defaults if there is one.

    Its files are part of the release or of the deployment, so a running process does not look again.
    """
    return load_policy(day, [] if overlay is None else [overlay])
