"""The servers that `benchmarks.api` compares with, each in a process of its own: `python -m benchmarks.api_peers WHAT`.

`bare`: FastAPI that validates an assessment's request by the same pydantic model and does nothing else. `pandas`: what
is usual, FastAPI + a DataFrame of one row + `predict` + `predict(pred_contrib=True)` on the same booster, in its best
form: one thread, no hop to another thread, the row made as float64 at once, the answer written without a model.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from models.bundle import Bundle
from service.api.messages import AssessmentRequest

SERVER_CORE = 0
BARE, PANDAS = PEERS = ("bare", "pandas")


class Row(BaseModel):
    """A row of features. Not inside `pandas_app`: there FastAPI could not find it and would take it for a query."""

    features: dict[str, float | None]


def bare_app() -> FastAPI:
    """Validates the same request, and answers."""
    app = FastAPI()

    @app.post("/v1/assessments")
    async def validate(asked: AssessmentRequest) -> dict[str, str]:
        return {"enterprise_id": asked.enterprise_id}

    return app


def pandas_app(bundle: Bundle) -> FastAPI:
    """Probability and contributions of a row, as most services make them."""
    booster, names = bundle.booster, list(bundle.features)
    app = FastAPI()

    @app.post("/v1/scores")
    async def score(row: Row) -> JSONResponse:
        frame = pd.DataFrame([row.features], columns=names, dtype=np.float64)
        probability = np.asarray(booster.predict(frame, num_threads=1))
        contributions = np.asarray(booster.predict(frame, pred_contrib=True, num_threads=1))[0].tolist()
        named = dict(zip([*names, "base"], contributions, strict=True))
        return JSONResponse({"pd": float(probability[0]), "contributions": named})

    return app


def main() -> None:
    """Serve on a free port of this machine and print it; until killed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=PEERS)
    arguments.add_argument("--home", type=Path, required=True, help="data directory with the bundle")
    given = arguments.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    app = bare_app() if given.what == BARE else pandas_app(Bundle.load_current(given.home))
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(json.dumps({"address": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
