"""Who walks through the OpenAPI document: a bank's people, who remember what the screen showed them.

A walk at random hardly ever moves a case: the version must be the present one, the action one that the state allows,
the person another one than the officer. So a sound request of the later phases is mostly made by somebody whom the
operation lets through, about what was seen before. What the document's links fill in stays as it is.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from schemathesis import GenerationMode
from schemathesis.generation.meta import TestPhase

from models.records import KINDS
from models.records.kind import RecordKind
from service.api.record_messages import example_record
from service.bootstrap import Service
from service.people import EVERYONE, Role
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import AS_OF, ENTERPRISES

CASE = "/v1/applications/{application_id}"
ALL = "all"  # somebody with every role, who may approve nothing of their own
BY_ACTION = {
    **dict.fromkeys(("submit", "reassess", "withdraw", "activate"), "officer"),
    **dict.fromkeys(("approve", "decline", "return"), "approver"),
    **dict.fromkeys(("freeze", "unfreeze", "close"), "risk"),
}
FORWARD = {"submit": 6, "approve": 6, "activate": 6, "freeze": 3, "unfreeze": 3, "return": 2, "reassess": 2}


class Staff(ABC):
    """Who calls, and what they make of a request that was drawn."""

    @abstractmethod
    def authorization(self, roles: Iterable[str], /) -> str:
        """The header of somebody for an operation that lets these roles through."""

    def prepare(self, case: Any, /) -> None:  # noqa: B027  # who has nothing to change changes nothing
        """Change a request before it is sent."""

    def saw(self, case: Any, response: Any, /) -> None:  # noqa: B027
        """Remember an answer."""


@dataclass
class One(Staff):
    """Always the same caller, who changes nothing."""

    header: str

    def authorization(self, _roles: Iterable[str], /) -> str:
        """Theirs, whatever the operation."""
        return self.header


@dataclass
class Seen:
    """A case as it was last shown."""

    officer: str
    enterprise: str
    state: str
    actions: list[str]
    tag: str
    grade: str
    overrides: list[str]
    overridden: list[str]  # what: grade, amount


@dataclass
class Bank(Staff):
    """A person of each role, two approvers, and somebody with all roles; `models` can be registered."""

    service: Service
    seed: int
    models: tuple[str, ...] = ()
    cases: dict[str, Seen] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)  # by case
    makers: dict[str, str] = field(default_factory=dict)  # header of whoever made a case or an assessment
    _headers: dict[str, str] = field(default_factory=dict)
    _draws: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self._draws = Random(self.seed)  # noqa: S311
        self._colleague = client_of(self.service, Role.SERVICE, subject="colleague")
        people = {role.value: (role,) for role in Role} | {"second": (Role.APPROVER,), ALL: tuple(EVERYONE)}
        for subject, roles in people.items():
            text = token(self.service, *roles, subject=subject, authority="head_office")
            self._headers[subject] = bearer(text)["Authorization"]

    def authorization(self, roles: Iterable[str], /) -> str:
        """Mostly somebody who may, or who has every role; sometimes anybody."""
        able = [name for name in roles if name in self._headers] or [ALL]
        chance = self._draws.random()
        who = (
            self._draws.choice(able) if chance < 0.9 else ALL if chance < 0.97 else self._draws.choice([*self._headers])
        )
        return self._headers[who]

    def prepare(self, case: Any, /) -> None:
        """A sound request becomes one that somebody would make who has seen the case."""
        self._let_see(case)
        if not is_sound(case):
            return
        label, body = case.operation.label, case.body
        if label.startswith("POST") and self._mostly() and isinstance(case.headers, Mapping):
            case.headers["Idempotency-Key"] = f"{self._draws.getrandbits(128):032x}"
        if label == "GET /v1/events" and self._mostly(0.5):
            case.query = {**case.query, "state": "dead"}
        if not self._mostly(0.85):
            return
        if label == f"POST {CASE}/attachments":
            self._attach(case)
        elif label == "POST /v1/records/{kind}":
            self._store(case)
        elif isinstance(body, dict):
            self._fill(case, label, body)

    def saw(self, case: Any, response: Any, /) -> None:
        """Files of cases, and each case as it was shown last."""
        if not 200 <= response.status_code < 300:
            return
        if case.operation.label in ("POST /v1/assessments", "POST /v1/applications"):
            made = response.json()
            self.makers[made["id"]] = case.headers["Authorization"]
            if "assessment" in made:
                self._file(made["id"])
                self.makers[made["assessment"]["id"]] = case.headers["Authorization"]
        if "/v1/applications" not in case.operation.path:
            return
        if case.operation.label == f"POST {CASE}/attachments":
            self.files.setdefault(case.path_parameters["application_id"], []).append(response.json()["sha256"])
        tag, media = (response.headers.get(name, [""])[0] for name in ("etag", "content-type"))
        if tag and media.startswith("application/json"):
            shown = response.json()
            self.cases[shown["id"]] = Seen(
                *(shown["officer"], shown["enterprise_id"], shown["state"], shown["actions"], tag, shown["grade"]),
                [one["id"] for one in shown["overrides"] if one["application_id"] and one["counts"]],
                [one["what"] for one in shown["overrides"] if one["counts"]],
            )

    def _file(self, name: str) -> None:
        """Every new case has a file, which overrides take for their evidence."""
        place = CASE.format(application_id=name) + "/attachments?name=visit.txt"
        answer = self._colleague.post(place, content=b"as it was seen", headers={"Content-Type": "text/plain"})
        assert answer.status_code == 201, answer.text
        self.files[name] = [answer.json()["sha256"]]

    def _let_see(self, case: Any) -> None:
        """An officer sees what they made themselves: of what somebody else made the maker asks."""
        place = case.path_parameters if isinstance(case.path_parameters, Mapping) else {}
        maker = self.makers.get(str(place.get("application_id", place.get("assessment_id"))))
        if maker is not None and case.headers.get("Authorization") == self._headers[Role.OFFICER.value]:
            case.headers["Authorization"] = maker

    def _fill(self, case: Any, label: str, body: dict[str, Any]) -> None:
        """What somebody who knows the case, the policy and the models would write."""
        draw = self._draws
        if label == "POST /v1/applications":
            body.update(enterprise_id=draw.choice(ENTERPRISES), amount_yuan=f"{draw.randint(1, 50)}0000")
            body.update(product=None, tenor_months=12, branch="hangzhou", park=None, replaces=None)
        elif label.startswith(f"POST {CASE}/") and case.path_parameters.get("application_id") in self.cases:
            self._about(case, label, body, self.cases[case.path_parameters["application_id"]])
        elif label == "POST /v1/models" and self.models:
            body.update(bundle=draw.choice(self.models), developer="li.wei")
        elif label in ("POST /v1/models/{model}/promotions", "POST /v1/models/{model}/rollbacks"):
            body.update(scope="all", requested_by=None)
            body.pop("replaces", None)
        elif label == "POST /v1/batches":
            body.update(as_of=AS_OF.isoformat(), product=None, amount_yuan=None)
        elif label == "POST /v1/events/subscriptions":
            body.update(url="https://erp.example/in", types=["application.*"])

    def _about(self, case: Any, label: str, body: dict[str, Any], seen: Seen) -> None:
        """A change of a case whose present version is known; an old version that a link gave is mostly left."""
        given = case.headers.get("If-Match")
        if label == f"POST {CASE}/transitions" and seen.actions:
            action = self._draws.choices(seen.actions, [FORWARD.get(one, 1) for one in seen.actions])[0]
            body.update(action=action, reason="seen on the spot", amount_yuan=None)
            self._sign(case, seen.officer if BY_ACTION[action] == "officer" else self._another(BY_ACTION[action]))
        elif label == f"POST {CASE}/overrides":
            evidence = self.files.get(case.path_parameters["application_id"], [body.get("evidence")])
            body.update(direction="down", reason="adverse_site_visit", expires_on="2020-06-01", evidence=evidence[-1])
            grade = "grade" not in seen.overridden and (self._draws.random() < 0.5 or "amount" in seen.overridden)
            body.update(what="grade", to_grade="D", to_amount_yuan=None) if grade else body.update(
                what="amount", to_grade=None, to_amount_yuan="100"
            )
        elif label == f"POST {CASE}/overrides/{{override_id}}/withdrawal":
            body.update(reason="cause_remedied")
            if seen.overrides and case.path_parameters.get("override_id") not in seen.overrides:
                case.path_parameters["override_id"] = seen.overrides[-1]
            self._sign(case, "risk")
        else:
            body.update({"text": "seen on the spot"} if "text" in body else {})
            return
        if given is None or (given != seen.tag and self._mostly(0.7)):
            case.headers["If-Match"] = seen.tag

    def _another(self, who: str) -> str:
        """Somebody of the role; of the two approvers any."""
        return self._draws.choice(["approver", "second"]) if who == "approver" else who

    def _sign(self, case: Any, who: str) -> None:
        if who in self._headers:
            case.headers["Authorization"] = self._headers[who]

    def _attach(self, case: Any) -> None:
        """A text: schemathesis holds any binary body that was changed for one that the document does not allow."""
        case.media_type, case.body = "text/plain", f"as it was seen {self._draws.random()}"
        case.query = {**case.query, "name": "site visit.txt"}

    def _store(self, case: Any) -> None:
        """Rows of the kind of the path, or of one that there is; the second one is often of a moment to come."""
        name = case.path_parameters.get("kind")
        if name not in KINDS:
            name = case.path_parameters["kind"] = self._draws.choice([*KINDS])
        row = sound_row(KINDS[name])
        row |= {"enterprise_id": f"S{self._draws.randint(1, 50)}"} if "enterprise_id" in row else {}
        later = {**row, "known_at": "2999-01-01T00:00:00+08:00"}  # sound in form, and quarantined
        rows = [row, later] if self._mostly(0.5) else [row]
        text = "".join(f"{json.dumps(one)}\n" for one in rows)
        case.body = text if case.media_type == "application/x-ndjson" else {"rows": rows}

    def _mostly(self, chance: float = 0.8) -> bool:
        return self._draws.random() < chance


def sound_row(kind: RecordKind) -> dict[str, Any]:
    """The example of a kind, on a day that has come."""
    days = {"date": "2019-12-31", "timestamp": "2019-12-31T08:00:00+08:00"}
    return example_record(kind) | {
        field.key: days[field.type] for field in kind.fields if field.type in days and field.example
    }


def is_sound(case: Any) -> bool:
    """Whether a request was drawn as one that should be taken, in a phase that looks for roads and not for edges."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return False
    return case.meta.phase.name in (TestPhase.FUZZING, TestPhase.STATEFUL)
