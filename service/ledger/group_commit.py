"""Writers that arrive together share one commit: each waits until the disk has it, none waits for a turn of its own.

The first of a group leads it: it writes everything that gathered while the group before was being written, in one
transaction, and then wakes the others. There is no thread of its own, and a lone writer commits at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Event, Lock

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from service.deadline import claim, require_time
from service.errors import StoreUnusable
from service.ledger.appending import Work, write
from service.ledger.contents import Content
from service.ledger.entry import Entry, Kind
from service.store import Store
from service.store.engine import reason

MOST_WORKS = 256  # written in one transaction
MOST_KNOWN = 100_000  # SHA-256 of contents that are remembered as stored


@dataclass(eq=False)
class _Waiting:
    work: Work
    entries: list[Entry] = field(default_factory=list)
    failure: Exception | None = None


@dataclass(eq=False)
class _Group:
    members: list[_Waiting] = field(default_factory=list)
    turn: Event = field(default_factory=Event)  # for the leader: the group before is written
    done: Event = field(default_factory=Event)  # for the others: this one is written, or refused


class LedgerWriter:
    """Writes to the ledger from many threads. When `write` returns, the work is on the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._groups: deque[_Group] = deque()  # gathering; one more may be being written
        self._busy = False
        self._known: set[str] = set()

    def write(self, work: Work) -> list[Entry]:
        """Write a work and wait until it is durable; gives its entries. Raises StoreUnusable: nothing of it is kept."""
        waiting = _Waiting(self._without_known(work))
        if work.rows or any(one.kind != Kind.ACCESS for one in work.drafts):
            claim()
        else:  # of a reading: that it was begun may be told, also where it came too late
            require_time()
        with self._lock:
            leads = not self._groups or len(self._groups[-1].members) >= MOST_WORKS
            if leads:
                self._groups.append(_Group())
            group = self._groups[-1]
            group.members.append(waiting)
            free = leads and not self._busy
            if free:
                self._busy = True
                self._groups.popleft()
        if not leads:
            group.done.wait()
        else:
            if not free:
                group.turn.wait()
            try:
                self._commit(group.members)
            finally:
                self._pass_on()
                group.done.set()
        if waiting.failure is not None:
            raise self._refused(waiting.failure) from None
        return waiting.entries

    @property
    def waiting(self) -> int:
        """How many works wait for the disk."""
        with self._lock:
            return sum(len(group.members) for group in self._groups)

    def knows(self, sha256: str) -> bool:
        """Whether a content is known to be stored, so that nobody needs to make it again."""
        return sha256 in self._known

    def remember(self, contents: Iterable[Content]) -> None:
        """Contents that a transaction has stored, this writer's or another."""
        if len(self._known) > MOST_KNOWN:
            self._known = set()
        self._known |= {one.sha256 for one in contents}

    def _pass_on(self) -> None:
        """The next group's leader has its turn."""
        with self._lock:
            following = self._groups.popleft() if self._groups else None
            self._busy = following is not None
        if following is not None:
            following.turn.set()

    def _commit(self, members: list[_Waiting]) -> None:
        for member in members:
            member.failure = InterruptedError("the writer was interrupted")
        try:
            with self._store.writing(on_time=False) as connection:
                written = write(connection, [member.work for member in members])
        except (IntegrityError, DataError) as refusal:  # of one of them: the others must not suffer
            if len(members) == 1:
                members[0].failure = refusal
                return
            for member in members:
                self._commit([member])
        except Exception as refusal:
            for member in members:
                member.failure = refusal
        else:
            for member, entries in zip(members, written, strict=True):
                member.entries, member.failure = entries, None
            self.remember(one for member in members for one in member.work.contents)

    def _without_known(self, work: Work) -> Work:
        contents = tuple(one for one in work.contents if one.sha256 not in self._known)
        for one in contents:
            _ = one.row  # compressed here, beside the other writers, and not while they wait
        return work if len(contents) == len(work.contents) else Work(work.drafts, work.rows, contents)

    @staticmethod
    def _refused(failure: Exception) -> Exception:
        if not isinstance(failure, SQLAlchemyError):
            return failure
        return StoreUnusable(
            "what was asked could not be kept, so it was not done",
            found=reason(failure),
            advice="check the database and the disk of the data directory, then ask again",
        )
