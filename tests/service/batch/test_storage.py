"""Records and runs on storage that is reached by URL: the bytes of a local run, resumed from anywhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.batch.elsewhere import copy_of
from service.batch.errors import BatchFolderTaken
from service.batch.remote import fetched_folder
from service.batch.running import Engine, ProcessPool, Ran, in_this_process, run_plan
from service.batch.starting import Planned
from service.batch.storage import FileNotStored, Storage, StorageUnusable, is_remote, plain
from service.bootstrap import Service
from tests.service.batch.runs import contents, planned, ran
from tests.service.batch.storages import served
from tests.service.conftest import Run


@pytest.fixture
def shared(service: Service, tmp_path: Path) -> Iterator[str]:
    """A storage that holds a copy of the lake below `bank/`."""
    shutil.copytree(service.lake.root, tmp_path / "shared" / "bank" / "lake")
    with served(tmp_path / "shared") as url:
        yield url


def ran_there(plan: Planned, near: Path, url: str, engine: Engine = in_this_process) -> Ran:
    return run_plan(plan.plan, near, plan.lake, engine=engine, shared=url)


def same(folder: Path, other: Path) -> bool:
    """Whether two runs are the same bytes, but for where their inputs were found."""
    one, two = contents(folder), contents(other)
    first, second = (json.loads(files.pop("run.json")) for files in (one, two))
    return one == two and first["run"] == second["run"] and first["question"] == second["question"]


def test_a_storage_keeps_what_it_is_given(tmp_path: Path) -> None:
    """Whole files by name, also in folders that were not there; what is not there is None."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "near.bin").write_bytes(b"x" * 300_000)
    with served(tmp_path / "shared") as url:
        storage = Storage(f"{url}/a/run")
        assert (storage.read("done/1.json"), storage.size("done/1.json"), storage.names("done")) == (None, None, [])
        storage.put("done/1.json", b"{}")
        storage.put("scores/deep/2.bin", tmp_path / "near.bin")
        storage.put("done/1.json", b"{ }")
        assert storage.read("done/1.json") == b"{ }"
        assert storage.names("") == ["done/1.json", "scores/deep/2.bin"]
        assert storage.size("scores/deep/2.bin") == 300_000
        storage.fetch("scores/deep/2.bin", tmp_path / "far" / "2.bin", 300_000)
        assert (tmp_path / "far" / "2.bin").read_bytes() == b"x" * 300_000
        with pytest.raises(FileNotStored, match="cut short"):
            storage.fetch("scores/deep/2.bin", tmp_path / "far" / "3.bin", 300_001)
        storage.remove("done/1.json")
        assert storage.names("done") == []
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["2.bin"]


def test_a_storage_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Nothing listens; no package for the scheme; a password in the URL is not repeated."""
    with served(tmp_path) as url:
        pass
    with pytest.raises(StorageUnusable, match="cannot be reached"):
        Storage(f"{url}/run").read("run.json")
    with pytest.raises(StorageUnusable, match="Install the package"):
        Storage("nosuch://bucket/run").read("run.json")
    with pytest.raises(StorageUnusable, match="written down") as refusal:
        plain("sftp://me:secret@host/run")
    assert "secret" not in str(refusal.value)


def test_places_are_paths_or_urls() -> None:
    """`file://` is a path."""
    assert [is_remote(place) for place in ("/a", "a/b", "file:///a", "s3://a/b")] == [False, False, False, True]
    assert [plain(place) for place in ("/a", "file:///a/b", "s3://a/b/")] == ["/a", "/a/b", "s3://a/b"]


@pytest.mark.parametrize("workers", [1, 2])
def test_records_and_run_by_url_give_the_bytes_of_a_local_run(
    service: Service, shared: str, tmp_path: Path, workers: int
) -> None:
    """Nothing of the results lies beside the process that leads the run; the storage has all of it."""
    ran(service, tmp_path / "local")
    plan = planned(service, records=f"{shared}/bank")
    assert plan.plan.digest == planned(service).plan.digest
    engine = in_this_process if workers == 1 else ProcessPool(workers)
    found = ran_there(plan, tmp_path / "near", f"{shared}/runs/one", engine)
    assert found.manifest["counters"]["planned"] == 12
    assert not (tmp_path / "near" / "scores").exists()
    assert same(tmp_path / "shared" / "runs" / "one", tmp_path / "local")
    assert same(copy_of(f"{shared}/runs/one"), tmp_path / "local")


def test_another_machine_goes_on_with_what_is_left(service: Service, shared: str, tmp_path: Path) -> None:
    """What counts is the storage: lost, damaged and missing results are made again, whoever led the run before."""
    ran(service, tmp_path / "local")
    plan, url = planned(service, records=f"{shared}/bank"), f"{shared}/runs/one"
    ran_there(plan, tmp_path / "first", url)
    there = tmp_path / "shared" / "runs" / "one"
    lost, damaged, untold = sorted((there / "scores").iterdir())[:3]
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-9] + b"x" * 9)
    (there / "done" / untold.name.replace("bucket=", "").replace(".parquet", ".json")).unlink()
    for near in ("first", "second"):
        found = ran_there(plan, tmp_path / near, url)
        assert found.buckets_before == found.buckets - (3 if near == "first" else 0)
        assert same(there, tmp_path / "local")


def test_a_folder_of_another_run_is_refused_by_url_too(service: Service, shared: str, tmp_path: Path) -> None:
    """The message names what differs."""
    ran_there(planned(service), tmp_path / "one", f"{shared}/run")
    with pytest.raises(BatchFolderTaken, match="decision_ids"):
        ran_there(planned(service, decision_ids=True), tmp_path / "two", f"{shared}/run")


def test_the_command_takes_urls(home: Path, shared: str, tmp_path: Path, run: Run) -> None:
    """`--records` and `--out`; the second time it is done already, and the report reads it from there."""
    args = ("batch", "--as-of", "2020-02-29", "--home", home, "--records", f"{shared}/bank", "--workers", "1")
    code, out, err = run(*args, "--out", f"{shared}/month-end", "--json")
    assert code == 0, err
    assert json.loads(out)["folder"] == f"{shared}/month-end"
    code, out, _ = run(*args, "--out", f"{shared}/month-end")
    assert "done already" in out
    code, out, err = run("portfolio-report", f"{shared}/month-end", "--home", home, "--out", tmp_path / "report")
    assert code == 0, err


def test_fetched_folders_that_nobody_holds_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed process left goes when the next one comes; what a process holds stays."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    held = fetched_folder("held by this process")
    abandoned = held.parent / "abandoned"
    (abandoned / "lake").mkdir(parents=True)
    another = fetched_folder("another")
    assert (held.exists(), another.exists(), abandoned.exists()) == (True, True, False)
