"""Stopping in order: what was begun is finished, what comes now is refused, and then the process ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Stopping:
    """Requests in flight, and whether the service has been told to stop. Used on the event loop alone."""

    monotonic: Callable[[], float]
    wait_s: float
    in_flight: int = field(default=0, init=False)
    since: float | None = field(default=None, init=False)

    @property
    def begun(self) -> bool:
        """Whether new requests are refused."""
        return self.since is not None

    def begin(self) -> None:
        """From now on new requests are refused."""
        if self.since is None:
            self.since = self.monotonic()

    @property
    def over(self) -> bool:
        """Whether the process may end: told to, and nothing is in flight or it has had its time."""
        if self.since is None:
            return False
        return not self.in_flight or self.monotonic() - self.since >= self.wait_s
