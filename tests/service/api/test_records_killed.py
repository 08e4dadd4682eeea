"""A server that is killed in the middle of a batch leaves the old state or the new one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from models.lake import Lake
from models.records import KINDS
from service.people import Role
from tests.service.callers import bearer, token_at
from tests.service.records_client import NDJSON, RecordsClient, counts, row_of

KIND = KINDS["tax_grade"]
ROWS = 40_000


def lines() -> bytes:
    """A batch that takes some seconds, with many enterprises in every bucket."""
    line = json.dumps(row_of(KIND, enterprise_id="E%d")) + "\n"
    return "".join(line % number for number in range(ROWS)).encode()


@pytest.mark.parametrize("moment", ["while-read", "while-written"])
def test_a_killed_server_leaves_the_old_or_the_new_state(moment: str, tmp_path: Path) -> None:
    """SIGKILL while the batch is read or its parts are written: nothing of it counts, and the next post has it all."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "service",
            "serve",
            "--port",
            "0",
            "--home",
            str(tmp_path),
            "--json",
            "--development-issuer",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    ) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert found
        answers: list[httpx2.Response] = []

        def post() -> None:
            with pytest.raises(httpx2.TransportError):
                answers.append(
                    httpx2.post(
                        f"{found[0]}/v1/records/{KIND.name}",
                        content=lines(),
                        headers={"Content-Type": NDJSON, **bearer(token_at(tmp_path, Role.SERVICE))},
                        timeout=60,
                    )
                )

        sender = threading.Thread(target=post)
        sender.start()
        deadline = time.monotonic() + 60
        while moment == "while-written" and time.monotonic() < deadline:
            if len(list(tmp_path.glob(f"lake/{KIND.name}/*/*.parquet"))) > 1:
                break
            time.sleep(0.002)
        if moment == "while-read":
            time.sleep(0.3)
        server.send_signal(signal.SIGKILL)
        sender.join(60)
    stored = sum(part.rows for part in Lake(tmp_path).manifest().of(KIND.name))
    assert stored in (0, ROWS)
    answer = RecordsClient(tmp_path).post_bytes(KIND, lines(), NDJSON).json()
    assert counts(answer)[:3] == (ROWS - stored, stored, 0)
    assert not list(tmp_path.glob("tmp*"))
