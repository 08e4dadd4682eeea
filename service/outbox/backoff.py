"""When an event that was not taken is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """Waits double from `first` to `longest`; each is shortened by up to half at random, so that not all come at once.

    With 60 attempts an event is tried for 25 to 51 hours before it is a dead letter.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    most_attempts: int = 60

    def wait(self, attempts: int, chance: float, asked: timedelta | None = None) -> timedelta:
        """The wait after so many attempts. `chance`: 0 to 1. `asked`: Retry-After, heard up to `longest`."""
        doubled = min(self.longest, self.first * float(1 << min(attempts - 1, 40)))
        wait = doubled * (1 - chance / 2)
        return wait if asked is None else max(wait, min(asked, self.longest))
