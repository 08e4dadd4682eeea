"""A run on a Ray cluster of two nodes: the bytes of a local run, and workers and nodes killed in the middle."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from service.batch import cluster as engine
from service.batch.bucket import Task
from service.batch.cluster import RayCluster
from service.batch.errors import BatchCancelled, BatchWorkersLost, BucketUnreadable, ClusterUnreachable, RayNotInstalled
from service.batch.folder import RunFolder
from service.batch.plan import Bucket, Inputs, Places, Plan
from service.batch.running import Step, run_plan
from service.bootstrap import Service
from tests.service.batch.runs import contents, planned, ran, rows
from tests.service.batch.test_running import poison, spoil
from tests.service.conftest import Run

pytest.importorskip("ray", reason="needs the extra assetlight[ray]")
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file .*(raylet|gcs_server|ray).*:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess [0-9]+ is still running:ResourceWarning"),
]
ROOT = Path(__file__).parents[3]
STORE = 80 * 1024 * 1024  # bytes: the least that Ray takes; nothing of ours goes through it


class TwoNodes:
    """A cluster on loopback: a head and another node, one processor each. A node that was killed is put back."""

    def __init__(self) -> None:
        ray = import_module("ray.cluster_utils")
        self.cluster = ray.Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE},
        )
        self.second: Any = None
        self.complete()

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def complete(self) -> None:
        if self.second is None:
            self.second = self.cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def workers(self, *nodes: Any) -> list[int]:
        """Processes that are at a bucket."""
        raylets = {
            node.all_processes["raylet"][0].process.pid for node in nodes or (self.cluster.head_node, self.second)
        }
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                title = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent in raylets and title.startswith(b"ray::work"):
                found.append(int(entry.name))
        return found

    def kill_second(self) -> None:
        """kill -9 of the raylet: its workers go with it."""
        os.kill(self.second.all_processes["raylet"][0].process.pid, signal.SIGKILL)
        self.cluster.remove_node(self.second, allow_graceful=False)
        self.second = None


@pytest.fixture(scope="module")
def nodes() -> Iterator[TwoNodes]:
    """One cluster for all tests here."""
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("RAY_USAGE_STATS_ENABLED", "0")
        surroundings.setenv("PYTHONPATH", str(ROOT))
        two = TwoNodes()
        yield two
        two.cluster.shutdown()


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The buckets that lost their worker."""
    lost: list[str] = []
    lose = engine._Handing._lose

    def noted(self: Any, task: Any, error: Exception) -> None:
        lost.append(task.bucket.name)
        lose(self, task, error)

    monkeypatch.setattr(engine._Handing, "_lose", noted)
    return lost


def test_the_bytes_are_those_of_this_machine(
    service: Service, nodes: TwoNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and the manifest, and the same progress to the end; the books are read on the cluster too."""
    ran(service, tmp_path / "local")
    monkeypatch.setattr("service.batch.running.PREPARED_HERE", 0)
    steps: list[Step] = []
    plan = planned(service)
    run_plan(plan.plan, tmp_path / "ray", plan.lake, engine=RayCluster(nodes.address), progress=steps.append)
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    assert [step.buckets_done for step in steps] == [*range(steps[-1].buckets + 1), steps[-1].buckets]


def test_a_killed_worker_costs_its_bucket_only(
    service: Service, nodes: TwoNodes, tmp_path: Path, losses: list[str]
) -> None:
    """kill -9 of every process that is at a bucket: those are done again, and nothing else."""
    ran(service, tmp_path / "local")
    plan = planned(service)
    killed: list[int] = []

    def kill_once(step: Step) -> None:
        if step.buckets_done == 1 and not killed:
            killed.extend(nodes.workers())
            for process in killed:
                os.kill(process, signal.SIGKILL)

    run_plan(plan.plan, tmp_path / "ray", plan.lake, engine=RayCluster(nodes.address), progress=kill_once)
    assert killed
    assert 1 <= len(losses) <= len(killed)
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


def test_a_killed_node_costs_what_it_was_at(
    service: Service, nodes: TwoNodes, tmp_path: Path, losses: list[str]
) -> None:
    """kill -9 of a raylet with all its workers: the other node does the rest."""
    ran(service, tmp_path / "local")
    plan = planned(service)

    def kill_once(step: Step) -> None:
        if step.buckets_done >= 1 and nodes.second is not None and nodes.workers(nodes.second):
            nodes.kill_second()

    try:
        run_plan(plan.plan, tmp_path / "ray", plan.lake, engine=RayCluster(nodes.address), progress=kill_once)
        assert nodes.second is None
    finally:
        nodes.complete()
    assert len(set(losses)) == len(losses)  # none, where its last bucket had just come back
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


def test_a_cancelled_run_stops_and_goes_on(service: Service, nodes: TwoNodes, tmp_path: Path) -> None:
    """What was done stays done, on whatever engine it goes on."""
    ran(service, tmp_path / "local")
    plan, folder = planned(service), RunFolder(tmp_path / "ray")

    def cancel(step: Step) -> None:
        if step.buckets_done == 2:
            folder.cancel()

    with pytest.raises(BatchCancelled, match="cancelled"):
        run_plan(plan.plan, folder.path, plan.lake, engine=RayCluster(nodes.address), progress=cancel)
    assert (folder.read("state.json") or {})["state"] == "cancelled"
    folder.allow()
    assert ran(service, folder.path, RayCluster(nodes.address)).buckets_before >= 2
    assert contents(folder.path) == contents(tmp_path / "local")


def test_what_a_bucket_raises_on_the_cluster_is_what_it_raises_here(
    service: Service, nodes: TwoNodes, tmp_path: Path
) -> None:
    """A poisoned row is a failure of its enterprise; a file of everybody's books that cannot be read stops the run."""
    poison(service.settings.home, ["E3"])
    found = ran(service, tmp_path / "poisoned", RayCluster(nodes.address))
    assert (found.counters["scored"], found.counters["failed"]) == (11, 1)
    assert rows(tmp_path / "poisoned", "failures").column("enterprise_id").to_pylist() == ["E3"]
    victim = service.lake.root / service.lake.manifest().of("invoice")[0].path
    spoil(victim)
    with pytest.raises(BucketUnreadable, match=victim.name):
        ran(service, tmp_path / "spoiled", RayCluster(nodes.address))


def test_the_command_says_what_the_local_one_says(home: Path, nodes: TwoNodes, tmp_path: Path, run: Run) -> None:
    """`assetlight batch --engine ray --address`: the same folder, found done by a local run of the same question."""
    args = ("batch", "--as-of", "2020-02-29", "--home", home, "--out", f"file://{tmp_path / 'run'}")
    code, _, err = run(*args, "--engine", "ray", "--address", nodes.address)
    assert code == 0, err
    code, out, _ = run(*args, "--workers", "1")
    assert "done already" in out


def test_an_interrupted_command_leaves_a_run_that_goes_on(
    home: Path, nodes: TwoNodes, tmp_path: Path, run: Run
) -> None:
    """SIGINT in the middle: code 130; the same command on the cluster does the rest, to the bytes of a local run."""
    command = [
        sys.executable, "-m", "service", "batch", "--as-of", "2020-02-29", "--home", str(home),
        "--out", str(tmp_path / "run"), "--engine", "ray", "--address", nodes.address,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    folder = RunFolder(tmp_path / "run")
    for _ in range(600):
        if (folder.read("state.json") or {}).get("state") == "running":
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 130, said
    assert (folder.read("state.json") or {})["state"] == "stopped"
    before = len(list((tmp_path / "run" / "done").glob("*.json")))
    again = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert (told["buckets_done_before"], told["was_done"]) == (before, False)
    assert run("batch", "--as-of", "2020-02-29", "--home", home, "--out", tmp_path / "local", "--workers", "1")[0] == 0
    assert contents(folder.path) == contents(tmp_path / "local")


INTERRUPTED = """
import sys
from datetime import date
from pathlib import Path
from service.batch.cluster import RayCluster
from service.batch.running import run_plan
from service.batch.starting import plan_records
from service.bootstrap import build
from service.settings import read_settings

service = build(read_settings(home=Path(sys.argv[1])))
plan = plan_records(service.assessor, date(2020, 2, 29), rows_at_once=1)
try:
    run_plan(plan.plan, Path(sys.argv[2]), plan.lake, engine=RayCluster(sys.argv[3]))
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_interrupted_between_buckets_the_cluster_does_the_rest_only(
    service: Service, nodes: TwoNodes, tmp_path: Path
) -> None:
    """Ctrl-C after two buckets: what was done is not handed out again, and the bytes are those of a local run."""
    ran(service, tmp_path / "local")
    home, folder = service.settings.home, RunFolder(tmp_path / "run")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(home), str(folder.path), nodes.address],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and len(list(folder.path.glob("done/*.json"))) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    done = len(list(folder.path.glob("done/*.json")))
    again = ran(service, folder.path, RayCluster(nodes.address))
    assert 2 <= done == again.buckets_before < again.buckets
    assert contents(folder.path) == contents(tmp_path / "local")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere"])
def test_a_cluster_that_does_not_answer_is_named(service: Service, tmp_path: Path, address: str) -> None:
    """With what to start; nothing was written as done."""
    with pytest.raises(ClusterUnreachable, match="ray start --head"):
        ran(service, tmp_path / "run", RayCluster(address))
    assert (RunFolder(tmp_path / "run").read("state.json") or {})["state"] == "stopped"


def test_without_ray_the_extra_is_named(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is planned."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RayNotInstalled, match=r"assetlight\[ray\]"):
        engine.ray_package()
    code, _, err = run("batch", "--as-of", "2020-02-29", "--home", home, "--engine", "ray", "--address", "h:1")
    assert code == 1
    assert "RayNotInstalled" in err


def test_the_options_of_engines_do_not_mix(home: Path, run: Run) -> None:
    """Wrong usage, code 2."""
    for options in (
        ["--engine", "ray"],
        ["--address", "h:1"],
        ["--engine", "ray", "--address", "h:1", "--workers", "2"],
    ):
        assert run("batch", "--as-of", "2020-02-29", "--home", home, *options)[0] == 2


def test_the_plan_goes_to_the_cluster_once() -> None:
    """However many buckets: a task names it."""
    put: list[Any] = []
    handed: list[tuple[Any, ...]] = []

    class Ray:
        def put(self, plan: Any) -> str:
            put.append(plan)
            return "the plan"

        def remote(self, **_: Any) -> Any:
            remote = type("Work", (), {"remote": lambda _self, *args: handed.append(args) or len(handed)})
            return lambda _function: remote()

        def cluster_resources(self) -> dict[str, int]:
            return {"CPU": 8}

    plan = Plan(date(2020, 2, 29), Inputs("b", None, "p", "1"), Places("/home"), ())
    tasks = [Task(plan, Bucket(f"{number:03d}", 1, lake=(number,)), "/run") for number in range(9)]
    assert engine._Handing(Ray(), tasks)._hand_out()
    assert put == [plan]
    assert [args[1].name for args in handed] == [task.bucket.name for task in tasks]
    assert {args[0] for args in handed} == {"the plan"}


class _Died(Exception):
    pass


def test_a_bucket_that_takes_its_worker_down_every_time_ends_the_run() -> None:
    """Named, with what to do; a bucket that was lost less often waits again."""

    class Ray:
        class exceptions:  # noqa: N801
            RayError = _Died

        def remote(self, **_: Any) -> Any:
            return lambda function: function

    handing = engine._Handing(Ray(), [])
    task: Any = type("Task", (), {"bucket": type("Bucket", (), {"name": "007"})})
    for _ in range(2):
        handing._lose(task, _Died("killed"))
    assert len(handing._waiting) == 2
    with pytest.raises(BatchWorkersLost, match="bucket 007"):
        handing._lose(task, _Died("killed"))


@pytest.mark.soak
def test_workers_killed_at_twenty_moments(service: Service, nodes: TwoNodes, tmp_path: Path, losses: list[str]) -> None:
    """Ten runs with a worker killed at a random bucket, ten with the second node; each equals the local one."""
    ran(service, tmp_path / "local")
    expected = contents(tmp_path / "local")
    moments = random.Random(5)  # noqa: S311
    for number in range(20):
        plan, done = planned(service), []
        moment = moments.randrange(0, len(plan.plan.buckets) - 1)

        def kill(step: Step, number: int = number, moment: int = moment, done: list[int] = done) -> None:
            if done or step.buckets_done < moment:
                return
            time.sleep(moments.uniform(0, 0.2))
            victims = nodes.workers() if number % 2 else nodes.workers(nodes.second)
            if victims and number % 2:
                os.kill(moments.choice(victims), signal.SIGKILL)
                done.append(1)
            elif victims:
                nodes.kill_second()
                done.append(1)

        run_plan(plan.plan, tmp_path / f"run{number}", plan.lake, engine=RayCluster(nodes.address), progress=kill)
        nodes.complete()
        assert contents(tmp_path / f"run{number}") == expected, number
    assert len(losses) >= 10
