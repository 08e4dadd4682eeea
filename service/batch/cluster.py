"""Buckets as tasks of a Ray cluster: `assetlight batch --engine ray --address HOST:PORT`.

A task is a bucket, a folder and the question, which a machine gets once; records and results go through the shared
storage, never through Ray. Ray itself tries nothing again: a bucket whose worker or machine is gone is handed out again
from here, so that what was lost is known, and a bucket that takes its worker down every time ends the run.
"""

from __future__ import annotations

import logging
import socket
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from service.batch.bucket import Receipt, Task
from service.batch.errors import BatchWorkersLost, BucketUnreadable, ClusterUnreachable, RayNotInstalled
from service.batch.plan import Bucket, Plan
from service.batch.running import LOOK_S, MOST_LOSSES, Result, result_of, stopped

CONNECT_S = 10.0  # how long the head of a cluster may take to answer at all
WAITING = 2  # buckets handed out for each processor, so that none waits for the next
END_S = 10.0  # how long workers may take to be gone when a run is stopped
GONE = ("WorkerCrashedError", "NodeDiedError", "OutOfMemoryError", "LocalRayletDiedError", "ObjectLostError")


def ray_package() -> Any:  # noqa: ANN401
    """Ray, where it is installed. Raises RayNotInstalled."""
    try:
        return import_module("ray")
    except ImportError as error:
        raise RayNotInstalled(
            "--engine ray needs Ray, which is not installed here",
            expected="the extra assetlight[ray], in the same version on every machine of the cluster",
            found=str(error),
            advice="pip install 'assetlight[ray]', or leave out --engine: processes of this machine do the same work",
        ) from None


def work(plan: Plan, bucket: Bucket, folder: str, prepares: bool) -> Result | tuple[Exception, str]:
    """A bucket on some machine. What it raises comes back as it is, with where it was raised."""
    try:
        return result_of(Task(plan, bucket, folder, prepares))
    except Exception as error:
        return error, traceback.format_exc()


@dataclass(frozen=True)
class RayCluster:
    """Buckets on the machines of a Ray cluster, one for each processor."""

    address: str

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        """Some buckets at once. A worker or machine that is gone costs the buckets it was at, which are done again."""
        ray = ray_package()
        with connected(ray, self.address):
            yield from _Handing(ray, tasks).results(stop)


class _Handing:
    """Buckets handed out, and taken back as results."""

    def __init__(self, ray: Any, tasks: Sequence[Task]) -> None:  # noqa: ANN401
        self._ray = ray
        self._work = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(work)
        self._plan = ray.put(tasks[0].plan) if tasks else None  # once; every machine fetches it once
        self._waiting = list(reversed(tasks))
        self._running: dict[Any, Task] = {}
        self._losses = Counter[str]()

    def results(self, stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        try:
            while self._hand_out():
                if stop():
                    raise stopped()
                done, _ = self._ray.wait(list(self._running), timeout=LOOK_S)
                for reference in done:
                    task = self._running.pop(reference)
                    result = self._taken(reference, task)
                    if result is not None:
                        yield task.bucket, result
        finally:
            self._end()

    def _hand_out(self) -> bool:
        """Keep every processor busy, also those that joined; gives whether anything is under way."""
        most = WAITING * max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        while self._waiting and len(self._running) < most:
            task = self._waiting.pop()
            handed = self._work.remote(self._plan, task.bucket, task.folder, task.prepares)
            self._running[handed] = task
        return bool(self._running)

    def _taken(self, reference: Any, task: Task) -> Result | None:  # noqa: ANN401
        """What a bucket came to; None where its worker is gone and it waits again."""
        try:
            found = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            if type(error).__name__ not in GONE:
                raise
            self._lose(task, error)
            return None
        if isinstance(found, Receipt | BucketUnreadable):
            return found
        raised, where = found
        raised.add_note(f"on a worker of the cluster:\n{where}")
        raise raised

    def _lose(self, task: Task, error: Exception) -> None:
        self._losses[task.bucket.name] += 1
        if self._losses[task.bucket.name] >= MOST_LOSSES:
            raise BatchWorkersLost(
                f"a bucket lost its worker {MOST_LOSSES} times; the buckets that were done are kept",
                where=f"bucket {task.bucket.name}",
                found=f"{type(error).__name__}: {str(error).splitlines()[0]}",
                advice="The machines may be short of memory: give them fewer processors (ray start --num-cpus), then "
                "run the same command again",
            ) from error
        self._waiting.append(task)

    def _end(self) -> None:
        """Let nobody work on for a run that has ended."""
        for reference in self._running:
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.cancel(reference, force=True)
        if self._running:
            with suppress(self._ray.exceptions.RayError):
                self._ray.wait(list(self._running), num_returns=len(self._running), timeout=END_S)
        self._running.clear()


@contextmanager
def connected(ray: Any, address: str) -> Iterator[None]:  # noqa: ANN401
    """A connection to the cluster that ends with the block, and its tasks with it. Raises ClusterUnreachable."""
    _check_answers(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, OSError, ValueError, TimeoutError) as error:
        raise _unreachable(address, str(error)) from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Ray itself tries for a minute and then says little."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise _unreachable(address, "an address without a port")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()
    except OSError as error:
        raise _unreachable(address, str(error)) from error


def _unreachable(address: str, why: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        "the Ray cluster cannot be reached",
        expected="HOST:PORT of its head, and a node of the cluster on this machine",
        found=why.split("\n", 1)[0],
        where=address,
        advice="Start it with `ray start --head --port 6379`, and `ray start --address HOST:6379` on every other "
        "machine, the same versions of Python, Ray and assetlight on each; what is done stays done",
    )
