"""schemathesis over the whole OpenAPI document, every check on: no 5xx, no answer that is not documented."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from service.api import create_app
from service.api.links import every
from service.batch.starting import plan_records
from service.bootstrap import Service, build
from service.outbox import Event, event_id, keep
from service.outbox.addresses import Guard
from service.outbox.backoff import Backoff
from service.outbox.deliveries import Deliveries
from service.outbox.sending import Sender
from service.outbox.worker import Worker
from service.people.development import DevelopmentIssuer
from service.settings import read_settings
from tests.registry_desk import skilled, write_report
from tests.service.api.openapi_walk import PhaseWalked, Walked, walk
from tests.service.api.walk_staff import Bank, One, Staff
from tests.service.callers import LONG_AGO, bearer
from tests.service.conftest import AS_OF, still_clock

ALL = dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), True)
FEW = {**ALL, "coverage": False}
YEARS = timedelta(days=365 * 100)
PUBLIC = {"GET /healthz", "GET /readyz"}
ROAD = {**dict.fromkeys(ALL, False), "stateful": True}
DEAD_LETTERS = 60
EXAMPLES, STEPS, MOST_ROUNDS = 25, 50, 3  # of an operation or a road; of a road; of all roads of a subject
LEAST_FOLLOWED = 0.9
ROADS = (  # by subject, so that steps are not spent on other beginnings
    *(("applications", "people"), ("applications", "assessments", "people"), ("batches",), ("models",)),
    *(("events",), ("records",)),
)


def application(home: Path) -> tuple[FastAPI, Service]:
    """The application on a bank that has something of everything: two models to register, events that nobody took."""
    settings = read_settings(home=home, development_issuer=True, rate_limit="off", max_body_bytes=256 * 1024)
    service = build(settings, still_clock)
    write_dead_letters(service, DEAD_LETTERS)
    return create_app(service), service


def write_dead_letters(service: Service, count: int) -> None:
    """Events whose only consumer does not listen, given up at the first attempt."""
    moment = service.clock()
    service.subscriptions.add(name="gone", url="http://127.0.0.1:9/in", types=("*",), actor="risk", at=moment)
    names = [event_id("case", number, "application.submitted") for number in range(count)]
    with service.store.writing() as connection:
        for number, name in enumerate(names):
            keep(connection, [Event(name, "application.submitted", f"case {number}", moment, "urn:bank", {})])
    deliveries = Deliveries(service.store, service.clock, Backoff(most_attempts=1))
    asyncio.run(Worker(service.subscriptions, deliveries, Sender(Guard())).drain())
    assert deliveries.counts()["dead"] == count


def decide_portfolio(service: Service) -> None:
    """A batch that is done: a walk does not wait for one."""
    planned = plan_records(service.assessor, AS_OF, overlay=service.settings.policy_dir)
    name = service.batch_desk.submit(planned, by="risk", at=service.clock().isoformat())["id"]
    while service.batch_desk.status(name)["state"] != "done":
        time.sleep(0.2)


def staff_of(service: Service, seed: int, *, models: int = 2) -> Bank:
    """People of every role, with models that they may put in force."""
    digests = []
    for number in range(models):
        made = skilled(number)
        made.write(service.settings.home / "bundles" / made.digest[:12])
        write_report(service.settings.home, made.digest)
        digests.append(made.digest)
    return Bank(service, seed, tuple(digests))


def nobody(home: Path) -> One:
    """Somebody whom the bank's identity provider knows, and who may do nothing."""
    issuer = DevelopmentIssuer(home)
    text = issuer.token(subject="x", name="x", roles=[], branches=[], now=LONG_AGO, lifetime=YEARS)
    return One(bearer(text)["Authorization"])


def check(found: Walked, app: FastAPI, *, whole: bool = True) -> None:
    """Nothing failed, and every operation was asked where it is a `whole` walk."""
    failures = Counter(one.split(" | ")[0] for one in found.failures)
    shown = {one.split(" | ")[0]: one for one in found.failures}
    assert not found.failures, "\n\n".join(f"{times} times {shown[one]}" for one, times in failures.most_common())
    operations = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
    assert not whole or operations <= set(found.answers)
    assert not [status for by_status in found.answers.values() for status in by_status if status >= 500]


def test_a_small_walk(home: Path) -> None:
    """Some examples of every operation, and links followed."""
    app, service = application(home)
    found = walk(app, staff_of(service, 1), examples=4, steps=30, phases=FEW, seed=1)
    check(found, app)
    assert found.answers["POST /v1/assessments"].get(201)
    assert found.answers["POST /v1/applications/{application_id}/transitions"].get(200)


def test_somebody_without_a_role_gets_nowhere(home: Path) -> None:
    """Every operation that is not public answers 401 or 403, or 400 to what is not even JSON, whatever is sent."""
    app, _ = application(home)
    found = walk(app, nobody(home), examples=2, steps=6, phases={**FEW, "stateful": False}, seed=1)
    check(found, app)
    check_nowhere(found)


def check_nowhere(found: Walked) -> None:
    """Nobody got anything that is not public."""
    for operation, by_status in found.answers.items():
        assert operation in PUBLIC or set(by_status) <= {400, 401, 403, 405}, (operation, by_status)


def test_a_walk_finds_an_answer_that_is_not_documented(home: Path) -> None:
    """The walk itself is tried: a teapot that the document does not know, and a failure."""
    app, _ = application(home)
    del app.openapi()["paths"]["/v1/me"]["get"]["responses"]["default"]
    del app.openapi()["paths"]["/v1/me"]["get"]["responses"]["403"]
    found = walk(app, nobody(home), examples=1, steps=6, phases={**dict.fromkeys(ALL, False), "fuzzing": True}, seed=1)
    assert [one for one in found.failures if "GET /v1/me status_code_conformance" in one]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says something at once, also to somebody who waits for a long test."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return say


def long_walk(app: FastAPI, staff: Staff, told: Callable[[str], None], **how: object) -> Walked:
    """A walk that says what each phase was, and its failures whole."""

    def say(phase: PhaseWalked) -> None:
        told("\n  ".join([phase.sentence(), *phase.failures]))

    return walk(app, staff, say=say, **how)  # type: ignore[arg-type]


@pytest.mark.soak
def test_a_long_walk(home: Path, told: Callable[[str], None]) -> None:
    """The examples, boundary values of every field, and drawn requests."""
    app, service = application(home)
    decide_portfolio(service)
    phases = {**ALL, "stateful": False}
    check(long_walk(app, staff_of(service, 1), told, examples=EXAMPLES, steps=STEPS, phases=phases, seed=1), app)


@pytest.mark.soak
def test_roads_of_many_steps(home: Path, told: Callable[[str], None]) -> None:
    """From answer to answer, subject by subject, until the links of the document led to what they are for."""
    app, service = application(home)
    decide_portfolio(service)
    staff, found, wanted = staff_of(service, 1, models=24), Walked(), links_of(app)
    for tags in ROADS:
        here = {link for link, of in wanted.items() if of <= set(tags)}
        for seed in range(1, MOST_ROUNDS + 1):
            found.add(long_walk(app, staff, told, examples=EXAMPLES, steps=STEPS, phases=ROAD, tags=tags, seed=seed))
            left = sorted(link for link in here if not found.followed().get(link))
            told(
                f"{', '.join(tags)}: {len(here) - len(left)} of {len(here)} links led to what they are for; not {left}"
            )
            if not left:
                break
    told("\n".join(f"{times:6d} {link} {dict(found.links[link])}" for link, times in found.followed().items()))
    check(found, app, whole=False)
    followed = [link for link, times in found.followed().items() if times]
    assert len(followed) >= LEAST_FOLLOWED * len(wanted)  # by chance some few are not: test_links follows each of them


def links_of(app: FastAPI) -> dict[str, set[str]]:
    """Every link of the document as schemathesis calls it, with the subjects that it touches."""
    paths = app.openapi()["paths"]
    return {
        f"{answer.method} {answer.path} -> [{answer.status}] {name} -> {target.method} {target.path}": {
            *paths[answer.path][answer.method.lower()]["tags"],
            *paths[target.path][target.method.lower()]["tags"],
        }
        for answer, name, target, _ in every()
    }


@pytest.mark.soak
def test_a_long_walk_of_somebody_without_a_role(home: Path, told: Callable[[str], None]) -> None:
    """The same boundary values get nobody anywhere."""
    app, _ = application(home)
    phases = {**ALL, "stateful": False}
    found = long_walk(app, nobody(home), told, examples=EXAMPLES, steps=STEPS, phases=phases, seed=1)
    check(found, app)
    check_nowhere(found)
