"""Runs that somebody asked for over HTTP: each in a process of its own, beside the server and longer than it.

A run is its folder below HOME/batches: what is asked stands there before the process starts, so a server that comes
back starts again what was interrupted, and anybody may look how far it is. One run works at a time; others wait.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from models.lake import Manifest
from service.batch.errors import BatchBusy, BatchNotFinished, BatchNotFound
from service.batch.folder import MANIFEST, STATE, RunFolder
from service.batch.inputs import LAKE_MANIFEST, keep_records
from service.batch.plan import Bucket, Inputs, Plan
from service.batch.running import CANCELLED, DONE, INCOMPLETE, RUNNING, STOPPED
from service.batch.starting import BATCHES, Planned, run_folder
from service.settings import Settings

SUBMITTED, LOG = "submitted.json", "log.txt"
QUEUED, INTERRUPTED, CANCELLING = "queued", "interrupted", "cancelling"
LOOK_AGAIN_S = 5  # seconds after which whoever waits for results may well ask again
NAME = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
Spawn = Callable[[list[str], Mapping[str, str], Path], "subprocess.Popen[bytes]"]


def spawned(command: list[str], surroundings: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process of its own session, so that neither a signal to the server nor its end reaches it."""
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603  (this very program)
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=dict(surroundings), start_new_session=True
        )


@dataclass
class BatchDesk:
    """Takes runs, says how far they are, cancels them. Threads may share it."""

    settings: Settings
    spawn: Spawn = spawned
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def _root(self) -> Path:
        return self.settings.home / BATCHES

    def submit(self, planned: Planned, *, by: str, at: str) -> dict[str, Any]:
        """Take a run; the same question again is the same run, which goes on if it had stopped. Gives its status."""
        folder = RunFolder(run_folder(self.settings.home, planned.plan))
        name = folder.path.name
        folder.path.mkdir(parents=True, exist_ok=True)
        if folder.read(SUBMITTED) is None:
            with _alone(folder):
                folder.open_for(planned.plan)
                keep_records(folder.path, planned.lake, planned.lines)
                folder.write(SUBMITTED, {"by": by, "at": at, "places": asdict(planned.plan.places)})
        folder.allow()
        if not (folder.path / MANIFEST).exists() and not self._works(name):
            self._start(name)
        return self.status(name)

    def resume(self) -> list[str]:
        """Start again what was interrupted, as by a restart of the machine; gives the names."""
        names = [status["id"] for status in self.listed() if status["state"] == INTERRUPTED]
        for name in names:
            self._start(name)
        return names

    def listed(self) -> list[dict[str, Any]]:
        """Every run that was asked for, the newest day first."""
        found = [path.parent.name for path in self._root.glob(f"*/{SUBMITTED}") if NAME.fullmatch(path.parent.name)]
        return [self.status(name) for name in sorted(found, reverse=True)]

    def status(self, name: str) -> dict[str, Any]:
        """How far a run is. Raises BatchNotFound."""
        folder = self.folder(name)
        told = folder.read(STATE) or {}
        submitted = folder.read(SUBMITTED) or {}
        question = folder.question()
        return {
            "id": name,
            "state": self._state(name, folder, str(told.get("state", QUEUED))),
            "as_of": question["as_of"],
            "run": told.get("run"),
            "submitted_by": submitted.get("by"),
            "submitted_at": submitted.get("at"),
            "message": told.get("message"),
            **{key: told.get(key, 0) for key in ("buckets", "buckets_done", "planned", "scored", "referred", "failed")},
            "per_second": told.get("per_second"),
            "seconds_left": told.get("seconds_left"),
        }

    def cancel(self, name: str) -> dict[str, Any]:
        """Ask a run to stop: it is `cancelling` until its process has ended, then `cancelled`; one that is done stays
        done. Raises BatchNotFound.
        """
        folder = self.folder(name)
        if not (folder.path / MANIFEST).exists():
            folder.cancel()
        return self.status(name)

    def file(self, name: str, path: str) -> Path:
        """A result of a finished run, by its path in the manifest. Raises BatchNotFound, BatchNotFinished."""
        folder = self.folder(name)
        manifest = self.manifest(name)
        if path != MANIFEST and path not in {output["path"] for output in manifest["outputs"]}:
            raise BatchNotFound("the run has no such file", expected="a path of its manifest", found=path)
        return folder.path / path

    def manifest(self, name: str) -> dict[str, Any]:
        """What came out of a run. Raises BatchNotFound, BatchNotFinished."""
        folder = self.folder(name)
        try:
            return folder.manifest()
        except BatchNotFinished:
            raise _awaited(name, self.status(name)["state"]) from None

    def folder(self, name: str) -> RunFolder:
        """The folder of a run. Raises BatchNotFound."""
        folder = RunFolder(self._root / name)
        if not NAME.fullmatch(name) or folder.read(SUBMITTED) is None:
            raise BatchNotFound(
                "no batch with this id was asked for",
                expected="an id that POST /v1/batches returned",
                found=name,
                field="batch_id",
            )
        return folder

    def _state(self, name: str, folder: RunFolder, told: str) -> str:
        done = (folder.path / MANIFEST).exists()
        if self._works(name) or folder.is_held:
            if folder.cancelled and not done:
                return CANCELLING
            return told if told == RUNNING else QUEUED
        if done:
            return DONE
        if folder.cancelled:
            return CANCELLED
        return told if told in (STOPPED, INCOMPLETE) else INTERRUPTED

    def _works(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def _start(self, name: str) -> None:
        folder = self._root / name
        command = [sys.executable, "-m", "service.batch.worker", str(folder)]
        self._running[name] = self.spawn(command, self.settings.as_environment(), folder / LOG)


def _awaited(batch: str, state: str) -> BatchNotFinished:
    """What a caller who wants results that are not there yet can do; nothing of this machine."""
    comes = state in (QUEUED, RUNNING)
    follow = f"GET /v1/batches/{batch} says how far it is; its results are here when its state is {DONE}"
    again = f"GET /v1/batches/{batch} says why; POST /v1/batches with the same body goes on where it stopped"
    error = BatchNotFinished(
        "the batch has no results yet", expected=f"state {DONE}", found=state, field="batch_id",
        advice=follow if comes else again,
    )  # fmt: skip
    error.members = {"state": state, "status_at": f"/v1/batches/{batch}"}
    error.headers = {"Retry-After": str(LOOK_AGAIN_S)} if comes else {}
    return error


@contextmanager
def _alone(folder: RunFolder) -> Iterator[None]:
    """`RunFolder.held` for a caller far away: who works on the run is said without a path of this machine."""
    try:
        with folder.held():
            yield
    except BatchBusy:
        batch = folder.path.name
        raise BatchBusy(
            "this batch is being taken by another request", found=batch, advice=f"GET /v1/batches/{batch} in a moment"
        ) from None


def read_plan(folder: RunFolder) -> Planned:
    """The plan of a run from its folder, with the state of the lake that it was planned on."""
    question, places = folder.question(), folder.places()
    inputs = dict(question["inputs"])
    inputs["facts"] = tuple((name, digest) for name, digest in inputs["facts"])
    request = question["request"]
    plan = Plan(
        as_of=date.fromisoformat(question["as_of"]),
        inputs=Inputs(**inputs),
        places=places,
        buckets=tuple(_bucket(one) for one in question["buckets"]),
        product=request["product"],
        amount_fen=None if request["amount_fen"] is None else int(request["amount_fen"]),
        forecast_growth=None if request["forecast_growth"] is None else float(request["forecast_growth"]),
        decision_ids=question["decision_ids"],
        keeps_facts=question["keeps_facts"],
    )
    stored = folder.path / LAKE_MANIFEST
    return Planned(plan, Manifest.from_bytes(stored.read_bytes(), str(stored)) if stored.exists() else None)


def _bucket(facts: Mapping[str, Any]) -> Bucket:
    enterprises = facts["enterprises"]
    lists = {"lake": tuple(facts["lake"]), "enterprises": None if enterprises is None else tuple(enterprises)}
    return Bucket(**{**facts, **lists})
