"""A real server that is told to stop: what was begun is finished, who comes now is told 503."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest

from service.operations.stopping import Stopping
from service.people import Role
from tests.service.callers import bearer, token_at

ROOT = Path(__file__).resolve().parents[2]
# A server that takes a file's appearance as the moment to go on with an assessment.
SLOW = """
import sys, time
from pathlib import Path
from service.assessing import Assessor
stored, home = Assessor.stored, sys.argv[1]
def slowly(self, enterprise):
    Path(home, "begun").touch()
    while not Path(home, "go on").exists():
        time.sleep(0.02)
    return stored(self, enterprise)
Assessor.stored = slowly
from service.cli import main
sys.argv = ["assetlight", "serve", "--home", home, "--port", "0", "--development-issuer", "--json"]
main()
"""


def until(found: Any, seconds: float = 120.0) -> None:
    end = monotonic() + seconds
    while not found():
        assert monotonic() < end, "it did not come"
        sleep(0.05)


def test_work_in_flight_is_finished_and_new_work_is_refused(home: Path) -> None:
    """SIGTERM during an assessment: it is answered and kept; a new request gets 503; then the process ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSETLIGHT_")}
    headers = bearer(token_at(home, Role.OFFICER))
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(home)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["address"]
            answers: list[httpx2.Response] = []

            def ask() -> None:
                body = {"enterprise_id": "E5", "as_of": "2020-02-29"}
                answers.append(httpx2.post(f"{address}/v1/assessments", json=body, headers=headers, timeout=240))

            asking = threading.Thread(target=ask)
            asking.start()
            until((home / "begun").exists)
            server.send_signal(signal.SIGTERM)
            refused = None

            def is_refused() -> bool:
                nonlocal refused
                refused = httpx2.get(f"{address}/v1/me", headers=headers, timeout=60)
                return refused.status_code != 200

            until(is_refused)
            assert refused is not None
            assert refused.status_code == 503
            assert refused.json()["type"] == "urn:assetlight:problem:service-stopping"
            assert refused.headers["retry-after"] == "5"
            assert refused.headers["connection"] == "close"
            assert httpx2.get(f"{address}/healthz", timeout=60).status_code == 200
            assert httpx2.get(f"{address}/readyz", timeout=60).status_code == 503
            assert server.poll() is None
            (home / "go on").touch()
            asking.join(240)
            assert [one.status_code for one in answers] == [201]
            assert server.wait(60) == -signal.SIGTERM
        finally:
            server.kill()
        assert server.stderr is not None
        told = [json.loads(line) for line in server.stderr.read().splitlines()]
    requests = [one for one in told if one["event"] == "request"]
    assert {one["status"] for one in requests if one["route"] == "/v1/assessments"} == {201}
    assert str(home) not in json.dumps(requests)


@pytest.mark.parametrize(("in_flight", "after_s", "over"), [(0, 0.0, True), (2, 19.0, False), (2, 20.0, True)])
def test_a_stop_waits_for_what_is_in_flight_but_not_for_ever(in_flight: int, after_s: float, over: bool) -> None:
    """Nothing in flight ends it at once, and so does the end of the time."""
    now = [100.0]
    stopping = Stopping(lambda: now[0], wait_s=20.0)
    stopping.in_flight = in_flight
    assert not stopping.over
    stopping.begin()
    now[0] += after_s
    stopping.begin()  # a second time changes nothing
    assert stopping.over is over
