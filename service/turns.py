"""As many at a time as there are cores, in the order in which they came.

What computes on all at once ends for all at the same late moment: twenty assessments side by side on one core each take
as long as twenty. One after the other the first is done after one, and the writes of those that are done share commits.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Turns:
    """So many may work at a time. Threads share it; whoever waits is called in order of arrival."""

    def __init__(self, most: int) -> None:
        self._lock = Lock()
        self._free = most
        self._waiting: deque[Event] = deque()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and work while it lasts. Not to be taken twice by one piece of work."""
        with self._lock:
            call = None if self._free else Event()
            if call is None:
                self._free -= 1
            else:
                self._waiting.append(call)
        if call is not None:
            try:
                call.wait()
            except BaseException:
                self._leave(call)
                raise
        try:
            yield
        finally:
            self._pass_on()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _leave(self, call: Event) -> None:
        with self._lock:
            waits = call in self._waiting
            if waits:
                self._waiting.remove(call)
        if not waits:  # it was called meanwhile: the turn is somebody else's
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
