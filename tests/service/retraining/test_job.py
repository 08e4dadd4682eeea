"""The scheduled retraining: one model for the same inputs, killed and resumed, two at once, judged beforehand."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.bootstrap import build
from service.bundles import BundleShelf
from service.registry.errors import NotValidated
from service.registry.registry import Registry
from service.retraining.config import RetrainConfig
from service.retraining.door import TrainingDoor
from service.retraining.errors import RetrainingRunning
from service.retraining.job import Job
from service.settings import read_settings
from tests.registry_desk import APP, GATES, OWN, VAL, desk, gate, promoted, skilled, write_report

CONFIG: dict[str, Any] = {
    "schema_version": "1",
    "name": "nightly",
    "developer": "dev",
    "comparison": {"metric": "auc", "margin": "0.01", "bound": "low", "minimum_defaults": "30"},
}


def config(**more: Any) -> RetrainConfig:
    """A configuration with some keys changed."""
    return RetrainConfig.model_validate({**CONFIG, **more})


@dataclass
class Training:
    """Training that answers at once: a bundle by seed, and whatever comparison the test wants."""

    seed: int = 5
    gain: float = 0.02
    spread: float = 0.005
    skill: bool = True
    defaults: int = 100
    inputs: str = "a"
    gates: Any = GATES
    identical: bool = False
    incomparable: str | None = None
    built: int = 0
    champions: list[str | None] = field(default_factory=list)

    def build(self, _request: Any, home: str, folder: str, champion: str | None, progress: Any) -> dict[str, Any]:
        progress("fitting", 1, 1)
        self.champions.append(champion)
        bundle = skilled(self.seed)
        path = Path(folder) / "bundle" / bundle.digest[:12]
        if not path.exists():
            self.built += 1
            if self.gates is not None:
                write_report(Path(home), bundle.digest, self.gates)
            bundle.write(path)  # last: where it is, the step is done
        gain = {"value": self.gain, "low": self.gain - self.spread, "high": self.gain + self.spread}
        each = {"champion": {"value": 0.7}, "challenger": {"value": 0.7 + self.gain}, "gain": gain}
        comparison = {
            "auc": each,
            "brier": each,
            "rows": 10,
            "defaults": 9,
            "tested_days": [],
            "champion_saw_test": False,
            "identical": self.identical,
        }
        return {
            "digest": bundle.digest, "bundle": str(path), "skill": self.skill, "reasons": ["like a coin"],
            "defaults_tested": self.defaults, "incomparable": self.incomparable,
            "comparison": comparison if champion and not self.incomparable else None,
        }  # fmt: skip

    @property
    def door(self) -> TrainingDoor:
        return TrainingDoor(lambda *_: (self.inputs * 64)[:64], self.build, lambda *_: [], lambda *_: {})


def job(registry: Registry, training: Training, settings: RetrainConfig | None = None, **more: Any) -> Job:
    """A job on a registry."""
    shelf = BundleShelf(registry.home, registry.standing)
    return Job(settings or config(), registry.home, registry, shelf, training.door, **more)


def test_a_better_challenger_is_registered_and_shadowed_once(tmp_path: Path) -> None:
    """The same inputs twice: one model, one plan, one comparison; the second run says that it was done."""
    registry = desk(tmp_path)
    champion = promoted(registry)
    training = Training()
    first = job(registry, training).run()
    assert (first.result, first.shadow, first.again) == ("registered", True, False)
    records = registry.standing().records
    second = job(registry, training).run()
    assert (second.again, second.model, second.reason) == (True, first.model, first.reason)
    assert registry.standing().records == records
    assert training.built == 1
    standing = registry.standing()
    assert (standing.champion(), standing.challenger()) == (champion, first.model)
    facts = standing.models[first.model].facts
    assert facts.developer == "dev"
    assert facts.comparison["auc"]["gain"]["value"] == 0.02
    (plan,) = standing.plans.values()
    assert facts.plan == plan.digest
    assert plan.sequence < standing.models[first.model].registered.sequence
    assert plan.content.config["comparison"]["margin"] == 0.01
    assert training.champions == [str(tmp_path / "bundles" / champion[:12])]


def test_a_job_stands_for_nothing(tmp_path: Path) -> None:
    """Its report is enough for the shadow; for an approval a person must have validated the model."""
    registry = desk(tmp_path)
    promoted(registry)
    model = job(registry, Training()).run().model
    with pytest.raises(NotValidated, match="no person stands for it"):
        registry.approve(model, by=APP)
    registry.validate(model, by=VAL)
    registry.approve(model, by=APP)
    registry.promote(model, by=OWN, reason="better")
    assert registry.champion() == model


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (Training(gain=0.012), "lower end of the gain in auc over the champion is +0.0070"),
        (Training(gain=-0.02), "fixed beforehand: at least +0.0100"),
        (Training(skill=False), "no skill: like a coin"),
        (Training(defaults=29), "29 defaults among the tested rows"),
    ],
    ids=["within the margin", "worse", "no skill", "few defaults"],
)
def test_it_stops_with_the_reason(tmp_path: Path, training: Training, words: str) -> None:
    """Nothing is registered; the reason is on record and is given again without another fit."""
    registry = desk(tmp_path)
    champion = promoted(registry)
    ended = job(registry, training).run()
    assert ended.result == "stopped"
    assert words in ended.reason
    standing = registry.standing()
    assert list(standing.models) == [champion]
    assert standing.stops[0].content.reason == ended.reason
    assert job(registry, training).run().again
    assert len(registry.standing().stops) == 1


def test_the_estimate_itself_may_be_what_was_fixed(tmp_path: Path) -> None:
    """`bound: value` asks the gain and not the end of its interval; another margin is another plan on record."""
    registry = desk(tmp_path)
    promoted(registry)
    training = Training(gain=0.012)
    assert job(registry, training).run().result == "stopped"
    other = {**CONFIG["comparison"], "bound": "value"}
    assert job(registry, training, config(comparison=other)).run().result == "registered"
    assert len(registry.standing().plans) == 2
    assert training.built == 1


def margin(of: str, bound: str = "low") -> RetrainConfig:
    """The configuration with another margin."""
    return config(comparison={**CONFIG["comparison"], "margin": of, "bound": bound})


@pytest.mark.parametrize(
    ("training", "settings", "words"),
    [
        pytest.param(Training(gain=0.0, spread=0.0), margin("0"), "fixed beforehand: above 0", id="nought of nought"),
        pytest.param(Training(gain=0.0, spread=0.0), margin("0", "value"), "above 0", id="nought by value"),
        pytest.param(
            Training(gain=0.0, spread=0.0, identical=True), margin("-0.01"), "score every tested row alike",
            id="the same scores, whatever the margin",
        ),
        pytest.param(
            Training(gain=0.02, incomparable="other columns."), margin("0"), "other columns", id="not comparable"
        ),
    ],
)  # fmt: skip
def test_what_is_no_better_is_not_registered(
    tmp_path: Path, training: Training, settings: RetrainConfig, words: str
) -> None:
    """A gain of nought is no gain: it stops with the reason, nothing is registered, and the comparison is on record."""
    registry = desk(tmp_path)
    champion = promoted(registry)
    ended = job(registry, training, settings).run()
    assert (ended.result, list(registry.standing().models)) == ("stopped", [champion])
    assert words in ended.reason
    (stop,) = registry.standing().stops
    assert stop.content.reason == ended.reason


def test_a_margin_below_nought_asks_for_not_much_worse(tmp_path: Path) -> None:
    """Another model that is as good may be registered where that was fixed beforehand."""
    registry = desk(tmp_path)
    promoted(registry)
    ended = job(registry, Training(gain=0.0, spread=0.004), margin("-0.005")).run()
    assert ended.result == "registered"


def test_the_first_model_needs_no_champion(tmp_path: Path) -> None:
    """There is nothing to compare with, and the rest holds all the same."""
    registry = desk(tmp_path)
    ended = job(registry, Training()).run()
    assert (ended.result, ended.comparison, ended.shadow) == ("registered", None, True)
    assert registry.standing().champion() is None


@pytest.mark.parametrize(
    ("gates", "words"),
    [([gate("calibration", passed=False)], "gates are not passed: calibration"), (None, "no validation report")],
)
def test_a_challenger_that_fails_a_gate_stays_out_of_the_shadow(tmp_path: Path, gates: Any, words: str) -> None:
    """It is registered, so that people can look at it, and scores nobody."""
    registry = desk(tmp_path)
    ended = job(registry, Training(gates=gates)).run()
    assert (ended.result, ended.shadow) == ("registered", False)
    assert words in ended.reason
    assert registry.standing().challenger() is None


def test_the_champion_itself_is_no_challenger(tmp_path: Path) -> None:
    """After the challenger was promoted, the same inputs give the champion: nothing to do, and no failure."""
    registry = desk(tmp_path)
    champion = promoted(registry, seed=5)
    ended = job(registry, Training(seed=5)).run()
    assert (ended.result, ended.model) == ("unchanged", champion)


def test_new_records_make_a_new_model(tmp_path: Path) -> None:
    """Other inputs, another run."""
    registry = desk(tmp_path)
    job(registry, Training()).run()
    ended = job(registry, Training(seed=6, inputs="b")).run()
    assert not ended.again
    assert len(registry.standing().models) == 2
    assert registry.standing().challenger() == ended.model


def test_two_at_once(tmp_path: Path) -> None:
    """The second one refuses, or waits when told to and then finds everything done."""
    registry, training = desk(tmp_path), Training()
    inside, go_on = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "build":
            inside.set()
            assert go_on.wait(20)

    first = threading.Thread(target=lambda: job(registry, training, reached=hold).run())
    first.start()
    assert inside.wait(20)
    with pytest.raises(RetrainingRunning, match="--wait"):
        job(desk(tmp_path, registry.make_store()), training).run()
    ended: list[Any] = []
    second = threading.Thread(target=lambda: ended.append(job(registry, training).run(wait=True)))
    second.start()
    go_on.set()
    for thread in (first, second):
        thread.join(20)
    assert ended[0].again
    assert training.built == 1


def forked(home: Path, pause: float) -> tuple[int, int]:
    """The job in a process of its own, which tells its steps through a pipe: process and reading end."""
    skilled(5)  # fitted before, so that the child only writes it
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        service = build(read_settings(home=home))

        def reached(step: str) -> None:
            os.write(writing, f"{step}\n".encode())
            time.sleep(pause)

        made = Job(config(), home, service.registry, service.bundles, Training().door, reached=reached).run()
        os.write(writing, f"ended {made.result} {made.shadow}\n".encode())
    finally:
        os._exit(0)


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_it_goes_on(tmp_path: Path, seed: int) -> None:
    """kill -9 inside each step and soon after it: in the end one model, one plan, one place in the shadow."""
    rng = np.random.default_rng(seed)
    for step in ("plan", "build", "judge", "register", "shadow", "done"):
        process, reading = forked(tmp_path, 0.03)
        with os.fdopen(reading) as told:
            for line in told:
                if line.strip() == step:
                    time.sleep(float(rng.uniform(0.0, 0.06)))
                    os.kill(process, signal.SIGKILL)
                    break
        os.waitpid(process, 0)
    process, reading = forked(tmp_path, 0.0)
    with os.fdopen(reading) as told:
        assert "ended registered True" in told.read()
    os.waitpid(process, 0)
    service = build(read_settings(home=tmp_path))
    standing = service.registry.standing()
    kinds = [record.kind.value for record in service.registry.records()]
    service.close()
    assert len(standing.models) == 1
    assert standing.challenger() == next(iter(standing.models))
    assert sorted(kinds) == ["model_promoted", "model_registered", "model_validated", "retraining_planned"]
    assert standing.refused == []
