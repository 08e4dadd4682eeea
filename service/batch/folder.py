"""The folder of a run.

    run.json                       what is decided, from which inputs: written first, never changed
    inputs/                        the state of the lake and the books that every bucket reads
    scores/bucket=NAME.parquet     one row a decision; likewise failures/, shadow/, facts/ where there are any
    done/NAME.json                 what the bucket came to, with the digests of its files: a bucket is done by this
    manifest.json                  everything together, when all buckets are done
    state.json                     how far the run is, for those who watch; says nothing that the others do not
    cancel                         somebody asked the run to stop

All but state.json is the same to the byte whatever the number of processes, and whether the run was killed or not.

Of a run whose folder is reached by URL all of this lies there, but for state.json and cancel. The process that leads
it has a folder of its own beside it, with everything but the results.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from models.canonical import digest
from service.batch.bucket import Receipt
from service.batch.errors import BatchBusy, BatchFolderTaken, BatchNotFinished, BatchNotFound
from service.batch.files import Output, write_bytes
from service.batch.inputs import INPUTS
from service.batch.plan import Places, Plan
from service.batch.storage import Storage
from service.batch.vintages import added

RUN, MANIFEST, STATE, CANCEL, LOCK, DONE = "run.json", "manifest.json", "state.json", "cancel", ".lock", "done"
OWN = (LOCK, CANCEL, STATE)  # what may be in the folder before a run is
HOLD_S = 0.5  # somebody who only looks whether the run is held lets go at once
COUNTERS = ("planned", "scored", "referred", "failed")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run; it need not be there. `shared`: where the results are, if not in the folder."""

    path: Path
    shared: Storage | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one process works on a run; the hold ends with the process, however it ends. Raises BatchBusy."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=HOLD_S)
        except Timeout as error:
            raise BatchBusy(
                "another process works on this run",
                where=str(self.path),
                advice="Wait until it has ended, or cancel it",
            ) from error
        try:
            yield
        finally:
            lock.release()

    @property
    def is_held(self) -> bool:
        """Whether a process works on the run."""
        if not (self.path / LOCK).exists():
            return False
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def recall(self) -> None:
        """Take what the shared folder says; what it does not say is not done. Raises StorageUnusable."""
        if self.shared is None:
            return
        for path in [self.path / RUN, self.path / MANIFEST, *(self.path / DONE).glob("*")]:
            path.unlink(missing_ok=True)
        for name in (RUN, MANIFEST, *(f"{DONE}/{name}" for name in self.shared.names(DONE))):
            content = self.shared.read(name)
            if content is not None:
                write_bytes(self.path, name, content)

    def share_inputs(self) -> None:
        """Put the inputs where every machine finds them."""
        if self.shared is None:
            return
        there = set(self.shared.names(INPUTS))
        for path in sorted((self.path / INPUTS).rglob("*")):
            name = path.relative_to(self.path / INPUTS).as_posix()
            if path.is_file() and (name not in there or self.shared.size(f"{INPUTS}/{name}") != path.stat().st_size):
                self.shared.put(f"{INPUTS}/{name}", path)

    def open_for(self, plan: Plan) -> None:
        """Make the folder this run's, or find that it is. Raises BatchFolderTaken."""
        stored = self.read(RUN)
        if stored is None:
            strange = [] if self.shared else sorted(path.name for path in self.path.iterdir() if path.name not in OWN)
            if strange:
                raise BatchFolderTaken(
                    "the folder holds something else than a run",
                    where=str(self.path),
                    expected="an empty folder, or one that is not there",
                    found=", ".join(strange[:5]),
                )
            facts = {"run": plan.digest, "question": plan.question(), "places": asdict(plan.places)}
            self.write(RUN, facts)
        elif stored["run"] != plan.digest:
            raise BatchFolderTaken(
                "the folder holds a run on other inputs",
                where=str(self.path),
                expected=f"run {stored['run'][:12]}",
                found=f"run {plan.digest[:12]}; what differs: {', '.join(plan.differences(stored['question']))}",
                advice="Name another folder with --out; the run that is there stays as it is",
            )

    def places(self) -> Places:
        """Where the inputs of the run were found."""
        stored = self._run()["places"]
        return Places(stored["home"], stored["overlay"], tuple(stored["facts"]), stored.get("records"))

    def question(self) -> dict[str, Any]:
        """What the run decides."""
        found = self._run()["question"]
        assert isinstance(found, dict)  # noqa: S101
        return found

    def _run(self) -> dict[str, Any]:
        stored = self.read(RUN)
        if stored is None:
            raise BatchNotFound("there is no run", where=str(self.path), expected=f"a folder with {RUN}")
        return stored

    def receipt(self, plan: Plan, bucket: str) -> Receipt | None:
        """What a bucket came to, if it is done and its files are whole."""
        stored = self.read(f"{DONE}/{bucket}.json")
        if stored is None or stored.get("run") != plan.digest:
            return None
        receipt = Receipt.read(stored)
        return receipt if all(self._is_whole(output) for output in receipt.files.values()) else None

    def _is_whole(self, output: Output) -> bool:
        """Whether a result is there, to the byte; one that is far away is fetched for it."""
        if self.shared is None:
            return output.is_whole(self.path)
        if self.shared.size(output.path) != output.size:
            return False
        with tempfile.TemporaryDirectory(prefix=".looking-", dir=self.path) as folder:
            self.shared.fetch(output.path, Path(folder) / output.path)
            return output.is_whole(Path(folder))

    def keep(self, receipt: Receipt) -> None:
        """The bucket is done."""
        self.write(f"{DONE}/{receipt.bucket}.json", receipt.as_dict())

    def finish(self, plan: Plan, receipts: Mapping[str, Receipt]) -> dict[str, Any]:
        """Write the manifest: all buckets are done."""
        facts = manifest_of(plan, [receipts[bucket.name] for bucket in plan.buckets])
        if self.read(MANIFEST) != facts:
            self.write(MANIFEST, facts)
        return facts

    def manifest(self) -> dict[str, Any]:
        """What came out. Raises BatchNotFound, BatchNotFinished."""
        self._run()
        found = self.read(MANIFEST)
        if found is None:
            raise BatchNotFinished(
                "the run is not finished",
                where=str(self.path),
                expected=MANIFEST,
                advice="Run the same assetlight batch again: it goes on where it stopped",
            )
        return found

    def files(self, kind: str) -> list[Path]:
        """The files of one kind, in the order of the buckets. Raises what `manifest` raises."""
        return [self.path / output["path"] for output in self.manifest()["outputs"] if output["kind"] == kind]

    def tell(self, state: Mapping[str, Any]) -> None:
        """Say how far the run is; where that cannot be written, nobody is told."""
        with suppress(OSError):
            draft = self.path / f".{STATE}"
            draft.write_text(json.dumps(state, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            draft.replace(self.path / STATE)

    def cancel(self) -> None:
        """Ask the run to stop; it does within seconds, and what is done stays done."""
        (self.path / CANCEL).touch()

    def allow(self) -> None:
        """Take that back: the run is wanted again."""
        (self.path / CANCEL).unlink(missing_ok=True)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.path / CANCEL).exists()

    def read(self, name: str) -> dict[str, Any] | None:
        """A file of the folder; None where it is not there, or was not written to its end."""
        try:
            found = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, name: str, facts: Mapping[str, Any]) -> Output:
        """A file of the folder, in one step. Raises BatchDiskFull."""
        content = (json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
        if self.shared is not None:
            self.shared.put(name, content)
        return write_bytes(self.path, name, content)

    def has(self, name: str) -> bool:
        """Whether a file is in the folder."""
        return (self.path / name).exists() if self.shared is None else self.shared.size(name) is not None

    def remove(self, name: str) -> None:
        """Delete a file of the folder, if it is there."""
        if self.shared is not None and self.shared.size(name) is not None:
            self.shared.remove(name)
        (self.path / name).unlink(missing_ok=True)


def manifest_of(plan: Plan, receipts: list[Receipt]) -> dict[str, Any]:
    """Inputs and outputs of a finished run with their digests, and the counters. No moment, no machine, no path of
    the machine, so that the same run is the same bytes."""
    outputs = [
        {"kind": kind, "bucket": receipt.bucket, **output.as_dict()}
        for receipt in receipts
        for kind, output in sorted(receipt.files.items())
    ]
    outcomes: dict[str, int] = {}
    for receipt in receipts:
        for word, number in receipt.outcomes.items():
            outcomes[word] = outcomes.get(word, 0) + number
    question = plan.question()
    return {
        "schema_version": 1,
        "run": plan.digest,
        "as_of": question["as_of"],
        "inputs": question["inputs"],
        "request": question["request"],
        "counters": {name: sum(getattr(receipt, name) for receipt in receipts) for name in COUNTERS},
        "outcomes": dict(sorted(outcomes.items())),
        "vintages": added([receipt.vintages for receipt in receipts]),
        "outputs": outputs,
        "outputs_digest": digest([[output["path"], output["sha256"]] for output in outputs]),
    }
