"""A real server under load that is killed at random moments, and what must hold after every kill.

To put more under the hammer, write an `Action` (something a client does, and what it was told) and a `Check` (what must
hold of everything that clients were told), and give both to `hammer`.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx2
from sqlalchemy import select

from service.ledger.verifying import verify
from service.outbox import event_id
from service.people import Role
from service.store import AssessmentStore, Store, open_store
from service.store.application_schema import APPLICATIONS
from service.store.outbox_schema import OUTBOX_EVENTS
from tests.service.callers import bearer, token_at
from tests.service.conftest import AS_OF, ENTERPRISES, asked

ROOT = Path(__file__).resolve().parents[3]
CLIENTS = 6
SECONDS_TO_START = 300.0
LONGEST_LIFE_S = 1.0  # of a server after its first answer


@dataclass(frozen=True)
class Told:
    """What a client was told had happened: the kind of action, the id of what was made, the answer."""

    action: str
    id: str
    answer: bytes


class Action(Protocol):
    """One thing that a client does: gives what it was told, or None where nothing was promised.

    `number` is another one at every call. May raise httpx2.TransportError: the server is dead.
    """

    def __call__(self, client: httpx2.Client, number: int) -> Told | None: ...


class Check(Protocol):
    """What must hold after a kill of what clients were told in that life, and in the end of all they were ever told."""

    def __call__(self, store: Store, told: Sequence[Told]) -> None: ...


def assess(client: httpx2.Client, number: int) -> Told | None:
    """Ask for an assessment."""
    answer = client.post("/v1/assessments", json=asked(ENTERPRISES[number % len(ENTERPRISES)]))
    assert answer.status_code in (201, 503), answer.text
    return Told("assess", answer.json()["id"], answer.content) if answer.status_code == 201 else None


def nothing_acknowledged_is_lost(store: Store, told: Sequence[Told]) -> None:
    """Every assessment that a client got is there, with the very bytes of the decision."""
    kept = AssessmentStore(store)
    for one in told:
        if one.action == "assess":
            assert b'"decision":' + kept.get(one.id).decision in one.answer


def nothing_is_half_written(store: Store, _: Sequence[Told]) -> None:
    """The chain is whole: no entry without its assessment, no assessment without its entry, every input there."""
    with store.snapshot() as connection:
        assert list(verify(connection)) == []


def no_acknowledged_case_is_lost(store: Store, told: Sequence[Told]) -> None:
    """Every application that a client made or submitted is there, in that state, and every one has its events alone."""
    made = {one.id for one in told if one.action == "apply"}
    submitted = {one.id for one in told if one.action == "submit"}
    with store.snapshot() as connection:  # PostgreSQL may still be ending what the killed server had begun
        states = {row.id: row.state for row in connection.execute(select(APPLICATIONS.c.id, APPLICATIONS.c.state))}
        events = sorted(connection.execute(select(OUTBOX_EVENTS.c.id)).scalars())
    assert made <= states.keys()
    assert {states[one] for one in submitted} <= {"in_review"}
    happened = [(one, 1, "application.assessed") for one in states]
    happened += [(one, 2, "application.submitted") for one, state in states.items() if state == "in_review"]
    assert sorted(event_id(*one) for one in happened) == events


class Counter:
    """Clients at a bank's counter: one makes an application, the next one submits one that somebody made.

    What a client was not told because the server died, it asks again with the same key when there is another one.
    """

    def __init__(self) -> None:
        self._made: deque[tuple[str, str]] = deque()
        self._unanswered: deque[int] = deque()
        self._numbers = itertools.count(1)
        self._keys: set[int] = set()
        self.done_before = 0  # asked again, and done already

    @property
    def asked(self) -> int:
        """How many different applications were asked for."""
        return len(self._keys)

    def apply(self, client: httpx2.Client, number: int) -> Told | None:
        """Make an application."""
        try:
            number = self._unanswered.popleft()
        except IndexError:
            number = next(self._numbers)
            self._keys.add(number)
        body = {"enterprise_id": ENTERPRISES[number % len(ENTERPRISES)], "amount_yuan": "500000", "tenor_months": 12}
        asked = {**body, "purpose": "steel", "branch": "hangzhou"}
        try:
            answer = client.post("/v1/applications", json=asked, headers={"Idempotency-Key": f"apply-{number}"})
        except httpx2.TransportError:
            self._unanswered.append(number)
            raise
        assert answer.status_code in (201, 503), answer.text
        if answer.status_code != 201:
            self._unanswered.append(number)
            return None
        self.done_before += "idempotency-replayed" in answer.headers
        case = answer.json()["id"]
        self._made.append((case, answer.headers["etag"]))
        return Told("apply", case, answer.content)

    def submit(self, client: httpx2.Client, number: int) -> Told | None:
        """Submit one; where there is none, make one."""
        try:
            case, tag = self._made.popleft()
        except IndexError:
            return self.apply(client, number)
        path, headers = f"/v1/applications/{case}/transitions", {"If-Match": tag}
        answer = client.post(path, json={"action": "submit"}, headers=headers)
        assert answer.status_code in (200, 503), answer.text
        return Told("submit", case, answer.content) if answer.status_code == 200 else None


ACTIONS: tuple[Action, ...] = (assess,)
CHECKS: tuple[Check, ...] = (nothing_acknowledged_is_lost, no_acknowledged_case_is_lost, nothing_is_half_written)


@dataclass
class Crashes:
    """What the runs were."""

    kills: int = 0
    told: list[Told] = field(default_factory=list)
    lives_with_answers: int = 0


def hammer(
    home: Path,
    database_url: str,
    kills: int,
    *,
    seed: int = 0,
    actions: Sequence[Action] = ACTIONS,
    checks: Sequence[Check] = CHECKS,
    settings: Mapping[str, str] | None = None,
    progress: Callable[[Crashes], None] = lambda _: None,
) -> Crashes:
    """Start the server, load it, kill it at a random moment, check everything; again and again on the same data."""
    rng = random.Random(seed)  # noqa: S311
    crashes = Crashes()
    with nursery(home, database_url, settings or {}) as servers:
        for _ in range(kills):
            life = one_life(home, servers, rng.uniform(0, LONGEST_LIFE_S), actions, len(crashes.told))
            crashes.told += life
            crashes.kills += 1
            crashes.lives_with_answers += bool(life)
            check_all(database_url, checks, life)
            progress(crashes)
    check_all(database_url, checks, crashes.told)
    return crashes


def check_all(database_url: str, checks: Sequence[Check], told: Sequence[Told]) -> None:
    """Hold everything against what clients were told, on a database that nobody serves."""
    store = open_store(database_url)
    try:
        for check in checks:
            check(store, told)
    finally:
        store.close()


def one_life(
    home: Path, servers: subprocess.Popen[str], seconds: float, actions: Sequence[Action], start: int
) -> list[Told]:
    """One server, from its start to its kill so many seconds after the first answer; gives what clients were told."""
    told: list[Told] = []
    dead, first = threading.Event(), threading.Event()
    wrong: list[BaseException] = []
    token = bearer(token_at(home, Role.SERVICE))
    assert servers.stdin is not None
    assert servers.stdout is not None
    servers.stdin.write("start\n")
    servers.stdin.flush()
    server = json.loads(servers.stdout.readline())

    def client(number: int) -> None:
        act = actions[number % len(actions)]
        with httpx2.Client(base_url=server["address"], headers=token, timeout=SECONDS_TO_START) as connection:
            turn = 0
            while not dead.is_set():
                try:
                    one = act(connection, start + turn * CLIENTS + number)
                except httpx2.TransportError:
                    return
                except BaseException as problem:
                    wrong.append(problem)
                    first.set()
                    return
                turn += 1
                if one is not None:
                    told.append(one)
                    first.set()

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for one in clients:
        one.start()
    assert first.wait(SECONDS_TO_START), "the server answered nobody"
    time.sleep(seconds)
    os.kill(server["process"], signal.SIGKILL)
    assert servers.stdout.readline() == "gone\n"
    dead.set()
    for one in clients:
        one.join(SECONDS_TO_START)
    assert not wrong, wrong
    return told


@contextmanager
def nursery(home: Path, database_url: str, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The process that forks servers (see `tests.service.crash.nursery`)."""
    environment = {**os.environ, **settings, "ASSETLIGHT_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "tests.service.crash.nursery", str(home), AS_OF.isoformat()]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as servers:
        try:
            yield servers
        finally:
            servers.kill()
