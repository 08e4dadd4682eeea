"""schemathesis over the whole OpenAPI document, every check on: no 5xx, no answer that is not documented."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from service.api import create_app
from service.bootstrap import build
from service.people.development import DevelopmentIssuer
from service.settings import read_settings
from tests.service.api.openapi_walk import Walked, walk
from tests.service.callers import LONG_AGO, bearer, token
from tests.service.conftest import still_clock

ALL = dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), True)
FEW = {**ALL, "coverage": False}
YEARS = timedelta(days=365 * 100)
PUBLIC = {"GET /healthz", "GET /readyz"}


def application(home: Path) -> tuple[FastAPI, dict[str, dict[str, str]]]:
    """The application, and who calls: one who may do everything, and one who may do nothing."""
    settings = read_settings(home=home, development_issuer=True, rate_limit="off", max_body_bytes=256 * 1024)
    service = build(settings, still_clock)
    nobody = DevelopmentIssuer(home).token(subject="x", name="x", roles=[], branches=[], now=LONG_AGO, lifetime=YEARS)
    return create_app(service), {"every role": bearer(token(service)), "no role": bearer(nobody)}


def check(found: Walked, app: FastAPI) -> None:
    """Nothing failed, and every operation was asked."""
    failures = Counter(one.split(" | ")[0] for one in found.failures)
    assert not found.failures, "\n".join(f"{times} times {words}" for words, times in failures.most_common(20))
    operations = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
    assert operations <= set(found.answers)
    assert not [status for by_status in found.answers.values() for status in by_status if status >= 500]


def test_a_small_walk(home: Path) -> None:
    """Some examples of every operation, and links followed."""
    app, callers = application(home)
    found = walk(app, callers["every role"], examples=4, phases=FEW, seed=1)
    check(found, app)
    assert found.answers["POST /v1/assessments"].get(201)


def test_somebody_without_a_role_gets_nowhere(home: Path) -> None:
    """Every operation that is not public answers 401 or 403, or 400 to what is not even JSON, whatever is sent."""
    app, callers = application(home)
    found = walk(app, callers["no role"], examples=2, phases={**FEW, "stateful": False}, seed=1)
    check(found, app)
    for operation, by_status in found.answers.items():
        assert operation in PUBLIC or set(by_status) <= {400, 401, 403, 405}, (operation, by_status)


def test_a_walk_finds_an_answer_that_is_not_documented(home: Path) -> None:
    """The walk itself is tried: a teapot that the document does not know, and a failure."""
    app, callers = application(home)
    del app.openapi()["paths"]["/v1/me"]["get"]["responses"]["default"]
    del app.openapi()["paths"]["/v1/me"]["get"]["responses"]["403"]
    found = walk(app, callers["no role"], examples=1, phases={**dict.fromkeys(ALL, False), "fuzzing": True}, seed=1)
    assert [one for one in found.failures if "GET /v1/me status_code_conformance" in one]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("caller", ["every role", "no role"])
def test_a_long_walk(home: Path, caller: str, seed: int) -> None:
    """Every phase, with boundary values of every field."""
    app, callers = application(home)
    found: Any = walk(app, callers[caller], examples=100, phases=ALL, seed=seed)
    check(found, app)
