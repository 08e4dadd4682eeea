"""A real retraining, killed with SIGKILL at many moments: it ends in the very model of one that nobody disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from service.bootstrap import build
from service.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]
CONFIG = """\
schema_version: "1"
name: nightly
developer: dev
comparison: {metric: auc, margin: 0.0, bound: value, minimum_defaults: 20}
rows: {source: table, table: loans.csv, schema: loans.yaml, as_of: 2023-12-31}
plan: {folds: 2, challengers: [logistic_regression]}
"""
SCHEMA = """\
schema_version: "1"
origin: simulated table
entity: firm
label: {column: bad}
columns:
  - {name: score, type: number, direction: -1}
  - {name: age, type: number, direction: 0}
"""
MOMENTS = (  # said by a worker when it is killed; the second number is a pause after it, in seconds
    ("step plan", 0.01),
    ("step build", 0.05),
    ("training fitting 3", 0.02),
    ("training validating 1", 0.05),
    ("training validating 15", 0.0),
    ("step judge", 0.0),
    ("step register", 0.01),
    ("step shadow", 0.0),
    ("step done", 0.0),
)


def retraining(folder: Path) -> Path:
    """A configuration with a table of 300 firms beside it."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    score, age = rng.normal(600, 50, 300).round(1), rng.integers(1, 40, 300)
    bad = (rng.uniform(size=300) < 1 / (1 + np.exp(1.2 + (score - 600) / 40))).astype(int)
    lines = [f"F{name:03d},{a},{b},{c}" for name, a, b, c in zip(rng.permutation(300), score, age, bad, strict=True)]
    (folder / "loans.csv").write_text("firm,score,age,bad\n" + "\n".join(lines) + "\n")
    (folder / "loans.yaml").write_text(SCHEMA)
    (folder / "retrain.yaml").write_text(CONFIG)
    return folder / "retrain.yaml"


@dataclass
class Nursery:
    """The process that makes workers."""

    process: subprocess.Popen[str]

    def say(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery has ended"
        return line.strip()

    def start(self) -> int:
        """A worker; its process id."""
        self.say()
        said, number = self.hear().split()
        assert said == "started"
        return int(number)

    def until(self, moment: str) -> list[str]:
        """What the worker says until it says this, or is gone."""
        heard = []
        while True:
            heard.append(self.hear())
            if f"{heard[-1]} ".startswith(f"{moment} ") or heard[-1].startswith("gone"):
                return heard


@contextmanager
def nursery(home: Path, config: Path) -> Iterator[Nursery]:
    """Workers on a data directory."""
    command = [sys.executable, "-m", "tests.retraining_worker", str(home), str(config)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            made = Nursery(process)
            assert made.hear().startswith("ready")
            yield made
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too, also one that stands still


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """Digest and report of the model that a run makes which nobody kills."""
    folder = tmp_path_factory.mktemp("quiet")
    with nursery(folder / "home", retraining(folder / "config")) as workers:
        workers.start()
        *_, ended, gone = workers.until("gone")
    assert gone == "gone done"
    _, result, model, again, _ = ended.split()
    assert (result, again) == ("registered", "False")
    return model, (folder / "home" / "validations" / model[:12] / "report.json").read_bytes()


def test_killed_at_many_moments_it_ends_in_the_same_model(undisturbed: tuple[str, bytes], tmp_path: Path) -> None:
    """One home, kill after kill, each further on: one plan, one model, the same bundle and report to the byte."""
    home, config = tmp_path / "home", retraining(tmp_path / "config")
    killed = []
    with nursery(home, config) as workers:
        for moment, pause in MOMENTS:
            worker = workers.start()
            heard = workers.until(moment)
            if heard[-1].startswith("gone"):
                continue  # this step was done before an earlier kill
            time.sleep(pause)
            os.kill(worker, signal.SIGKILL)
            killed += [moment] if workers.until("gone")[-1] == "gone killed" else []
        workers.start()
        *_, ended, _ = workers.until("gone")
    model, report = undisturbed
    assert len(killed) >= 5, killed
    assert ended.split()[1:3] == ["registered", model]
    service = build(read_settings(home=home))
    standing, kinds = service.registry.standing(), [record.kind.value for record in service.registry.records()]
    service.close()
    assert kinds == ["retraining_planned", "model_registered"]
    assert list(standing.models) == [model]
    assert Bundle.load(home / "bundles" / model[:12]).digest == model
    assert (home / "validations" / model[:12] / "report.json").read_bytes() == report


def test_two_processes_at_once(undisturbed: tuple[str, bytes], tmp_path: Path) -> None:
    """While one is at work another refuses with 75; one that waits finds everything done."""
    home, config = tmp_path / "home", retraining(tmp_path / "config")
    command = [sys.executable, "-m", "service", "retrain", str(config), "--home", str(home), "--json"]
    with nursery(home, config) as workers:
        worker = workers.start()
        workers.until("training fitting 1")
        os.kill(worker, signal.SIGSTOP)
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert refused.returncode == 75
        assert json.loads(refused.stdout)["error"] == "RetrainingRunning"
        with subprocess.Popen([*command, "--wait"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as waiting:
            os.kill(worker, signal.SIGCONT)
            *_, ended, _ = workers.until("gone")
            answer = json.loads(waiting.communicate()[0])
        assert waiting.returncode == 0
    assert ended.split()[1:4] == ["registered", undisturbed[0], "False"]
    assert (answer["model"], answer["result"], answer["again"]) == (undisturbed[0], "registered", True)
