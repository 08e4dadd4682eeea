"""The policy in force on a day: read once per day asked for."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from models.policy import Policy, load_policy

DAYS_REMEMBERED = 64


@lru_cache(maxsize=DAYS_REMEMBERED)
def policy_on(day: date) -> Policy:
    """The bank's policy on a day. Its files are part of the release, so a running process need not look again."""
    return load_policy(day)
