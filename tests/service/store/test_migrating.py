"""The database comes to the form of this release without losing a row, and another form is refused."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from service.bootstrap import build
from service.errors import DatabaseAhead, DatabaseBehind, DatabaseUrlUnsupported, StoreUnusable
from service.settings import read_settings
from service.store import Store, address_of, form_of, open_store, shown, upgrade
from service.store.engine import open_engine
from service.store.migrating import head, known_steps
from service.store.schema import METADATA
from tests.service.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
FIRST_RELEASE = """
CREATE TABLE assessments (
    id VARCHAR(36) NOT NULL, created_at VARCHAR(32) NOT NULL, enterprise_id VARCHAR(128) NOT NULL,
    as_of VARCHAR(10) NOT NULL, decision_id VARCHAR(64) NOT NULL, decision BLOB NOT NULL, request BLOB NOT NULL,
    CONSTRAINT pk_assessments PRIMARY KEY (id)
);
CREATE INDEX ix_assessments_enterprise_id_created_at ON assessments (enterprise_id, created_at);
"""


def first_release(path: Path, rows: int) -> None:
    """The file as the release before Alembic left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(FIRST_RELEASE)
    values = [
        (f"id-{at}", "2026-01-01T00:00:00.000000+00:00", "E1", "2026-01-01", "d", f"{at}".encode(), b"{}")
        for at in range(rows)
    ]
    connection.executemany("INSERT INTO assessments VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.commit()
    connection.close()


def test_an_empty_database_is_brought_to_the_head_once(empty_database_url: str) -> None:
    """Before: refused with the command to run. After: opened. A second time there is nothing to do."""
    with pytest.raises(DatabaseBehind, match="assetlight db upgrade"):
        open_store(empty_database_url)
    engine = open_engine(address_of(empty_database_url))
    assert form_of(engine).current is None
    assert upgrade(engine) == known_steps()
    assert upgrade(engine) == ()
    engine.dispose()
    open_store(empty_database_url).close()


def test_the_steps_end_at_the_tables_that_the_release_uses(store: Store) -> None:
    """What the migrations make is what `METADATA` says, on both databases."""
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == head()


def test_a_database_of_the_release_before_loses_no_row(tmp_path: Path) -> None:
    """A home that was made without Alembic is adopted as it is."""
    path = tmp_path / "assessments.sqlite3"
    first_release(path, 500)
    engine = open_engine(address_of(f"sqlite:///{path}"))
    upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT id, decision FROM assessments")).all()
    engine.dispose()
    assert {(row.id, bytes(row.decision)) for row in kept} == {(f"id-{at}", f"{at}".encode()) for at in range(500)}


def test_several_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    """One takes the steps, the others wait and find them taken."""

    def one(_: int) -> tuple[str, ...]:
        engine = open_engine(address_of(empty_database_url))
        try:
            return upgrade(engine)
        finally:
            engine.dispose()

    if empty_database_url.startswith("sqlite"):
        open_engine(address_of(empty_database_url)).dispose()  # the file is there and in WAL mode
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(one, range(4)))
    assert sorted(taken, key=len)[:3] == [(), (), ()]
    assert max(taken, key=len) == known_steps()


def test_a_step_that_fails_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    """The tables of a step are part of its transaction, also on SQLite."""
    engine = open_engine(address_of(empty_database_url))

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        upgrade(engine, after=fail)
    assert form_of(engine).current is None
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "assessments")
    assert upgrade(engine) == known_steps()
    engine.dispose()


def test_a_database_of_a_newer_release_is_refused(store: Store, database_url: str) -> None:
    """A step that this release does not know means that a newer one was here."""
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(DatabaseAhead, match=r"newer release.*from-the-future"):
        open_store(database_url)
    with pytest.raises(DatabaseAhead):
        upgrade(store.engine)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of something else in the place of the store gives one sentence, and is left as it was."""
    path = tmp_path / "deep" / "assessments.sqlite3"
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_is_psycopg(scheme: str) -> None:
    """A platform's `postgres://` works as well as SQLAlchemy's own form."""
    address = address_of(f"{scheme}://someone:s3cret@host:5433/bank?password=s3cret&sslmode=require")
    assert address.drivername == "postgresql+psycopg"
    assert (address.host, address.port, address.database) == ("host", 5433, "bank")
    assert "s3cret" not in shown(address)


@pytest.mark.parametrize(
    "url", ["mysql://u:s3cret@h/d", "s3cret", "", "postgresql+asyncpg://u:s3cret@h/d", "postgres://u:s3cret@h:port/d"]
)
def test_any_other_address_says_what_is_supported_and_no_secret(url: str) -> None:
    """The sentence names both databases and nothing of the address but its driver."""
    with pytest.raises(DatabaseUrlUnsupported, match=r"sqlite:///.*postgresql://") as refused:
        address_of(url)
    assert "s3cret" not in str(refused.value)


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password() -> None:
    """A wrong port says where, and what to check."""
    with pytest.raises(StoreUnusable, match="check that the PostgreSQL server runs") as refused:
        open_store("postgresql://someone:s3cret@127.0.0.1:1/bank")
    assert "s3cret" not in str(refused.value)


def test_the_commands_tell_where_the_database_stands(
    run: Run, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status is 3 before the upgrade and 0 after it; the server refuses to start before it, with the command."""
    monkeypatch.setenv("ASSETLIGHT_DATABASE_URL", empty_database_url)
    code, out, err = run("db", "status", "--home", tmp_path, "--json")
    assert (code, err) == (3, "")
    found = json.loads(out)
    assert (found["state"], found["current"], found["pending"]) == ("behind", None, list(known_steps()))
    assert "password" not in out
    code, out, _ = run("serve", "--port", "0", "--home", tmp_path, "--json")
    assert (code, json.loads(out)["error"]) == (3, "DatabaseBehind")
    code, out, _ = run("db", "upgrade", "--home", tmp_path, "--json")
    assert (code, json.loads(out)["taken"]) == (0, list(known_steps()))
    assert run("db", "current", "--home", tmp_path)[:2] == (0, head() + "\n")
    code, out, _ = run("db", "status", "--home", tmp_path)
    assert (code, "ready" in out) == (0, True)


def test_the_steps_are_found_from_a_wheel(tmp_path: Path) -> None:
    """A wheel carries the migrations, and they run from where it is unpacked."""
    wheels = tmp_path / "wheels"
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(unpacked)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import service; assert service.__file__.startswith(sys.argv[1]); "
        "from service.store import *; from service.store.engine import open_engine; "
        "engine = open_engine(address_of(sys.argv[2])); print(upgrade(engine)[-1])"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", script, str(unpacked), f"sqlite:///{tmp_path / 'new.sqlite3'}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.strip(), ran.stderr) == (head(), "")


def test_the_embedded_store_of_an_older_home_serves_on(tmp_path: Path) -> None:
    """An existing home is taken over when it is next used; what was kept there is still there."""
    first_release(tmp_path / "assessments.sqlite3", 3)
    built = build(read_settings(home=tmp_path))
    assert built.assessments.count() == 3
    assert built.upgrade_store() == ()
    built.close()


def test_whoever_checks_a_ledger_changes_nothing(tmp_path: Path, run: Run) -> None:
    """An older store is refused with the command that upgrades it, byte for byte as it was; none is made either."""
    path = tmp_path / "assessments.sqlite3"
    first_release(path, 3)
    before = path.read_bytes()
    for command in ("verify", "checkpoint"):
        code, out, _ = run("audit", command, "--home", tmp_path, "--json")
        assert (code, json.loads(out)["error"]) == (3, "DatabaseBehind")
        assert "assetlight db upgrade" in out
    assert path.read_bytes() == before
    assert run("db", "upgrade", "--home", tmp_path)[0] == 0
    assert run("audit", "verify", "--home", tmp_path)[0] == 0
    code, out, _ = run("audit", "verify", "--home", tmp_path / "none", "--json")
    assert (code, json.loads(out)["error"]) == (1, "StoreUnusable")
    assert not (tmp_path / "none" / "assessments.sqlite3").exists()
