"""Counts by caller and window for the `limits` library, without a thread of their own.

The library's store in memory starts a timer, which is a thread, after about every request to forget what is past; here
that is forgotten when a new window begins.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from limits.storage import Storage


class Windows(Storage):
    """How often each key was counted in its window. `now` is in seconds of the epoch. Safe to use from threads."""

    STORAGE_SCHEME = None  # made by hand, never from an address

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._lock = Lock()
        self._counted: dict[str, tuple[int, float]] = {}  # number, and when the window ends

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What the library would wrap."""
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count in the window that is open, or open one that lasts `expiry` seconds; the number so far."""
        now = self._now()
        with self._lock:
            number, ends = self._counted.get(key, (0, 0.0))
            if now >= ends:
                self._counted = {known: one for known, one in self._counted.items() if one[1] > now}
                number, ends = 0, now + expiry
            self._counted[key] = number + amount, ends
            return number + amount

    def get(self, key: str) -> int:
        """The number in the window that is open."""
        number, ends = self._counted.get(key, (0, 0.0))
        return number if self._now() < ends else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends; now, where none is open."""
        return max(self._now(), self._counted.get(key, (0, 0.0))[1])

    def check(self) -> bool:
        """A dictionary is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything; how much that was."""
        with self._lock:
            forgotten, self._counted = len(self._counted), {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._counted.pop(key, None)
