"""One retraining: the same inputs give one model, a killed job goes on where it was, and two never run at once.

Everything the job has done lies in `<home>/retraining/<inputs>/`, named by the request, the stored records and the
code; each step is done whole or not at all, and each looks first whether it is done. What it registers is on record
before it says so, so a job that is killed between the two finds its own record when it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from models.bundle import Bundle
from models.canonical import digest
from models.durable import replace_durably
from service.bundles import BundleShelf
from service.registry.records import ALL, JOB, Planned, Role, Stopped, Validated, person
from service.registry.registry import Actor, Registry
from service.registry.reports import read_report, report_folder
from service.registry.standing import SHORT, Standing
from service.retraining.config import Judged, RetrainConfig
from service.retraining.door import Progress, TrainingDoor
from service.retraining.errors import RetrainingRunning

REGISTERED, STOPPED, UNCHANGED = "registered", "stopped", "unchanged"


@dataclass(frozen=True)
class Retraining:
    """How a retraining ended. `again`: an earlier run of the same inputs had done it all."""

    key: str
    result: str  # REGISTERED, STOPPED or UNCHANGED
    model: str
    reason: str
    shadow: bool
    again: bool
    comparison: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """For a machine."""
        return dict(vars(self))


@dataclass
class Job:
    """One run of a configuration on a data directory."""

    config: RetrainConfig
    home: Path
    registry: Registry
    bundles: BundleShelf
    door: TrainingDoor
    folder: Path = Path()  # of the configuration: files that it names lie relative to it
    progress: Progress = lambda *_: None
    reached: Callable[[str], None] = lambda _: None  # told the name of each step as it begins

    def run(self, *, wait: bool = False) -> Retraining:
        """Do what is not done yet. Raises RetrainingRunning, and what training and the registry raise."""
        with self._alone(wait=wait):
            return self._run()

    def _run(self) -> Retraining:
        config = self.config
        self.registry.scope(config.scope)
        request = config.request(self.folder)
        inputs = self.door.request_key(request, str(self.home))
        key = digest({"inputs": inputs, "judged": config.comparison.model_dump(mode="json")})
        champion = self.bundles.in_force(None if config.scope == ALL else config.scope).champion
        folder = self.home / "retraining" / inputs[:16]
        done = folder / f"done-{key[:8]}-{(champion or 'none')[:SHORT]}.json"
        if (before := _read(done)) is not None:
            return Retraining(**{**before, "again": True})
        self.reached("plan")
        plan = self._planned(key)
        self.reached("build")
        directory = None if champion is None else str(self.home / "bundles" / champion[:SHORT])
        built = self.door.build_challenger(request, str(self.home), str(folder), directory, self.progress)
        self.reached("judge")
        why_not = self._against(built)
        if built["digest"] == champion:
            ended = self._ended(key, UNCHANGED, built, "the retraining gives the champion itself", shadow=False)
        elif why_not:
            self._stop(key, plan, why_not, built)
            ended = self._ended(key, STOPPED, built, why_not, shadow=False)
        else:
            self.reached("register")
            self._register(built, plan)
            self.reached("shadow")
            shadow, words = self._into_shadow(built)
            ended = self._ended(key, REGISTERED, built, words, shadow=shadow)
        self.reached("done")
        _write(done, {name: value for name, value in ended.as_dict().items() if name != "again"})
        return ended

    def _planned(self, key: str) -> str:
        """The record that fixes the metric, written before anything is fitted; gives its digest."""
        standing = self.registry.standing()
        if key not in standing.plans:
            content = Planned(key=key, config=self.config.model_dump(mode="json"))
            return self.registry.append(lambda _: ("", content), self._actor).digest
        return standing.plans[key].digest

    def _against(self, built: dict[str, Any]) -> str:
        """Why the challenger does not go on, in one sentence; empty where it does."""
        judged, comparison = self.config.comparison, built["comparison"]
        if not built["skill"]:
            return "the challenger has shown no skill: " + " ".join(built["reasons"])
        defaults = built["defaults_tested"]
        if defaults < judged.minimum_defaults:
            return f"{defaults} defaults among the tested rows, fixed beforehand: at least {judged.minimum_defaults}"
        if built.get("incomparable"):
            return str(built["incomparable"])
        return "" if comparison is None else not_better(judged, comparison)

    def _stop(self, key: str, plan: str, reason: str, built: dict[str, Any]) -> None:
        if not any(one.content.key == key and one.content.reason == reason for one in self.registry.standing().stops):
            content = Stopped(key=key, plan=plan, reason=reason, comparison=built["comparison"])
            self.registry.append(lambda _: (built["digest"], content), self._actor)

    def _register(self, built: dict[str, Any], plan: str) -> None:
        if built["digest"] not in self.registry.standing().models:
            self.registry.register(
                Path(built["bundle"]),
                developer=self.config.developer,
                by=self._actor,
                plan=plan,
                comparison=built["comparison"],
                note=f"retraining {self.config.name}",
            )

    def _into_shadow(self, built: dict[str, Any]) -> tuple[bool, str]:
        """Put the model into the shadow where its report passes; whether it is there, and why or why not."""
        model = built["digest"]
        if self.config.shadow == "no":
            return False, "registered; the configuration asks for no shadow"
        folder = report_folder(self.home, model)
        if not folder.exists():
            return False, "registered; not in the shadow, for there is no validation report"
        bundle = Bundle.load(self.home / "bundles" / model[:SHORT])
        if bundle.own_columns:
            return False, "registered; not in the shadow, for it reads own columns that stored records do not hold"
        read = read_report(folder, bundle)
        standing = self.registry.standing()
        latest = standing.models[model].validation
        if latest is None or latest.content.report_sha256 != read.sha256:
            content = Validated(report_sha256=read.sha256, gates=read.gates, note="by the job; no person stands for it")
            self.registry.append(lambda _: (model, content), self._actor)
        failed = [gate.name for gate in read.gates if gate.blocking and not gate.passed]
        if failed:
            return False, f"registered; not in the shadow, for gates are not passed: {', '.join(failed)}"
        if not self._in_shadow(self.registry.standing(), model):
            self.registry.promote(
                model,
                by=self._actor,
                role=Role.CHALLENGER,
                scope=self.config.scope,
                requester=self.config.developer,
                reason=f"retraining {self.config.name}",
            )
        return True, "registered, and scored in the shadow from now on"

    def _in_shadow(self, standing: Standing, model: str) -> bool:
        return standing.holders.get((self.config.scope, Role.CHALLENGER)) == model

    def _ended(self, key: str, result: str, built: dict[str, Any], reason: str, *, shadow: bool) -> Retraining:
        return Retraining(key, result, built["digest"], reason, shadow, again=False, comparison=built["comparison"])

    @property
    def _actor(self) -> Actor:
        return Actor(person(f"{JOB}:{self.config.name}"), identified_by=JOB)

    @contextmanager
    def _alone(self, *, wait: bool) -> Iterator[None]:
        """The lock of the data directory; the operating system lets go of it when the process dies."""
        path = self.home / "retraining" / ".lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=-1 if wait else 0)
        try:
            with lock:
                yield
        except Timeout:
            raise RetrainingRunning(
                "another retraining of this data directory is under way",
                where=str(path),
                advice="--wait lets this one begin when that one is done",
            ) from None


def not_better(judged: Judged, comparison: Mapping[str, Any]) -> str:
    """Why a challenger is not good enough by what was fixed beforehand, in one sentence; empty where it is.

    A model that scores every row as the champion does is no better, whatever the margin; nor is one whose gain is
    nought, unless the margin is below nought and so asks only that it be not much worse.
    """
    gain, metric = comparison[judged.metric]["gain"], judged.metric
    which = "the lower end of the gain" if judged.bound == "low" else "the gain"
    found = (
        f"{which} in {metric} over the champion is {gain[judged.bound]:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}]"
    )
    if comparison.get("identical"):
        return f"no better than the champion, not registered: both score every tested row alike; {found}"
    if gain[judged.bound] < judged.margin:
        return f"{found}; fixed beforehand: at least {judged.margin:+.4f}"
    if judged.margin >= 0 and gain[judged.bound] <= 0:
        return f"no better than the champion, not registered: {found}; fixed beforehand: above 0"
    return ""


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_durably(path, json.dumps(facts, ensure_ascii=False).encode())
