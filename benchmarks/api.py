"""The API under load: a server on one core, the load from a second process, durable writes and all.

Measured:

1. `POST /v1/assessments`: stored enterprises with 2,000 invoices each, asked in turn, more of them than anything is
   remembered of; features, PD, limit, contributions, reasons, waterfall, caps, sources and gates, the ledger's durable
   write. Attribution, levers and value of information are made when asked for (ADR 13) and are not part of it. Beside
   it the same with one enterprise asked again and again, and a bare FastAPI endpoint that validates the same request.
2. `POST /v1/scores` (who calls, limits, log and metrics included), a ready row of features, beside FastAPI + pandas +
   LightGBM's `pred_contrib` on the same booster, as it is usually written and in its best form: in turns, several
   rounds, the median of the ratios.

Saturation: as many connections as `--connections` without a pause. Latency: requests at fixed times at half of that
rate, each measured from the time it was due, so that waiting in a queue counts: at a constant rate, as wrk2 loads, and
at random times as independent callers come, where the queue of one core alone (M/D/1) makes p99 4.1 times the work of
one request. The split by stage is the server's own
(/metrics). On a busy machine compare `server CPU ms` and ratios, not seconds. `--small` is a form of a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import numpy as np

from benchmarks.api_peers import BARE, PANDAS, SERVER_CORE, USUAL
from models.bundle import Bundle
from models.features import CATALOGUE
from models.lake import Lake
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.people import Role
from service.people.development import DevelopmentIssuer
from tests.factories import SIGNED_FEATURES, bundle

AS_OF = date(2023, 12, 31)
INVOICES, ENTERPRISES = 2_000, 96
AIM_P99_MS, AIM_TIMES = 150.0, 8.0
ROUNDS = 3
OURS = "ours"
UNREACHED = "1000000000/minute"  # counted like any other limit
TICKS = os.sysconf("SC_CLK_TCK")
MADE, SCORED = "/v1/assessments", "/v1/scores"
ASSESSMENTS, ROWS = PARTS = ("assessments", "rows")


def prepare(home: Path, names: Sequence[str], invoices: int) -> None:
    """A lake with the enterprises, and a bundle of the shipped shape: 400 trees of depth 4."""
    rng = np.random.default_rng(1)
    with Lake(home).writing() as writing:
        for name in names:
            rows = [
                {
                    "enterprise_id": name,
                    "direction": "sales" if at % 3 else "purchase",
                    "invoice_no": f"{at:08d}",
                    "issued_on": (AS_OF - timedelta(days=int(rng.integers(0, 730)))).isoformat(),
                    "counterparty_id": f"C{int(rng.integers(0, 60))}",
                    "amount": f"{int(rng.integers(1_000, 500_000))}.00",
                    "tax": "0.00",
                    "status": "void" if rng.random() < 0.04 else "valid",
                }
                for at in range(invoices)
            ]
            for row in rows:
                row["total"] = row["amount"]
            accepted = accept_rows(rows, INVOICE, received_on=AS_OF)
            assert accepted.quarantined.num_rows == 0, accepted.quarantined.to_pylist()[:1]
            writing.append(INVOICE, accepted.rows)
    bundle(rows=5_000, trees=400, depth=4, signed=signed_features()).publish(home)


def signed_features() -> tuple[tuple[str, int], ...]:
    """Sixty-four numeric features of the catalogue, those that invoices feed first, as a trained model has them."""
    known = dict(SIGNED_FEATURES)
    named = [one.name for one in CATALOGUE if one.family in {"sales", "purchases", "counterparties", "trade"}]
    more = [one.name for one in CATALOGUE if one.name not in known and one.name not in named]
    chosen = {*[*dict.fromkeys([*known, *named, *more])][:64]}
    return tuple((one.name, known.get(one.name, 0)) for one in CATALOGUE if one.name in chosen)


@dataclass(frozen=True)
class Server:
    """A server process, and who calls it."""

    address: str
    process: int
    token: str

    def cpu_s(self) -> float:
        """CPU seconds that it has taken so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def loaded(self, path: str, bodies: Sequence[bytes], **how: float) -> dict[str, float]:
        """Figures of a load from a process of its own on the other core; ends the run at an answer that is not 2xx."""
        asked = {"address": self.address, "path": path, "token": self.token, **how}
        began = self.cpu_s()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.api_load"],
            input=json.dumps({**asked, "bodies": [one.decode() for one in bodies]}),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"the load on {self.address}{path} ended with {done.returncode}; see above")
        found: dict[str, float] = json.loads(done.stdout)
        return {**found, "server CPU ms": round((self.cpu_s() - began) / max(found["requests"], 1) * 1e3, 3)}

    def stages(self) -> dict[str, tuple[float, float]]:
        """Seconds and number of each stage so far, and of the whole request."""
        who = {"Authorization": f"Bearer {self.token}"}
        text = httpx2.get(f"{self.address}/metrics", headers=who, timeout=60).raise_for_status().text
        found: dict[str, tuple[float, float]] = {}
        for name, key in (
            ("assetlight_stage_seconds", 'stage="([a-z_]+)"'),
            ("assetlight_request_seconds", '(POST)".*"201"'),
        ):
            sums = dict(re.findall(rf"^{name}_sum{{[^}}]*?{key}[^}}]*}} (\S+)$", text, re.MULTILINE))
            counts = dict(re.findall(rf"^{name}_count{{[^}}]*?{key}[^}}]*}} (\S+)$", text, re.MULTILINE))
            found |= {one: (float(sums[one]), float(counts[one])) for one in sums}
        return found


@contextmanager
def serving(what: str, home: Path, token: str) -> Iterator[Server]:
    """A server process, pinned to one core."""
    environment = {
        **os.environ,
        "ASSETLIGHT_RATE_LIMIT": UNREACHED,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    pinned = f"import os; os.sched_setaffinity(0, {{{SERVER_CORE}}}); from service.cli import main; main()"
    command = (
        [sys.executable, "-c", pinned, "serve", "--home", str(home), "--port", "0", "--development-issuer", "--json"]
        if what == OURS
        else [sys.executable, "-m", "benchmarks.api_peers", what, "--home", str(home)]
    )
    told = home.parent / f"{what}.log"
    with told.open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first:
            sys.exit(f"the server `{what}` did not start: {told.read_text(errors='replace')[-2_000:]}")
        yield Server(json.loads(first)["address"], process.pid, token)
    finally:
        process.terminate()
        process.wait(30)


def split(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Mean milliseconds of each stage between two looks; `rest` is HTTP, who calls, validation, log and waiting."""
    means = {}
    for name, (seconds, count) in after.items():
        old_seconds, old_count = before.get(name, (0.0, 0.0))
        if count > old_count:
            means[name] = round((seconds - old_seconds) / (count - old_count) * 1e3, 2)
    whole = means.pop("POST", 0.0)
    return {**means, "rest": round(whole - sum(means.values()), 2), "whole": whole}


def assessments(ours: Server, bodies: Sequence[bytes], seconds: float, connections: int) -> dict[str, Any]:
    """Saturation, half of it, and where the time goes with one caller and at half."""
    ours.loaded(MADE, bodies, seconds=2.0, connections=2, rate=0.0)  # statements planned, tables made, code compiled
    alone_from = ours.stages()
    alone = ours.loaded(MADE, bodies, seconds=seconds / 2, connections=1, rate=0.0)
    half_from = ours.stages()
    saturation = ours.loaded(MADE, bodies, seconds=seconds, connections=connections, rate=0.0)
    loaded_from = ours.stages()
    at_half = {"seconds": seconds, "connections": 64, "rate": saturation["requests/s"] / 2}
    half = ours.loaded(MADE, bodies, **at_half)
    stages = split(loaded_from, ours.stages())
    even = ours.loaded(MADE, bodies, even=1, **at_half)
    return {
        "one caller": alone,
        "one caller, mean ms by stage": split(alone_from, half_from),
        "saturation": saturation,
        "half of saturation, at a constant rate": {
            **even,
            "aim p99 ms": AIM_P99_MS,
            "met": even["p99 ms"] < AIM_P99_MS,
        },
        "half of saturation, independent callers": {**half, "met": half["p99 ms"] < AIM_P99_MS},
        "half of saturation, mean ms by stage": stages,
        "one enterprise again and again": ours.loaded(MADE, bodies[:1], seconds=seconds / 2, connections=1, rate=0.0),
    }


def rows(
    ours: Server, peers: tuple[Server, Server], names: Sequence[str], seconds: float, connections: int
) -> dict[str, Any]:
    """A ready row: the three servers in turns."""
    rng = Random(2)  # noqa: S311
    bodies = [json.dumps({"features": {name: rng.random() for name in names}}).encode() for _ in range(50)]
    servers = dict(zip((OURS, "as usually written", "in its best form"), (ours, *peers), strict=True))
    for one in servers.values():
        one.loaded(SCORED, bodies, seconds=1.0, connections=2, rate=0.0)
    how = {"seconds": seconds / ROUNDS, "connections": connections, "rate": 0.0}
    rounds = [{name: one.loaded(SCORED, bodies, **how) for name, one in servers.items()} for _ in range(ROUNDS)]
    found: dict[str, Any] = {"features": len(names)}
    for name in servers:
        found[name] = [one[name] for one in rounds]
        if name != OURS:
            times = statistics.median(one[OURS]["requests/s"] / one[name]["requests/s"] for one in rounds)
            cpu = statistics.median(one[name]["server CPU ms"] / one[OURS]["server CPU ms"] for one in rounds)
            told = {"times requests/s": round(times, 2), "times by server CPU": round(cpu, 2), "aim": AIM_TIMES}
            found[f"FastAPI + pandas + pred_contrib, {name}"] = {**told, "met": times >= AIM_TIMES}
    return found


def measure(home: Path, names: Sequence[str], seconds: float, connections: int, only: str | None) -> dict[str, Any]:
    """Both comparisons, or one of them."""
    now = datetime.now(UTC)
    token = DevelopmentIssuer(home).token(subject="bench", name="bench", roles=[Role.SERVICE], branches=["*"], now=now)
    asked = [json.dumps({"enterprise_id": name, "as_of": AS_OF.isoformat()}).encode() for name in names]
    features = Bundle.load_current(home).features
    found: dict[str, Any] = {}
    with serving(OURS, home, token) as ours:
        if only != ROWS:
            found["assessment"] = assessments(ours, asked, seconds, connections)
            with serving(BARE, home, token) as bare:
                bare.loaded(MADE, asked, seconds=0.5, connections=2, rate=0.0)
                validated = bare.loaded(MADE, asked, seconds=seconds / 2, connections=connections, rate=0.0)
                found["bare FastAPI that validates"] = validated
        if only != ASSESSMENTS:
            with serving(USUAL, home, token) as usual, serving(PANDAS, home, token) as best:
                found["row of features"] = rows(ours, (usual, best), features, seconds, connections)
    return found


def main() -> None:
    """Print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    arguments.add_argument("--connections", type=int, default=8)
    arguments.add_argument("--invoices", type=int, default=INVOICES, help="of each enterprise")
    arguments.add_argument("--enterprises", type=int, default=ENTERPRISES)
    arguments.add_argument("--small", action="store_true", help="24 enterprises, 3 seconds of each")
    arguments.add_argument("--only", choices=PARTS, help="one of the two comparisons")
    given = arguments.parse_args()
    seconds, count = (3.0, 24) if given.small else (given.seconds, given.enterprises)
    count = count if given.only != ROWS else 1
    names = [f"E{number:03d}" for number in range(count)]
    folder = Path(tempfile.mkdtemp(prefix="assetlight-bench-"))
    before = os.getloadavg()[0]
    try:
        prepare(folder / "home", names, given.invoices)
        found = measure(folder / "home", names, seconds, given.connections, given.only)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    loads = {"before": round(before, 2), "after": round(os.getloadavg()[0], 2)}
    print(json.dumps({"invoices": given.invoices, "enterprises": count, "load average": loads, **found}, indent=2))


if __name__ == "__main__":
    main()
