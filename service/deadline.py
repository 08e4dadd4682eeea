"""How long one request may take: whoever was told "too late" finds nothing of it kept.

A thread cannot be stopped from outside. So a request that keeps something claims the right to do so first, and a
request that claimed is never told that it came too late; one that was told so can claim no more.
"""

from __future__ import annotations

from contextvars import ContextVar
from threading import Lock

from models.errors import AssetlightError


class DeadlinePassed(AssetlightError):
    """The request took longer than it may; nothing of it was kept."""


class Deadline:
    """Of one request. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keeps = False
        self._passed = False

    def expire(self) -> bool:
        """The time is over; False: something is being kept, or was, so the request goes on to its answer."""
        with self._lock:
            self._passed = not self._keeps
            return self._passed

    def claim(self) -> None:
        """Something is kept from here on. Raises DeadlinePassed."""
        with self._lock:
            self._require()
            self._keeps = True

    def require(self) -> None:
        """There is time left. Raises DeadlinePassed."""
        with self._lock:
            self._require()

    def _require(self) -> None:
        if self._passed:
            raise DeadlinePassed("the request took too long", advice="nothing was kept; ask again when load is lower")


CURRENT: ContextVar[Deadline | None] = ContextVar("assetlight_deadline", default=None)


def claim() -> None:
    """The work at hand is about to be committed. Raises DeadlinePassed. Outside a request: nothing."""
    deadline = CURRENT.get()
    if deadline is not None:
        deadline.claim()


def require_time() -> None:
    """The work at hand may go on. Raises DeadlinePassed. Outside a request: nothing."""
    deadline = CURRENT.get()
    if deadline is not None:
        deadline.require()
