"""A million rows in one request, to a server of its own: `make soak`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from models.records import KINDS
from service.people import Role
from tests.service.callers import bearer, token_at
from tests.service.records_client import NDJSON, counts, row_of

INVOICE = KINDS["invoice"]
ROWS, BAD = 1_000_000, 777_777
MOST_MB = 2_500


def body() -> Iterator[bytes]:
    """A million invoices of five thousand enterprises; the total of one of them is not its amount and tax."""
    line = json.dumps(row_of(INVOICE, enterprise_id="E%d", invoice_no="N%d")) + "\n"
    wrong = json.dumps(row_of(INVOICE, enterprise_id="E%d", invoice_no="N%d", total="1.00")) + "\n"
    for start in range(0, ROWS, 10_000):
        numbers = range(start, start + 10_000)
        yield "".join((wrong if n == BAD else line) % (n % 5_000, n) for n in numbers).encode()


def peak_mb(process: int) -> int:
    """The most memory a process has had."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024


@pytest.mark.soak
def test_a_million_rows_with_one_bad_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the bad row is refused, memory stays bounded, and the same million again changes nothing."""
    command = [
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
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            for expected in ((ROWS - 1, 0, 1, 0), (0, ROWS - 1, 1, 0)):
                started = time.monotonic()
                answer = httpx2.post(
                    f"{found[0]}/v1/records/invoice",
                    content=body(),
                    headers={"Content-Type": NDJSON, **bearer(token_at(tmp_path, Role.SERVICE))},
                    timeout=1800,
                )
                assert answer.status_code == 200, answer.text
                assert counts(answer.json()) == expected
                assert answer.json()["refused"][0]["row"] == BAD + 1
                with capsys.disabled():
                    print(f"\n{ROWS} rows in {time.monotonic() - started:.1f} s, peak {peak_mb(server.pid)} MB")
            assert peak_mb(server.pid) < MOST_MB
        finally:
            server.terminate()
