"""The whole OpenAPI document walked by schemathesis, with every check on and links followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

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
class Walked:
    """What was asked, and what was found wrong."""

    answers: dict[str, dict[int, int]] = field(default_factory=dict)  # by operation and status
    failures: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(sum(by_status.values()) for by_status in self.answers.values())


def configuration(
    headers: Mapping[str, str], *, examples: int, phases: Mapping[str, bool], seed: int
) -> dict[str, Any]:
    """Every check is on; `positive_data_acceptance` knows which refusals are about the case and not about the form."""
    return {
        "seed": seed,
        "headers": dict(headers),
        "checks": {"enabled": True, "positive_data_acceptance": {"expected-statuses": REFUSALS_OF_SOUND_REQUESTS}},
        "generation": {
            "max-examples": examples,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
        },
        "phases": {name: {"enabled": on} for name, on in phases.items()},
        "warnings": False,
        "continue-on-failure": True,
        "workers": 1,
    }


def walk(app: FastAPI, headers: Mapping[str, str], **how: Any) -> Walked:
    """Ask everything that the document describes, in ways that it allows and in ways that it does not."""
    config = SchemathesisConfig.from_dict(configuration(headers, **how))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    draws = Random(how["seed"])  # noqa: S311

    @schema.hook
    def map_case(_context: Any, case: Any) -> Any:
        """A sound body is mostly about a stored enterprise and a day that was, or little would ever be made."""
        body = case.body
        sound = case.meta and case.meta.generation.mode == GenerationMode.POSITIVE
        if sound and isinstance(body, dict) and "enterprise_id" in body and draws.random() < 0.8:
            body["enterprise_id"] = draws.choice(ENTERPRISES)
            body.update({"as_of": AS_OF.isoformat()} if "as_of" in body else {})
            body.update({"records": None} if "records" in body and draws.random() < 0.8 else {})
            if "tenor_months" in body:
                body.update({"product": None, "tenor_months": 12, "branch": "hangzhou", "park": None})
        return case

    found = Walked()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            account(event.recorder, found)
        elif isinstance(event, events.NonFatalError):
            found.failures.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def account(recorder: Any, found: Walked) -> None:
    """Put what one scenario met to the rest."""
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        label = recorder.cases[case_id].value.operation.label
        by_status = found.answers.setdefault(label, {})
        status = interaction.response.status_code
        by_status[status] = by_status.get(status, 0) + 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE:
                case = recorder.cases[case_id].value
                words = " ".join(str(check.failure_info.failure).split()) if check.failure_info else ""
                found.failures.append(
                    f"{case.operation.label} {check.name}: {words[:600]} | {case.as_curl_command()[:500]}"
                )
