"""The API under load: a server on one core, the load from a second process, durable writes and all.

Three servers in turn, each one process pinned to one core:

1. ours, POST /v1/assessments: a stored enterprise with 2,000 invoices; features, PD, limit, contributions, reasons,
   waterfall, caps, sources and gates, the ledger's durable write. Attribution, levers and value of information are made
   when asked for (ADR 13) and are not part of it.
2. a bare FastAPI endpoint that validates the same request by the same pydantic model and does nothing.
3. the row: ours, POST /v1/scores (who calls, limits, log and metrics included), beside FastAPI + pandas + LightGBM's
   `pred_contrib` on the same booster.

Saturation: as many connections as `--connections` without a pause. Latency: requests at fixed times at half of that
rate, each measured from the time it was due, so that waiting in a queue counts. The split by stage is the server's own
(/metrics). `--small` is a form of seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import httpx2
import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from models.bundle import Bundle
from models.features import CATALOGUE
from models.lake import Lake
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.api.messages import AssessmentRequest
from service.people import Role
from service.people.development import DevelopmentIssuer
from tests.factories import SIGNED_FEATURES, bundle

AS_OF = date(2023, 12, 31)
INVOICES = 2_000
AIM_P99_MS, AIM_TIMES = 150.0, 8.0
SERVER_CORE = 0
BARE = "bare"
PANDAS = "pandas"


def prepare(home: Path, invoices: int) -> None:
    """A lake with the enterprise and some others, and a bundle of the size of a real one."""

    rng = np.random.default_rng(1)
    with Lake(home).writing() as writing:
        for name in ("A", "B"):
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
    bundle(rows=5_000, trees=300, signed=signed_features()).publish(home)


def signed_features() -> tuple[tuple[str, int], ...]:
    """Forty numeric features of the catalogue that invoices feed, as a trained model has them."""

    known = dict(SIGNED_FEATURES)
    named = [one.name for one in CATALOGUE if one.family in {"sales", "purchases", "counterparties", "trade"}]
    more = [one.name for one in CATALOGUE if one.name not in known and one.name not in named]
    chosen = {*[*dict.fromkeys([*known, *named, *more])][:40]}
    return tuple((one.name, known.get(one.name, 0)) for one in CATALOGUE if one.name in chosen)


# ---- the servers; each runs in a process of its own: python -m benchmarks.api --serve WHAT --home HOME


def serve(what: str, home: Path) -> None:
    """Serve on a free port and print it; until killed."""
    os.sched_setaffinity(0, {SERVER_CORE})

    app = bare_app() if what == BARE else pandas_app(home)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(json.dumps({"address": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])


def bare_app() -> object:
    """Validates the same request, and answers."""

    app = FastAPI()

    @app.post("/v1/assessments")
    async def validate(asked: AssessmentRequest) -> dict[str, str]:
        return {"enterprise_id": asked.enterprise_id}

    return app


def pandas_app(home: Path) -> object:
    """What is usual: a DataFrame of one row, `predict` and `predict(pred_contrib=True)`."""

    bundle = Bundle.load_current(home)
    booster, names = bundle.booster, list(bundle.features)

    class Row(BaseModel):
        features: dict[str, float | None]

    app = FastAPI()

    @app.post("/v1/scores")
    def score(row: Row) -> dict[str, object]:
        frame = pd.DataFrame([row.features], columns=names).astype(np.float64)
        probability = booster.predict(frame, num_threads=1)
        contributions = np.asarray(booster.predict(frame, pred_contrib=True, num_threads=1))[0]
        return {"pd": float(np.asarray(probability)[0]), "contributions": dict(zip(names, contributions, strict=False))}

    return app


@contextmanager
def server(what: str, home: Path) -> Iterator[str]:
    """A server process; gives its address."""
    environment = {**os.environ, "ASSETLIGHT_RATE_LIMIT": "off", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pinned = f"import os; os.sched_setaffinity(0, {{{SERVER_CORE}}}); from service.cli import main; main()"
    command = (
        [sys.executable, "-c", pinned, "serve", "--home", str(home), "--port", "0", "--development-issuer", "--json"]
        if what == "ours"
        else [sys.executable, "-m", "benchmarks.api", "--serve", what, "--home", str(home)]
    )
    with (home.parent / f"{what}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["address"]
    finally:
        process.terminate()
        process.wait(30)


# ---- the load: benchmarks/api_load.py, a process of its own


def load(address: str, path: str, body: bytes, token: str, **how: float) -> dict[str, float]:
    """Load from a process of its own on the other core."""
    asked = {"address": address, "path": path, "body": body.decode(), "token": token, **how}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.api_load"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def stages(address: str, token: str) -> dict[str, tuple[float, float]]:
    """Seconds and number of each stage so far, and of the whole request."""

    text = httpx2.get(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60).text
    found: dict[str, tuple[float, float]] = {}
    for name, key in (
        ("assetlight_stage_seconds", 'stage="([a-z_]+)"'),
        ("assetlight_request_seconds", '(POST)".*"201"'),
    ):
        sums = dict(re.findall(rf"^{name}_sum{{[^}}]*?{key}[^}}]*}} (\S+)$", text, re.MULTILINE))
        counts = dict(re.findall(rf"^{name}_count{{[^}}]*?{key}[^}}]*}} (\S+)$", text, re.MULTILINE))
        found |= {one: (float(sums[one]), float(counts[one])) for one in sums}
    return found


def split(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Mean milliseconds of each stage between two looks; `rest` is HTTP, who calls, validation, log and waiting."""
    means = {}
    for name, (seconds, count) in after.items():
        old_seconds, old_count = before.get(name, (0.0, 0.0))
        if count > old_count:
            means[name] = round((seconds - old_seconds) / (count - old_count) * 1e3, 2)
    whole = means.pop("POST", 0.0)
    return {**means, "rest": round(whole - sum(means.values()), 2), "whole": whole}


def measure(home: Path, seconds: float, connections: int) -> dict[str, object]:
    """All three comparisons, in turns."""

    token = DevelopmentIssuer(home).token(
        subject="bench", name="bench", roles=[Role.SERVICE], branches=["*"], now=datetime.now(UTC)
    )
    body = json.dumps({"enterprise_id": "A", "as_of": AS_OF.isoformat()}).encode()
    bundle = Bundle.load_current(home)
    rng = Random(2)  # noqa: S311
    row = json.dumps({"features": {name: rng.random() for name in bundle.features}}).encode()
    found: dict[str, object] = {}
    with server("ours", home) as address:
        full, scores = (address, "/v1/assessments", body, token), (address, "/v1/scores", row, token)
        for target in (full, scores):  # statements planned, tables made, kernels compiled
            load(*target, seconds=1.0, connections=2, rate=0.0)
        saturation = load(*full, seconds=seconds, connections=connections, rate=0.0)
        before = stages(address, token)
        half = load(*full, seconds=seconds, connections=64, rate=saturation["requests/s"] / 2)
        means = split(before, stages(address, token))
        rows = load(*scores, seconds=seconds, connections=connections, rate=0.0)
    with server(BARE, home) as address:
        load(address, "/v1/assessments", body, token, seconds=0.5, connections=2, rate=0.0)
        bare = load(address, "/v1/assessments", body, token, seconds=seconds, connections=connections, rate=0.0)
    with server(PANDAS, home) as address:
        load(address, "/v1/scores", row, token, seconds=0.5, connections=2, rate=0.0)
        pandas = load(address, "/v1/scores", row, token, seconds=seconds, connections=connections, rate=0.0)
    found["assessment at saturation"] = saturation
    found["assessment at half of saturation"] = {**half, "aim p99 ms": AIM_P99_MS, "met": half["p99 ms"] < AIM_P99_MS}
    found["mean ms by stage at half"] = means
    found["bare FastAPI that validates"] = bare
    times = rows["requests/s"] / pandas["requests/s"]
    found["row of features"] = {
        "ours": rows,
        "FastAPI + pandas + pred_contrib": pandas,
        "times": round(times, 2),
        "aim": AIM_TIMES,
        "met": times >= AIM_TIMES,
    }
    return found


def main() -> None:
    """Print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    arguments.add_argument("--connections", type=int, default=8)
    arguments.add_argument("--invoices", type=int, default=INVOICES)
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--serve", help=argparse.SUPPRESS)
    arguments.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve:
        serve(given.serve, given.home)
        return
    folder = Path(tempfile.mkdtemp(prefix="assetlight-bench-"))
    try:
        home = folder / "home"
        prepare(home, given.invoices)
        found = measure(home, 3.0 if given.small else given.seconds, given.connections)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"invoices": given.invoices, "load average": os.getloadavg()[0], **found}, indent=2))


if __name__ == "__main__":
    main()
