"""A run: the same bytes whatever the processes, resumed after any kill, and bad rows that cost nobody else."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from models.lake import Lake
from models.records import KINDS
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.batch import running
from service.batch.bucket import Task, do_bucket
from service.batch.errors import (
    BatchBusy,
    BatchCancelled,
    BatchFolderTaken,
    BatchIncomplete,
    BatchNotFinished,
    BucketUnreadable,
    EveryEnterpriseFails,
)
from service.batch.folder import RunFolder
from service.batch.running import ProcessPool, in_this_process, run_plan
from service.batch.starting import run as run_and_tell
from service.bootstrap import Service
from service.portfolio import score_portfolio
from service.store.schema import LEDGER
from tests.service.batch.runs import contents, planned, ran, rows
from tests.service.conftest import AS_OF, ENTERPRISES, TODAY, Run


def test_the_bytes_do_not_depend_on_the_number_of_processes(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process or two: every file and the manifest are the same to the byte; so are the books read by two."""
    ran(service, tmp_path / "one")
    monkeypatch.setattr(running, "PREPARED_HERE", 0)
    ran(service, tmp_path / "two", ProcessPool(2))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_run_says_what_the_small_form_says(service: Service, tmp_path: Path) -> None:
    """`assetlight score` and a batch give the same decisions; the batch says them in full, and its parts add up."""
    found = ran(service, tmp_path / "run")
    small = score_portfolio(service.assessor, AS_OF, tmp_path / "small", decision_ids=False)
    table, flat = rows(tmp_path / "run"), pq.read_table(small.files["parquet"])
    assert table.select(flat.column_names).equals(flat)
    assert table.column("enterprise_id").to_pylist() == sorted(ENTERPRISES)
    assert found.counters == {"planned": 12, "scored": 12, "referred": small.by_outcome["refer"], "failed": 0}
    for row in table.to_pylist():
        points = sum(value for name, value in row.items() if name.startswith("points_"))
        assert row["base_points"] + points == pytest.approx(row["points"], abs=1e-9)
        steps = [value for name, value in row.items() if name.startswith("step_") and value is not None]
        assert sum(steps) == row["limit_fen"]


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_run_that_stops_goes_on_with_what_is_left(
    service: Service, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after some buckets, the same run does the others only, and comes out as if never stopped."""
    ran(service, tmp_path / "whole")
    done: list[str] = []

    def stops(tasks: Sequence[Task], stop: object) -> Iterator[object]:
        for number, (bucket, result) in enumerate(in_this_process(tasks, stop)):  # type: ignore[arg-type]
            if number == after:
                raise KeyboardInterrupt
            yield bucket, result

    with pytest.raises(KeyboardInterrupt):
        ran(service, tmp_path / "run", stops)  # type: ignore[arg-type]
    with pytest.raises(BatchNotFinished, match="is not finished"):
        RunFolder(tmp_path / "run").manifest()
    monkeypatch.setattr(running, "do_bucket_anywhere", lambda task: done.append(task.bucket.name) or do_bucket(task))
    again = ran(service, tmp_path / "run")
    assert again.buckets_before == after
    assert len(done) == again.buckets - after
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


KILLED = """
import sys
from datetime import date
from pathlib import Path
from service.batch.running import ProcessPool, in_this_process, run_plan
from service.batch.starting import plan_records
from service.bootstrap import build
from service.settings import read_settings
if __name__ == "__main__":
    service = build(read_settings(home=Path(sys.argv[1])))
    plan = plan_records(service.assessor, date(2020, 2, 29), rows_at_once=1)
    engine = in_this_process if sys.argv[3] == "1" else ProcessPool(int(sys.argv[3]))
    print("ready", flush=True)
    run_plan(plan.plan, Path(sys.argv[2]), plan.lake, engine=engine)
"""


def kill_somewhere(home: Path, folder: Path, script: Path, buckets: int, seconds: float, workers: int) -> bool:
    """Run in a process of its own and kill it so long after so many buckets were done; gives whether it was killed."""
    script.write_text(KILLED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(home), str(folder), str(workers)],
        stdout=subprocess.PIPE, env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    while process.poll() is None and len(list(folder.glob("done/*.json"))) < buckets:
        time.sleep(0.002)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return True
    else:
        assert process.returncode == 0
        return False
    finally:
        process.wait()
        process.stdout.close()


def killed_and_resumed(service: Service, tmp_path: Path, kills: int, *, seed: int, workers: int) -> int:
    """Kill runs at random moments, resume each; gives how many died before they were done. A moment is some buckets and
    a part of the time that one takes, so that it falls into the run on a busy machine too."""
    home, moments = service.settings.home, random.Random(seed)  # noqa: S311
    whole = time.monotonic()
    buckets = ran(service, tmp_path / "whole").buckets
    whole = time.monotonic() - whole
    killed = 0
    for number in range(kills):
        folder = tmp_path / f"run{number}"
        moment = moments.randrange(buckets), moments.uniform(0.0, whole / buckets)
        killed += kill_somewhere(home, folder, tmp_path / "script.py", *moment, workers)
        for _ in range(100):  # a worker of the killed process may have to notice first
            if not RunFolder(folder).is_held:
                break
            time.sleep(0.1)
        ran(service, folder)
        assert contents(folder) == contents(tmp_path / "whole"), f"killed after {moment}"
        shutil.rmtree(folder)
    return killed


def test_killed_at_any_moment_it_resumes_to_the_same_bytes(service: Service, tmp_path: Path) -> None:
    """Three kills at random moments of a run."""
    assert killed_and_resumed(service, tmp_path, 3, seed=7, workers=1)


@pytest.mark.soak
def test_killed_at_twenty_moments_it_resumes_to_the_same_bytes(service: Service, tmp_path: Path) -> None:
    """Twenty kills, with two processes; most of them in the middle."""
    assert killed_and_resumed(service, tmp_path, 20, seed=11, workers=2) > 10


def test_a_killed_worker_costs_its_bucket_only(service: Service, tmp_path: Path) -> None:
    """One of two is killed after the first bucket: what it was at is done again, and the bytes are the same."""
    ran(service, tmp_path / "whole")
    plan = planned(service)
    killed: list[int] = []

    def kill_once(step: running.Step) -> None:
        if step.buckets_done == 1 and not killed:
            victim = multiprocessing.active_children()[0]
            victim.kill()
            killed.append(victim.pid or 0)

    run_plan(plan.plan, tmp_path / "run", plan.lake, engine=ProcessPool(2), progress=kill_once)
    assert killed
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_a_second_run_on_the_same_inputs_is_done_already(home: Path, run: Run, tmp_path: Path) -> None:
    """The command says so and computes nothing; the ledger has one entry."""
    args = ("batch", "--as-of", "2020-02-29", "--home", home, "--out", tmp_path / "run", "--workers", "1")
    assert run(*args)[0] == 0
    before = contents(tmp_path / "run")
    code, out, _ = run(*args)
    assert code == 0
    assert "done already" in out
    assert contents(tmp_path / "run") == before


def test_the_ledger_has_one_entry_with_the_digests(service: Service, tmp_path: Path) -> None:
    """Inputs and outputs of the run, once however often it is asked for."""
    plan = planned(service)
    for _ in range(2):
        found = run_and_tell(service, plan, tmp_path / "run", engine=in_this_process, actor="somebody")
    with service.store.reading() as connection:
        entries = connection.execute(select(LEDGER).where(LEDGER.c.kind == "batch")).all()
    assert [entry.subject for entry in entries] == [plan.plan.digest]
    for part in (
        found.manifest["outputs_digest"],
        found.manifest["inputs"]["lake"],
        found.manifest["inputs"]["bundle"],
    ):
        assert part.encode() in bytes(entries[0].body)


def test_a_damaged_result_is_made_again(service: Service, tmp_path: Path) -> None:
    """A file that is not what its digest says is no result: its bucket is done again."""
    ran(service, tmp_path / "run")
    before = contents(tmp_path / "run")
    victim = RunFolder(tmp_path / "run").files("scores")[2]
    victim.write_bytes(victim.read_bytes()[:-20] + b"x" * 20)
    again = ran(service, tmp_path / "run")
    assert again.buckets_before == again.buckets - 1
    assert contents(tmp_path / "run") == before


def test_a_folder_of_another_run_is_refused(service: Service, tmp_path: Path) -> None:
    """Other inputs do not mix with what is there; the message names what differs."""
    ran(service, tmp_path / "run")
    with pytest.raises(BatchFolderTaken, match="decision_ids"):
        ran(service, tmp_path / "run", decision_ids=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(BatchFolderTaken, match=r"letter\.txt"):
        ran(service, tmp_path / "mine")


def test_two_processes_do_not_work_on_one_run(service: Service, tmp_path: Path) -> None:
    """The second one is told so and changes nothing."""
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        assert folder.is_held
        with pytest.raises(BatchBusy, match="another process"):
            ran(service, tmp_path / "run")
    assert not folder.is_held


def test_a_cancelled_run_stops_and_goes_on_when_it_is_wanted_again(service: Service, tmp_path: Path) -> None:
    """Buckets that were done are kept."""
    folder = RunFolder(tmp_path / "run")
    plan = planned(service)

    def cancel_after_two(step: running.Step) -> None:
        if step.buckets_done == 2:
            folder.cancel()

    with pytest.raises(BatchCancelled, match="cancelled"):
        run_plan(plan.plan, folder.path, plan.lake, engine=in_this_process, progress=cancel_after_two)
    assert (folder.read("state.json") or {})["state"] == "cancelled"
    folder.allow()
    assert ran(service, folder.path).buckets_before == 2


# -- bad enterprises, bad files, a full disk ------------------------------------------------------------------------


def poison(home: Path, enterprises: Sequence[str]) -> None:
    """Invoices of amounts that no fen column holds, as a damaged import might leave them."""
    lake = Lake(home)
    stored = lake.tables(kinds=["invoice"], enterprises=list(enterprises)).by_kind["invoice"]
    assert isinstance(stored, pa.Table)
    first = {row["enterprise_id"]: row for row in reversed(stored.to_pylist())}
    amounts = {"amount_fen": 2**62, "total_fen": 2**62}
    bad = [{**row, "invoice_no": "X1", "status": "valid", **amounts} for row in first.values()]
    lake.append(INVOICE, pa.Table.from_pylist(bad, schema=INVOICE.schema))


def test_a_poisoned_row_costs_its_enterprise_and_nobody_else(service: Service, tmp_path: Path) -> None:
    """It is a row of the failures with its reason; every other decision is what it was."""
    ran(service, tmp_path / "clean")
    poison(service.settings.home, ["E3", "E7"])
    found = ran(service, tmp_path / "run")
    assert found.counters["planned"] == 12
    assert (found.counters["scored"], found.counters["failed"]) == (10, 2)
    failures = rows(tmp_path / "run", "failures").to_pylist()
    assert [row["enterprise_id"] for row in failures] == ["E3", "E7"]
    assert all(row["reason"] and row["error"] for row in failures)
    clean = rows(tmp_path / "clean").filter(~np.isin(rows(tmp_path / "clean")["enterprise_id"], ["E3", "E7"]))
    assert rows(tmp_path / "run").equals(clean)


def test_where_everybody_fails_it_is_not_the_enterprises(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stops with the first reason instead of listing all as bad."""
    monkeypatch.setattr("service.batch.isolating.MOST_IN_VAIN", 1)

    def fails(*_: object, **__: object) -> None:
        raise ValueError("of the machine")

    monkeypatch.setattr("service.batch.bucket.score", fails)
    with pytest.raises(EveryEnterpriseFails, match="of the machine"):
        ran(service, tmp_path / "run")


def spoil(path: Path) -> bytes:
    """Overwrite the inside of a Parquet file; gives what it was."""
    sound = path.read_bytes()
    path.write_bytes(b"PAR1" + b"\0" * (len(sound) - 8) + b"PAR1")
    return sound


def test_an_unreadable_bucket_is_named_and_the_others_are_done(service: Service, tmp_path: Path) -> None:
    """With the file restored, only that bucket is left, and the run comes out as if nothing had been."""
    staff = [{"enterprise_id": one, "month_end": "2020-01-31", "staff": "86"} for one in ENTERPRISES]
    accepted = accept_rows(staff, KINDS["headcount"], received_on=TODAY)
    assert accepted.quarantined.num_rows == 0
    service.lake.append("headcount", accepted.rows)
    ran(service, tmp_path / "whole")
    victim = service.lake.root / service.lake.manifest().of("headcount")[1].path
    sound = spoil(victim)
    with pytest.raises(BatchIncomplete, match=victim.name):
        ran(service, tmp_path / "run")
    state = RunFolder(tmp_path / "run").read("state.json") or {}
    assert (state["state"], state["buckets_done"]) == ("incomplete", state["buckets"] - 1)
    victim.write_bytes(sound)
    again = ran(service, tmp_path / "run")
    assert again.buckets_before == again.buckets - 1
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_unreadable_books_stop_the_run_for_nobody_knows_whom_they_name(service: Service, tmp_path: Path) -> None:
    """Who trades with whom is read of all invoices, so a decision without some of them would be another one. Every
    file that cannot be read is named at once."""
    ran(service, tmp_path / "whole")
    victims = [service.lake.root / part.path for part in service.lake.manifest().of("invoice")[1:3]]
    sound = [spoil(victim) for victim in victims]
    with pytest.raises(BucketUnreadable, match=r"2 files of the lake.*Restore") as refusal:
        ran(service, tmp_path / "run")
    assert all(str(victim) in str(refusal.value) for victim in victims)
    state = RunFolder(tmp_path / "run").read("state.json") or {}
    assert (state["state"], state["buckets_done"]) == ("stopped", 0)
    assert str(victims[1]) in state["message"]
    for victim, content in zip(victims, sound, strict=True):
        victim.write_bytes(content)
    ran(service, tmp_path / "run")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_books_that_cannot_be_read_any_more_cost_their_buckets_only(service: Service, tmp_path: Path) -> None:
    """Who trades with whom was kept when the run began, so that the others are decided as they would have been."""
    ran(service, tmp_path / "whole")
    plan, folder = planned(service), RunFolder(tmp_path / "run")

    def cancel_after_one(step: running.Step) -> None:
        if step.buckets_done == 1:
            folder.cancel()

    with pytest.raises(BatchCancelled):
        run_plan(plan.plan, folder.path, plan.lake, engine=in_this_process, progress=cancel_after_one)
    folder.allow()
    victim = service.lake.root / service.lake.manifest().of("invoice")[-1].path  # not of the bucket that is done
    sound = spoil(victim)
    with pytest.raises(BatchIncomplete, match=victim.name):
        ran(service, folder.path, ProcessPool(2))
    state = folder.read("state.json") or {}
    assert (state["state"], state["buckets_done"]) == ("incomplete", state["buckets"] - 1)
    victim.write_bytes(sound)
    ran(service, folder.path)
    assert contents(folder.path) == contents(tmp_path / "whole")


def test_a_full_disk_stops_the_run_with_what_was_done_whole(home: Path, service: Service, tmp_path: Path) -> None:
    """A limit on the size of files, as a quota has it: a clear message, no half file, and the run goes on later."""
    ran(service, tmp_path / "whole")
    largest = max(path.stat().st_size for path in (tmp_path / "whole" / "scores").iterdir())
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest - 1}, {largest - 1}))\n"
        "from service.cli import main\n"
        f"sys.argv[1:] = ['batch', '--as-of', '2020-02-29', '--home', {str(home)!r}, '--out', "
        f"{str(tmp_path / 'run')!r}, '--workers', '1']\n"
        "main()\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )  # fmt: skip
    assert made.returncode == 1, made.stderr
    assert "BatchDiskFull" in made.stderr
    assert "Make room" in made.stderr
    assert not list((tmp_path / "run").rglob("*draft*"))
