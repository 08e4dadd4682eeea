"""The journal of a search: an Optuna study in a file of its own, so that a killed search goes on where it was."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from models.errors import AssetlightError

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

Judged = tuple[float, Mapping[str, Any]]  # the loss of a trial, and what the journal keeps of it as JSON values
Attempt = Callable[["Trial"], Judged]


class JournalInUse(AssetlightError):
    """Another process is writing to the journal of the very same search."""


class Study:
    """An Optuna study in a journal file of its own, held by one process at a time."""

    def __init__(self, folder: Path | None, key: str) -> None:
        self._folder, self._key = folder, key
        self._lock: FileLock | None = None

    def __enter__(self) -> Study:
        import optuna  # noqa: PLC0415  (takes a second)
        from optuna.storages import JournalStorage  # noqa: PLC0415
        from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = None
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self._key}.journal"
            self._lock = FileLock(path.with_suffix(".held"))
            if not self._acquired():
                raise JournalInUse(
                    "the same search is running in another process", where=path.name,
                    advice="Wait for it to end; it can be resumed if it is killed",
                )  # fmt: skip
            _mend(path)
            storage = JournalStorage(JournalFileBackend(str(path)))
        self._study = optuna.create_study(storage=storage, study_name=self._key, load_if_exists=True)
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state == optuna.trial.TrialState.RUNNING:  # cut off by a kill
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()

    def completed(self) -> list[FrozenTrial]:
        """The trials that ended, in order."""
        from optuna.trial import TrialState  # noqa: PLC0415

        found: list[FrozenTrial] = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return sorted(found, key=lambda trial: trial.number)

    def run(self, attempt: Attempt, *, number: int, seed: int, fixed: Mapping[str, Any] | None = None) -> None:
        """One trial, proposed from the seed and the trials that ended before, or `fixed`; kept with what it found."""
        from optuna.samplers import TPESampler  # noqa: PLC0415
        from optuna.trial import TrialState  # noqa: PLC0415

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._study.sampler = TPESampler(seed=seed * 10_007 + number, n_startup_trials=8, constant_liar=False)
        if fixed is not None and not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            self._study.enqueue_trial(dict(fixed))
        trial = self._study.ask()
        loss, kept = attempt(trial)
        for name, value in {"place": number, **kept}.items():
            trial.set_user_attr(name, value)
        self._study.tell(trial, loss)

    def _acquired(self) -> bool:
        from filelock import Timeout  # noqa: PLC0415

        if self._lock is None:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True


def _mend(path: Path) -> None:
    """After a kill: a half-written last line is cut off, and Optuna's own lock, which nobody holds, is removed."""
    for left in (path.with_name(path.name + ".lock"), *path.parent.glob(f"{path.name}.lock*.rename")):
        if left.is_symlink() or left.exists():
            left.unlink()
    if path.exists():
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            path.write_bytes(whole)
