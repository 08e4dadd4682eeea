"""Buckets handed to processes, one after the other, until all are done; what is done stays done.

A killed process costs the bucket it was at. A bucket that cannot be read is left out and named at the end; everything
else that stops a bucket stops the run, for it would stop the next one too.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from models.lake import Manifest, reading
from service.batch.bucket import Receipt, Task
from service.batch.elsewhere import do_bucket_anywhere
from service.batch.errors import BatchCancelled, BatchIncomplete, BatchWorkersLost, BucketUnreadable
from service.batch.files import remove_drafts
from service.batch.folder import COUNTERS, MANIFEST, RunFolder
from service.batch.inputs import books_name, books_wanted, keep_inputs, keep_records
from service.batch.plan import Bucket, Plan
from service.batch.storage import Storage, is_remote, plain

LOOK_S = 0.5  # how often somebody looks whether the run was cancelled
PREPARED_HERE = 1_000_000  # records whose books this process reads sooner than others are started for it
MOST_LOSSES = 3  # pools of processes that may break before the run gives up
Result = Receipt | BucketUnreadable
RUNNING, DONE, STOPPED, CANCELLED, INCOMPLETE = "running", "done", "stopped", "cancelled", "incomplete"


@dataclass(frozen=True)
class Step:
    """How far a run is. Rows are those that are read; the rest of the time is guessed from them."""

    buckets: int
    buckets_done: int
    rows: int
    rows_done: int
    planned: int
    scored: int
    referred: int
    failed: int
    per_second: float | None = None  # enterprises, since this process began
    seconds_left: float | None = None

    @property
    def thousandths(self) -> int:
        """The share of the rows that is done."""
        return 1000 * self.rows_done // self.rows if self.rows else 1000


Progress = Callable[[Step], None]


class Engine(Protocol):
    """Does tasks in any order, some at once, and gives each result as it comes. It asks `stop` now and then."""

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        """Raises what stops the run."""
        ...


@dataclass
class Ran:
    """A finished run: its manifest, and whether anything was left to do."""

    folder: Path
    manifest: dict[str, Any]
    buckets_before: int  # done by an earlier process
    buckets: int
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def was_done(self) -> bool:
        """Whether everything had been done before."""
        return self.buckets_before == self.buckets


def run_plan(
    plan: Plan,
    at: Path,
    lake: Manifest | None,
    *,
    engine: Engine,
    lines: bytes | None = None,
    progress: Progress = lambda _: None,
    shared: str | None = None,
) -> Ran:
    """Do what is left of a run, and write the manifest. `lake`: its state in the plan. `lines`: the file of the lines
    approved here, where the plan has any and the folder not yet. `shared`: the URL of the folder that takes the
    results, where that is not `at`.

    Raises BatchFolderTaken, BatchBusy, BatchCancelled, BatchIncomplete, BatchDiskFull, StorageUnusable and what a
    bucket raises.
    """
    folder = RunFolder(at, None if shared is None else Storage(shared))
    place = plain(plan.places.lake)
    with folder.held(), reading(Path(place) / "lake") if lake is not None and not is_remote(place) else nullcontext():
        folder.recall()
        folder.open_for(plan)
        remove_drafts(at)
        receipts: dict[str, Receipt] = {}
        for bucket in plan.buckets:
            receipt = folder.receipt(plan, bucket.name)
            if receipt is not None:
                receipts[bucket.name] = receipt
        before = len(receipts)
        watch = _Watch(plan, folder, receipts, progress)
        try:
            keep_records(folder.path, lake, lines)
            unread = _do(plan, folder, lake, receipts, engine, watch)
            remove_drafts(at)  # a worker that was killed leaves its own
        except BatchCancelled:
            watch.tell(CANCELLED)
            raise
        except BaseException as error:
            watch.tell(STOPPED, f"{type(error).__name__}: {error}")
            raise
        if unread:
            watch.tell(INCOMPLETE, "; ".join(f"{name}: {error}" for name, error in unread.items()))
            raise BatchIncomplete(
                f"{len(unread)} of {len(plan.buckets)} buckets cannot be read; all others are done",
                where=str(at),
                found="; ".join(f"bucket {name}: {error.where}: {error.found}" for name, error in unread.items()),
                advice="Restore the files and run the same command again: only these buckets are left to do",
            )
        manifest = folder.finish(plan, receipts)
        watch.tell(DONE)
        return Ran(at, manifest, before, len(plan.buckets), dict(manifest["counters"]))


def _do(
    plan: Plan,
    folder: RunFolder,
    lake: Manifest | None,
    receipts: dict[str, Receipt],
    engine: Engine,
    watch: _Watch,
) -> dict[str, BucketUnreadable]:
    """Do the buckets that are left; gives those that cannot be read."""
    left = [bucket for bucket in plan.buckets if bucket.name not in receipts]
    unread: dict[str, BucketUnreadable] = {}
    watch.tell(RUNNING)
    if not left:
        return unread
    folder.remove(MANIFEST)  # a file of a finished run was lost: it is not finished
    keep_inputs(plan, folder.path, lake)
    folder.share_inputs()
    place = str(folder.path.resolve()) if folder.shared is None else folder.shared.url
    _prepare(plan, folder, place, engine)
    tasks = [Task(plan, bucket, place) for bucket in left]
    for bucket, result in engine(tasks, lambda: folder.cancelled):
        if isinstance(result, BucketUnreadable):
            unread[bucket.name] = result
        else:
            folder.keep(result)
            receipts[bucket.name] = result
            watch.count(result)
        watch.tell(RUNNING)
    return unread


def _prepare(plan: Plan, folder: RunFolder, place: str, engine: Engine) -> None:
    """The books that digests need, by hash bucket: of everybody, or nobody can be decided on."""
    left = [bucket for bucket in books_wanted(plan) if not folder.has(books_name(bucket))]
    tasks = [Task(plan, bucket, place, prepares=True) for bucket in left]
    if not tasks:
        return
    does = in_this_process if plan.rows <= PREPARED_HERE else engine
    unread = [found for _, found in does(tasks, lambda: folder.cancelled) if isinstance(found, BucketUnreadable)]
    if unread:
        first = unread[0]
        raise BucketUnreadable(
            first.problem if len(unread) == 1 else f"files of {len(unread)} buckets cannot be read",
            where="; ".join(str(error.where) for error in unread), found=first.found, advice=first.advice,
        )  # fmt: skip


def stopped() -> BatchCancelled:
    """What ends a run that somebody cancelled."""
    return BatchCancelled(
        "the run was cancelled; the buckets that were done are kept",
        advice="Run the same command again, and it goes on from there",
    )


def result_of(task: Task) -> Result:
    """A bucket that cannot be read is a result like any other; whatever else is raised stops the run."""
    try:
        return do_bucket_anywhere(task)
    except BucketUnreadable as error:
        return error


def in_this_process(tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
    """One bucket after the other, here."""
    for task in tasks:
        if stop():
            raise stopped()
        yield task.bucket, result_of(task)


@dataclass(frozen=True)
class ProcessPool:
    """Buckets in processes of their own on this machine."""

    workers: int

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        """Some buckets at once. A process that was killed costs its bucket, which is done again."""
        left = {task.bucket.name: task for task in tasks}
        for _ in range(MOST_LOSSES):
            with suppress(BrokenProcessPool):
                for bucket, result in self._some(list(left.values()), stop):
                    del left[bucket.name]
                    yield bucket, result
                return
        raise BatchWorkersLost(
            f"processes of the run were killed {MOST_LOSSES} times; the buckets that were done are kept",
            found=f"{len(left)} buckets are left",
            advice="The machine may be short of memory: run the same command again with --workers 1",
        )

    def _some(self, tasks: list[Task], stop: Callable[[], bool]) -> Iterator[tuple[Bucket, Result]]:
        context = multiprocessing.get_context("spawn")  # threads of a parent do not survive a fork
        pool = ProcessPoolExecutor(min(self.workers, len(tasks)), mp_context=context, initializer=end_with_parent)
        waiting = iter(tasks)
        running: dict[Future[Result], Task] = {}
        try:
            while True:
                while len(running) <= self.workers and (task := next(waiting, None)) is not None:
                    running[pool.submit(result_of, task)] = task
                if not running:
                    return
                if stop():
                    raise stopped()
                done, _ = wait(running, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                for future in done:
                    task = running.pop(future)
                    yield task.bucket, future.result()
        finally:
            _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """Let nobody work on for a run that has ended."""
    processes = list((pool._processes or {}).values())  # noqa: SLF001  (Python 3.14 has terminate_workers)
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def end_with_parent() -> None:
    """A worker whose parent was killed must not work on, nor wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


class _Watch:
    """How far the run is, told to whoever watches and to the folder."""

    def __init__(self, plan: Plan, folder: RunFolder, receipts: dict[str, Receipt], progress: Progress) -> None:
        self._plan, self._folder, self._progress = plan, folder, progress
        self._rows = {bucket.name: bucket.rows for bucket in plan.buckets}
        self._all_rows = plan.rows
        self._done, self._rows_done, self._counted = 0, 0, dict.fromkeys(COUNTERS, 0)
        for receipt in receipts.values():
            self.count(receipt)
        self._began = monotonic()
        self._before = self._step()

    def count(self, receipt: Receipt) -> None:
        """A bucket more is done."""
        self._done += 1
        self._rows_done += self._rows[receipt.bucket]
        for name in COUNTERS:
            self._counted[name] += int(getattr(receipt, name))

    def tell(self, state: str, message: str | None = None) -> None:
        step = self._step()
        seconds = monotonic() - self._began
        planned, rows = step.planned - self._before.planned, step.rows_done - self._before.rows_done
        if planned and rows:
            facts = {"per_second": planned / seconds, "seconds_left": seconds * (step.rows - step.rows_done) / rows}
            step = Step(**{**step.__dict__, **facts})
        self._progress(step)
        self._folder.tell({"state": state, "message": message, "run": self._plan.digest, **step.__dict__})

    def _step(self) -> Step:
        return Step(len(self._rows), self._done, self._all_rows, self._rows_done, **self._counted)
