"""The whole OpenAPI document walked by schemathesis, with every check on and links followed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from tests.service.api.walk_staff import Staff
from tests.service.conftest import AS_OF, ENTERPRISES

# What a sound body meets when the case is in another state, is not the caller's, or was changed meanwhile; every one of
# them is documented. 422: rules that no schema can say (the product of the day, a day that has not come).
REFUSALS_OF_SOUND_REQUESTS = ["2xx", "401", "403", "404", "409", "412", "422", "428", "503"]


@schemathesis.serializer("application/x-ndjson")
def lines(_context: object, value: object) -> bytes:
    """A batch as lines, as it is drawn: text, or rows."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace")
    rows = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(row, default=str).encode() + b"\n" for row in rows)


@dataclass
class PhaseWalked:
    """What one phase asked, and what was found wrong."""

    name: str
    seconds: float = 0.0
    answers: dict[str, Counter[int]] = field(default_factory=dict)  # by operation
    failures: list[str] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[int]:
        """How many answers there were of each status."""
        return sum(self.answers.values(), Counter())

    def sentence(self) -> str:
        """The phase in one line."""
        found = ", ".join(f"{status}: {times}" for status, times in sorted(self.statuses.items()))
        return (
            f"{self.name}: {self.statuses.total()} requests, {len(self.answers)} operations, {self.seconds:.0f} s; "
            f"{found}; {len(self.failures)} failures"
        )


@dataclass
class Walked:
    """Every phase, and where the document's links led."""

    phases: list[PhaseWalked] = field(default_factory=list)
    links: dict[str, Counter[int]] = field(default_factory=dict)  # statuses by link, of what a link really filled in

    @property
    def answers(self) -> dict[str, Counter[int]]:
        """Statuses by operation, over all phases."""
        found: dict[str, Counter[int]] = {}
        for phase in self.phases:
            for operation, statuses in phase.answers.items():
                found[operation] = found.get(operation, Counter()) + statuses
        return found

    @property
    def failures(self) -> list[str]:
        """What was found wrong, over all phases."""
        return [f"{phase.name}: {one}" for phase in self.phases for one in phase.failures]

    def add(self, other: Walked) -> None:
        """Put another walk to this one."""
        self.phases += other.phases
        for link, statuses in other.links.items():
            self.links[link] = self.links.get(link, Counter()) + statuses

    def followed(self) -> dict[str, int]:
        """How often each link ended in what was asked."""
        return {
            link: sum(times for status, times in statuses.items() if 200 <= status < 300)
            for link, statuses in sorted(self.links.items())
        }


def configuration(*, examples: int, steps: int, phases: Mapping[str, bool], seed: int) -> dict[str, Any]:
    """Every check is on; `positive_data_acceptance` knows which refusals are about the case and not about the form."""
    return {
        "seed": seed,
        "checks": {"enabled": True, "positive_data_acceptance": {"expected-statuses": REFUSALS_OF_SOUND_REQUESTS}},
        "generation": {
            "max-examples": examples,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
        },
        "phases": {
            **{name: {"enabled": on} for name, on in phases.items()},
            # a link that met a refusal of the case is followed as often as before
            "stateful": {"enabled": phases["stateful"], "max-steps": steps, "link-calibration": False},
        },
        "request-timeout": 60,  # a PDF on a machine with other work
        "warnings": False,
        "continue-on-failure": True,
        "workers": 1,
    }


def walk(
    app: FastAPI,
    staff: Staff,
    *,
    seed: int,
    say: Callable[[PhaseWalked], None] = lambda _: None,
    tags: Sequence[str] = (),
    **how: Any,
) -> Walked:
    """Ask everything that the document describes, in ways that it allows and in ways that it does not.

    `tags`: only operations of these, so that the steps of a road are spent on it and not on other beginnings.
    """
    config = SchemathesisConfig.from_dict(configuration(seed=seed, **how))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    if tags:
        schema = schema.include(tag=list(tags))
    found = Walked()
    with prepared(schema, staff, seed):
        phase, since = PhaseWalked(""), monotonic()
        for event in from_schema(schema).execute():
            if isinstance(event, events.PhaseStarted):
                phase, since = PhaseWalked(event.phase.name.value), monotonic()
            elif isinstance(event, events.PhaseFinished) and (phase.answers or phase.failures):
                phase.seconds = monotonic() - since
                found.phases.append(phase)
                say(phase)
            elif isinstance(event, events.ScenarioFinished):
                account(event.recorder, phase, found)
            elif isinstance(event, events.NonFatalError):
                phase.failures.append(f"{event.label}: {event.value!r}")
            elif isinstance(event, events.FatalError):
                raise event.exception
    return found


@contextmanager
def prepared(schema: Any, staff: Staff, seed: int) -> Iterator[None]:
    """The staff calls. Hooks of one call are global in schemathesis: set for this walk and taken away after it."""
    draws = Random(seed)  # noqa: S311

    @schema.hook
    def map_case(_context: Any, case: Any) -> Any:
        """A sound body is mostly about a stored enterprise and a day that was, or little would ever be made."""
        body = case.body
        sound = case.meta and case.meta.generation.mode == GenerationMode.POSITIVE
        if sound and isinstance(body, str) and case.media_type == "application/x-ndjson":
            case.body = json.dumps({"drawn": body})  # a schema can say that it is text, not that each line is JSON
        if sound and isinstance(body, dict) and "enterprise_id" in body and draws.random() < 0.8:
            body["enterprise_id"] = draws.choice(ENTERPRISES)
            body.update({"as_of": AS_OF.isoformat()} if "as_of" in body else {})
            body.update({"records": None} if "records" in body and draws.random() < 0.8 else {})
            if "tenor_months" in body:
                body.update({"product": None, "tenor_months": 12, "branch": "hangzhou", "park": None})
        return case

    @schema.auth(refresh_interval=None)
    class Callers:
        """Somebody for each request."""

        def get(self, case: Any, _context: Any) -> str:
            return staff.authorization(case.operation.definition.raw.get("x-roles", ()))

        def set(self, case: Any, header: str, _context: Any) -> None:
            case.headers["Authorization"] = header

    @schema.hook
    def after_call(_context: Any, case: Any, response: Any) -> None:
        staff.saw(case, response)

    def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
        if case.operation.schema is schema:
            staff.prepare(case)

    schemathesis.hook(before_call)
    try:
        yield
    finally:
        schemathesis.hooks.unregister(before_call)


def account(recorder: Any, phase: PhaseWalked, found: Walked) -> None:
    """Put what one scenario met to the rest."""
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        node = recorder.cases[case_id]
        status = int(interaction.response.status_code)
        phase.answers.setdefault(node.value.operation.label, Counter())[status] += 1
        if node.transition is not None and node.is_transition_applied and not node.transition.is_inferred:
            found.links.setdefault(node.transition.id, Counter())[status] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE:
                case = recorder.cases[case_id].value
                words = " ".join(str(check.failure_info.failure).split()) if check.failure_info else ""
                sent = check.failure_info.code_sample if check.failure_info else case.as_curl_command()
                phase.failures.append(f"{case.operation.label} {check.name}: {words} | {sent}")
