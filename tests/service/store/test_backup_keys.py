"""The keys that are not in the database go with a backup, or the backup is refused; a restore names what is missing."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from service.bootstrap import Service, build
from service.ledger import Kind, append
from service.ledger.rows_told import with_rows
from service.outbox import Event, keep
from service.outbox.signing import secret_text
from service.registry.registry import Actor
from service.settings import read_settings
from tests.service.applications.conftest import bank_on
from tests.service.conftest import Run, still_clock
from tests.service.ledger.conftest import assess
from tests.service.outbox.consumers import Consumer


def bank_with_keys(home: Path, consumer: Consumer) -> Service:
    """A subscription whose secret the consumer knows, a sealed record, an assessment, an attachment on disk."""
    service = build(read_settings(home=home), still_clock)
    assess(service, "E1")
    made = service.subscriptions.add(name="erp", url=consumer.url, types=["*"], actor="risk", at=service.clock())
    consumer.secret = secret_text(service.subscriptions.secret(made))
    bundle = next(path for path in home.glob("bundles/*") if path.is_dir())
    service.registry.register(bundle, developer="dev", by=Actor("dev"))
    return service


def happen(service: Service) -> None:
    with service.store.writing() as connection:
        told = keep(connection, [Event("event-1", "application.closed", "A", still_clock(), "urn:bank", {})])
        append(connection, Kind.TRANSITION, "A", "tester", with_rows({}, told), at=still_clock())


def test_after_a_restore_on_an_empty_machine_events_are_signed_as_before(home: Path, run: Run, tmp_path: Path) -> None:
    """Backup, another machine, restore, verify: the consumer needs no new secret, the registry's seals hold."""
    consumer = Consumer()
    with consumer.up():
        service = bank_with_keys(home, consumer)
        happen(service)
        service.close()
        copy = tmp_path / "copies" / "monday.sqlite3"
        copy.parent.mkdir()
        code, out, _ = run("db", "backup", copy, "--home", home, "--json")
        told = json.loads(out)
        assert (code, told["keys_taken"]) == (0, ["events.key", "registry.key"])
        keys = Path(told["keys_file"])
        assert keys.stat().st_mode & 0o077 == 0
        assert (home / "events.key").read_text().strip() not in out
        assert (home / "events.key").read_bytes().strip() not in copy.read_bytes()
        shutil.rmtree(home)
        new = tmp_path / "new"
        code, out, _ = run("db", "restore", copy, "--home", new, "--json")
        told = json.loads(out)
        assert (code, told["keys_put"], told["attachments_missing"]) == (0, ["events.key", "registry.key"], 0)
        assert {one["state"] for one in told["keys"]} == {"right"}
        assert (new / "registry.key").stat().st_mode & 0o077 == 0
        assert run("audit", "verify", "--home", new)[0] == 0
        again = build(read_settings(home=new), still_clock)
        asyncio.run(again.event_worker().drain())
        assert len(again.registry.records()) == 1
        again.close()
    assert ([one["id"] for one in consumer.taken], consumer.bad) == (["event-1"], [])


def test_a_restore_without_the_keys_names_them(home: Path, run: Run, tmp_path: Path) -> None:
    """Exit code 3, with what needs each; a wrong key is told from a missing one."""
    service = bank_with_keys(home, Consumer(port=9))
    service.close()
    copy = tmp_path / "monday.sqlite3"
    code, out, _ = run("db", "backup", copy, "--without-keys", "--home", home, "--json")
    assert (code, json.loads(out)["keys_taken"], len(list(tmp_path.glob("*.keys")))) == (0, [], 0)
    new = tmp_path / "new"
    new.mkdir()
    (new / "registry.key").write_text("f" * 64)
    code, out, _ = run("db", "restore", copy, "--home", new, "--json")
    states = {one["name"]: (one["state"], one["needed_by"]) for one in json.loads(out)["keys"]}
    assert code == 3
    assert states == {
        "events.key": ("missing", "1 event subscriptions"),
        "registry.key": ("another", "1 records about models"),
    }
    code, out, _ = run("db", "restore", copy, "--home", tmp_path / "third")
    assert code == 3
    assert "missing 缺失: events.key or ASSETLIGHT_EVENTS_KEY (1 event subscriptions)" in out


def test_a_backup_that_would_lose_its_keys_is_refused(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is gone or wrong; one in the settings is right and stays where the settings come from."""
    service = bank_with_keys(home, Consumer(port=9))
    service.close()
    key = (home / "events.key").read_text()
    (home / "events.key").unlink()
    copy = tmp_path / "monday.sqlite3"
    code, out, _ = run("db", "backup", copy, "--home", home, "--json")
    assert (code, json.loads(out)["error"], copy.exists()) == (1, "KeyNotThere", False)
    monkeypatch.setenv("ASSETLIGHT_EVENTS_KEY", "e" * 64)
    assert json.loads(run("db", "backup", copy, "--home", home, "--json")[1])["error"] == "KeyNotThere"
    monkeypatch.setenv("ASSETLIGHT_EVENTS_KEY", key)
    code, out, _ = run("db", "backup", copy, "--home", home)
    assert (code, "not in it 未包含: events.key (1 event subscriptions), ASSETLIGHT_EVENTS_KEY" in out) == (0, True)


def test_no_key_is_overwritten(home: Path, run: Run, tmp_path: Path) -> None:
    """Neither a file of keys by a backup nor a key by a restore; then no store is put there either."""
    service = bank_with_keys(home, Consumer(port=9))
    service.close()
    copy, keys, new = tmp_path / "monday.sqlite3", tmp_path / "apart.keys", tmp_path / "new"
    keys.write_text("of somebody")
    code, out, _ = run("db", "backup", copy, "--keys", keys, "--home", home, "--json")
    assert (code, json.loads(out)["error"], copy.exists()) == (1, "WouldOverwrite", False)
    assert run("db", "restore", copy, "--keys", keys, "--home", new)[0] == 1
    keys.unlink()
    assert run("db", "backup", copy, "--keys", keys, "--home", home)[0] == 0
    new.mkdir()
    (new / "events.key").write_text("another key of 16 bytes and more")
    code, out, _ = run("db", "restore", copy, "--keys", keys, "--home", new, "--json")
    assert (code, json.loads(out)["error"]) == (1, "WouldOverwrite")
    assert [path.name for path in new.iterdir()] == ["events.key"]


def test_a_restore_counts_the_attachments_that_are_not_there(home: Path, run: Run, tmp_path: Path) -> None:
    """Files of cases lie beside the database: those that it names and that are not there are counted."""
    bank = bank_on(home, None)
    case = bank.apply()
    sha256 = bank.attach("officer", case).json()["sha256"]
    bank.service.close()
    copy, new = tmp_path / "monday.sqlite3", tmp_path / "new"
    assert run("db", "backup", copy, "--home", home)[0] == 0
    code, out, _ = run("db", "restore", copy, "--home", new, "--json")
    assert (code, json.loads(out)["attachments_missing"]) == (3, 1)
    (new / "attachments" / sha256[:2]).mkdir(parents=True)
    shutil.copy(home / "attachments" / sha256[:2] / sha256, new / "attachments" / sha256[:2])
    (new / "assessments.sqlite3").unlink()
    for beside in new.glob("assessments.sqlite3-*"):
        beside.unlink()
    assert run("db", "restore", copy, "--home", new)[0] == 0
