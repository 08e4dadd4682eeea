"""The two databases that tests run on: a SQLite file, and a real PostgreSQL server that the suite starts itself.

One server serves the whole run: the first worker that needs it starts it, the process that leads the run stops it, and
a watcher stops it where that process was killed. Each test has a database of its own, copied from an upgraded one.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filelock import FileLock

from service.store import Store, address_of, open_store, upgrade
from service.store.engine import open_engine

FOLDER = "PYTEST_POSTGRESQL_FOLDER"  # told to the workers by the process that leads the run
SECONDS_TO_START = 60.0
TEMPLATE = "upgraded"
SIZE = ("-c", "max_connections=200", "-c", "shared_buffers=32MB")
WATCH = """import os, signal, sys, time
leader, server = int(sys.argv[1]), int(sys.argv[2])
def lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
while lives(leader) and lives(server):
    time.sleep(2)
if lives(server):
    os.kill(server, signal.SIGINT)
"""


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL server on loopback."""

    port: int
    password: str

    def url(self, database: str) -> str:
        """The address of one of its databases, written as an operator would."""
        return f"postgresql://tester:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """One statement outside any test's database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str) -> str:
        """A new database; gives its name."""
        name = f"t_{secrets.token_hex(8)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class PostgresqlMissing(Exception):
    """Why no server can be started here."""


def lead(config: pytest.Config) -> None:
    """Called when a run begins: its leader names the folder in which the server will live, if anybody needs one."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="assetlight-postgresql-")


def finish(config: pytest.Config) -> None:
    """Called when a run ends: its leader stops the server and removes what it left."""
    if hasattr(config, "workerinput") or FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(FOLDER))
    state = folder / "state.json"
    if state.is_file() and "server" in (told := json.loads(state.read_text())):
        stop(int(told["server"]), folder / "server" / "data")
    shutil.rmtree(folder, ignore_errors=True)


def stop(server: int, data: Path) -> None:
    """End a server in order, and wait until it has put its things away."""
    try:
        os.kill(server, signal.SIGINT)
        for _ in range(300):
            if not (data / "postmaster.pid").exists():
                return
            time.sleep(0.05)
        os.kill(server, signal.SIGQUIT)
    except ProcessLookupError:
        return


def shared_cluster() -> Cluster:
    """The server of this run, started by whoever asks first. Raises PostgresqlMissing."""
    folder = Path(os.environ[FOLDER])
    state = folder / "state.json"
    with FileLock(folder / "lock"):
        if not state.is_file():
            try:
                cluster, server = start(folder)
                told: dict[str, Any] = {"port": cluster.port, "password": cluster.password, "server": server}
                template(cluster)
            except PostgresqlMissing as missing:
                told = {"missing": str(missing)}
            state.write_text(json.dumps(told))
        told = json.loads(state.read_text())
    if "missing" in told:
        raise PostgresqlMissing(told["missing"])
    return Cluster(told["port"], told["password"])


def template(cluster: Cluster) -> None:
    """The database that tests get copies of."""
    cluster.run(f'CREATE DATABASE "{TEMPLATE}"')
    engine = open_engine(address_of(cluster.url(TEMPLATE)), pooled=False)
    upgrade(engine)
    engine.dispose()


def binaries() -> Path:
    """Where initdb and postgres lie: Debian keeps them out of PATH. Raises PostgresqlMissing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    for candidate in [*reversed(found), *([Path(on_path).resolve()] if on_path else [])]:
        if (candidate.parent / "postgres").exists():
            return candidate.parent
    raise PostgresqlMissing("PostgreSQL is not installed here (Debian: apt-get install postgresql)")


def unprivileged() -> dict[str, Any]:
    """Whom the server runs as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise PostgresqlMissing("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def start(folder: Path) -> tuple[Cluster, int]:
    """A new server with its data in the folder; gives the process id too. Raises PostgresqlMissing."""
    programs, person = binaries(), unprivileged()
    folder.chmod(0o755)
    own = folder / "server"
    own.mkdir(mode=0o700)
    if person:
        os.chown(own, person["user"], person["group"])
    password = secrets.token_urlsafe(12)
    (own / "password").write_text(password)
    (own / "password").chmod(0o644)
    where = ("--pgdata", own / "data", "--username=tester", f"--pwfile={own / 'password'}")
    how = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
    made = subprocess.run(
        [programs / "initdb", *where, *how],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **person,
    )
    if made.returncode:
        raise PostgresqlMissing(f"initdb failed: {made.stderr.strip()[-500:]}")
    for _ in range(3):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        cluster, log = Cluster(port, password), own / f"{port}.log"
        with log.open("wb") as written:
            server = subprocess.Popen(
                [programs / "postgres", "-D", own / "data", "-h", "127.0.0.1", "-p", str(port), "-k", own, *SIZE],
                cwd="/",
                stdout=written,
                stderr=written,
                start_new_session=True,
                **person,
            )
        if answers(cluster, server):
            watch = [sys.executable, "-c", WATCH, str(leader()), str(server.pid)]
            watcher = subprocess.Popen(watch, start_new_session=True, cwd="/")
            server.returncode = watcher.returncode = 0  # they outlive this worker: not ours to wait for
            return cluster, server.pid
    raise PostgresqlMissing(f"the PostgreSQL server did not start: {log.read_text(errors='replace')[-500:]}")


def leader() -> int:
    """The process that leads the run: the parent of a worker, or this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def answers(cluster: Cluster, server: subprocess.Popen[bytes]) -> bool:
    """Whether the server takes connections before its time is over."""
    last = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < last and server.poll() is None:
        try:
            psycopg.connect(cluster.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return True
    return False


@pytest.fixture(scope="session")
def postgresql() -> Cluster:
    """The suite's PostgreSQL server; the test is skipped with the reason where none can be started."""
    try:
        return shared_cluster()
    except PostgresqlMissing as missing:
        pytest.skip(f"no PostgreSQL: {missing}")


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in the form of this release, to copy."""
    path = tmp_path_factory.mktemp("store") / "upgraded.sqlite3"
    engine = open_engine(address_of(sqlite_url(path)), pooled=False)
    upgrade(engine)
    engine.dispose()
    return path


def sqlite_url(path: Path) -> str:
    """The address of a file."""
    return f"sqlite:///{path.as_posix()}"


BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing was made yet, of each kind in turn."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "database" / "store.sqlite3")
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    name = cluster.create("template0")
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database in the form of this release, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "database" / "store.sqlite3"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("upgraded_sqlite"), path)
        yield sqlite_url(path)
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    name = cluster.create(TEMPLATE)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An opened, empty store on each kind of database in turn."""
    opened = open_store(database_url)
    yield opened
    opened.close()
