"""The real server on a real port: prints its address, answers, stops in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from service import serving
from service.errors import PortTaken
from service.store import AssessmentStore, open_store
from tests.service.callers import bearer
from tests.service.conftest import asked

WAIT_S = 120.0  # for an answer: a shared machine is slow at times
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving_process(home: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`assetlight serve` on a free port, and its address."""
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--home", str(home), "--json", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["address"]
        finally:
            process.kill()


def officer_token(home: Path) -> str:
    """A token as a person on a laptop gets it."""
    command = [sys.executable, "-m", "service", "people", "token", "--role", "officer", "--home", str(home)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def test_the_server_answers_and_keeps_what_it_acknowledged(home: Path) -> None:
    """An assessment made over the wire is in the store when the server is gone; Ctrl-C is a clean end."""
    headers = bearer(officer_token(home))
    with serving_process(home, "--development-issuer") as (process, base):
        assert httpx2.post(f"{base}/v1/assessments", json=asked(), timeout=WAIT_S).status_code == 401
        made = httpx2.post(f"{base}/v1/assessments", json=asked(), headers=headers, timeout=WAIT_S)
        assert made.status_code == 201
        assert httpx2.get(f"{base}{made.headers['location']}", headers=headers, timeout=WAIT_S).content == made.content
        assert httpx2.get(f"{base}/readyz", timeout=WAIT_S).status_code == 200
        assert "server" not in made.headers
        too_large = httpx2.post(f"{base}/v1/assessments", content=b" " * 10_000_000, headers=headers, timeout=WAIT_S)
        assert too_large.status_code == 413
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert "THE DEVELOPMENT ISSUER IS ON" in err
    assert headers["Authorization"].split()[1] not in err
    store = open_store(f"sqlite:///{home / 'assessments.sqlite3'}")
    assert AssessmentStore(store).get(made.json()["id"]).decision in made.content
    store.close()


def test_a_killed_server_has_lost_nothing_that_it_acknowledged(home: Path) -> None:
    """Kill -9 straight after the answer: the assessment is there."""
    headers = bearer(officer_token(home))
    with serving_process(home, "--development-issuer") as (process, base):
        made = httpx2.post(f"{base}/v1/assessments", json=asked(), headers=headers, timeout=WAIT_S).json()
        process.kill()
        process.wait()
    store = open_store(f"sqlite:///{home / 'assessments.sqlite3'}")
    assert AssessmentStore(store).get(made["id"]).decision_id == made["decision_id"]
    store.close()


def test_a_taken_port_is_one_sentence() -> None:
    """A port in use names itself and another one to try."""
    with serving.bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert serving.address(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(PortTaken, match=f"cannot listen on 127.0.0.1:{port}.*--port"):
            serving.bind("127.0.0.1", port)


def test_an_address_of_another_machine_is_one_sentence() -> None:
    """So is an address that is not ours."""
    with pytest.raises(PortTaken, match=r"203\.0\.113\.1"):
        serving.bind("203.0.113.1", 0)
