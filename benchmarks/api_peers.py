"""The servers that `benchmarks.api` compares with, each in a process of its own: `python -m benchmarks.api_peers WHAT`.

`bare`: FastAPI that validates an assessment's request by the same pydantic model and does nothing else. `usual`:
FastAPI + a DataFrame of one row + `predict` + `predict(pred_contrib=True)` on the same booster, as tutorials write it:
a plain `def` route, a field of the request's model for each feature, `DataFrame([row])`, the answer by a model.
`pandas`: the same in its best form: one thread, no hop to another thread, the row made as float64 at once, the answer
written without a model.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, create_model

from models.bundle import Bundle
from service.api.messages import AssessmentRequest

SERVER_CORE = 0
BARE, USUAL, PANDAS = PEERS = ("bare", "usual", "pandas")


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


class Scored(BaseModel):
    """What the usual server answers."""

    pd: float
    contributions: dict[str, float]


def usual_app(bundle: Bundle) -> FastAPI:
    """Probability and contributions of a row, as they are usually served."""
    booster, names = bundle.booster, list(bundle.features)
    fields: dict[str, Any] = dict.fromkeys(names, (float | None, None))
    features = create_model("Features", **fields)
    request = create_model("Request", features=(features, ...))
    app = FastAPI()

    def score(row: Any) -> Scored:  # noqa: ANN401
        frame = pd.DataFrame([row.features.model_dump()]).astype(float)
        probability = np.asarray(booster.predict(frame))[0]
        contributions = np.asarray(booster.predict(frame, pred_contrib=True))[0]
        named = {name: float(value) for name, value in zip([*names, "base"], contributions, strict=True)}
        return Scored(pd=float(probability), contributions=named)

    score.__annotations__["row"] = request
    app.post("/v1/scores")(score)
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
    if given.what == BARE:
        app = bare_app()
    else:
        app = (usual_app if given.what == USUAL else pandas_app)(Bundle.load_current(given.home))
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(json.dumps({"address": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
