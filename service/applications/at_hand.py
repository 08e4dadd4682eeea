"""One at a time decides on a case: whoever comes with the same version waits, and is told what became of it.

An assessment takes long beside everything else that a step checks. Fifty approvals of one case at once would each make
one; here the first makes it, holds its turn until its step is kept or refused, and the others look again. Where nothing
was kept, those who came before an assessment was begun are told what it found: it is as fresh as one of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from service.applications.application import Today
from service.deadline import require_time
from service.turns import Turns


@dataclass
class _Case:
    turns: Turns = field(default_factory=lambda: Turns(1))
    people: int = 0
    begun: int = 0  # assessments, while anybody is there
    asked: Hashable = None
    found: Today | None = None


class Turn:
    """The turn of one caller at one case."""

    def __init__(self, case: _Case, came: int) -> None:
        self._case = case
        self._came = came  # how many assessments had been begun when the caller came

    def today(self, asked: Hashable, find: Callable[[], Today]) -> Today:
        """What `find` finds, or found for the same question since the caller came."""
        case = self._case
        if case.found is not None and case.asked == asked and case.begun > self._came:
            return case.found
        case.begun += 1
        case.found = None
        case.found, case.asked = find(), asked
        return case.found


class AtHand:
    """The cases that somebody decides on. Threads share it; another process is met at the commit, by the version."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cases: dict[str, _Case] = {}

    @contextmanager
    def taken(self, application_id: str) -> Iterator[Turn]:
        """Wait for the turn at a case, and hold it. Never inside a transaction. Raises DeadlinePassed."""
        with self._lock:
            case = self._cases.setdefault(application_id, _Case())
            case.people += 1
            came = case.begun
        try:
            with case.turns.taken():
                require_time()
                yield Turn(case, came)
        finally:
            with self._lock:
                case.people -= 1
                if not case.people:
                    del self._cases[application_id]
