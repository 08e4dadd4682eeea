"""A backup is one verified file made while others write; a restore never overwrites."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import text, update

from service.bootstrap import build
from service.settings import read_settings
from service.store.schema import ASSESSMENTS
from tests.service.conftest import Run
from tests.service.ledger.conftest import assess, without_triggers


def test_a_backup_made_under_writes_restores_into_an_empty_home_and_replays(
    home: Path, run: Run, tmp_path: Path
) -> None:
    """Assessments made before the copy are in it, one file, whole; they replay where there is nothing but the store."""
    service = build(read_settings(home=home))
    made = assess(service, "E1")
    (home / "attachments").mkdir()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            service.recorder.accessed(made.id, "read", "somebody", service.clock())

    writer = threading.Thread(target=write)
    writer.start()
    copy = tmp_path / "backup.sqlite3"
    code, out, _ = run("db", "backup", copy, "--home", home, "--json")
    stop.set()
    writer.join()
    found = json.loads(out)
    assert (code, found["verified"]) == (0, True)
    assert found["entries"] >= 2
    assert {str(home / "lake"), str(home / "attachments")} <= set(found["also"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.sqlite3", "home"]
    service.close()
    elsewhere = tmp_path / "elsewhere"
    code, out, _ = run("db", "restore", copy, "--home", elsewhere, "--json")
    assert (code, json.loads(out)["verified"]) == (0, True)
    code, out, _ = run("audit", "replay", made.id, "--home", elsewhere, "--json")
    assert (code, json.loads(out)["matched"]) == (0, True)
    assert run("audit", "verify", "--home", elsewhere)[0] == 0


@pytest.mark.parametrize("which", ["copy", "keys"])
def test_a_folder_that_is_not_there_is_named(home: Path, run: Run, tmp_path: Path, which: str) -> None:
    """The place of the copy, or of its keys, is at fault and not the database; nothing is written."""
    build(read_settings(home=home)).store.close()
    gone, copy = tmp_path / "gone" / "b.sqlite3", tmp_path / "b.sqlite3"
    asked = (gone,) if which == "copy" else (copy, "--keys", gone)
    code, out, _ = run("db", "backup", *asked, "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["error"], found["where"]) == (1, "FolderMissing", str(gone))
    assert not copy.exists()


@pytest.mark.parametrize("beside", ["", "-wal"])
def test_nothing_is_overwritten(home: Path, run: Run, tmp_path: Path, beside: str) -> None:
    """Neither a file by a backup nor a store, or what is left of one, by a restore."""
    build(read_settings(home=home)).store.close()
    copy = tmp_path / "backup.sqlite3"
    assert run("db", "backup", copy, "--home", home)[0] == 0
    before = copy.read_bytes()
    code, out, _ = run("db", "backup", copy, "--home", home, "--json")
    assert (code, json.loads(out)["error"], copy.read_bytes()) == (1, "WouldOverwrite", before)
    target = tmp_path / "other"
    target.mkdir()
    (target / f"assessments.sqlite3{beside}").write_bytes(b"of somebody")
    code, out, _ = run("db", "restore", copy, "--home", target, "--json")
    assert (code, json.loads(out)["error"]) == (1, "WouldOverwrite")
    assert [path.read_bytes() for path in target.iterdir()] == [b"of somebody"]


def test_a_store_that_was_changed_gives_no_backup_and_a_changed_backup_no_store(
    home: Path, run: Run, tmp_path: Path
) -> None:
    """The copy is verified before it appears, in both directions."""
    service = build(read_settings(home=home))
    assess(service, "E1")
    good, bad = tmp_path / "good.sqlite3", tmp_path / "bad.sqlite3"
    assert run("db", "backup", good, "--home", home)[0] == 0
    with service.store.writing() as connection:
        without_triggers(connection)
        connection.execute(update(ASSESSMENTS).values(enterprise_id="E9"))
    service.close()
    code, out, _ = run("db", "backup", bad, "--home", home, "--json")
    assert (code, json.loads(out)["error"], bad.exists()) == (1, "LedgerNotWhole", False)
    shutil.copy(home / "assessments.sqlite3", bad)
    for copy, error in ((bad, "LedgerNotWhole"), (tmp_path / "none", "BackupUnreadable")):
        code, out, _ = run("db", "restore", copy, "--home", tmp_path / "new", "--json")
        assert (code, json.loads(out)["error"]) == (1, error)
    (tmp_path / "text").write_text("no database", encoding="utf-8")
    assert run("db", "restore", tmp_path / "text", "--home", tmp_path / "new", "--json")[0] == 1
    assert list((tmp_path / "new").iterdir()) == []


def test_a_store_of_an_earlier_release_is_backed_up_as_it_is(run: Run, tmp_path: Path, home: Path) -> None:
    """A backup before the upgrade is possible: it says that it could not be verified."""
    service = build(read_settings(home=home))
    with service.store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    service.close()
    code, out, _ = run("db", "backup", tmp_path / "old.sqlite3", "--home", home, "--json")
    assert (code, json.loads(out)["verified"], json.loads(out)["step"]) == (0, False, "0001")


def test_postgresql_is_left_to_its_own_tools(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says which."""
    monkeypatch.setenv("ASSETLIGHT_DATABASE_URL", "postgresql://someone:s3cret@nowhere/bank")
    code, out, _ = run("db", "backup", tmp_path / "x", "--json")
    assert (code, json.loads(out)["error"]) == (1, "NotEmbedded")
    assert "pg_dump" in out
    assert "s3cret" not in out
