"""A bank with people in it, on both databases: officers, approvers of two levels, risk, an auditor, another branch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from service.api import create_app
from service.bootstrap import Service, build
from service.people import Role
from service.settings import read_settings
from service.store.schema import LEDGER
from tests.databases import BACKENDS, TEMPLATE, sqlite_url
from tests.position_rows import policy_with
from tests.service.callers import bearer, token
from tests.service.conftest import AS_OF, TODAY

PATH = "/v1/applications"
# Every enterprise of these tests buys from whom it sells to, which is yellow: a line that stands would not be added to.
CALM = {"early_warning.reciprocal_share": "{yellow: 1, orange: 1, red: 1}"}
PDF = b"%PDF-1.7 a contract"
PEOPLE: dict[str, dict[str, Any]] = {
    "officer": {"roles": [Role.OFFICER], "branches": ["hangzhou"]},
    "colleague": {"roles": [Role.OFFICER], "branches": ["hangzhou"]},
    "stranger": {"roles": [Role.OFFICER], "branches": ["ningbo"]},
    "approver": {"roles": [Role.APPROVER], "branches": ["hangzhou"], "authority": "department", "name": "王芳"},
    "second": {"roles": [Role.APPROVER], "branches": ["*"], "authority": "head_office"},
    "clerk": {"roles": [Role.APPROVER], "branches": ["hangzhou"]},
    "far": {"roles": [Role.APPROVER], "branches": ["ningbo"], "authority": "head_office"},
    "risk": {"roles": [Role.RISK], "branches": ["*"], "name": "Li Qiang"},
    "auditor": {"roles": [Role.AUDITOR], "branches": ["*"]},
    "both": {"roles": [Role.OFFICER, Role.APPROVER, Role.RISK], "branches": ["hangzhou"], "authority": "head_office"},
    "park": {"roles": [Role.APPROVER], "branches": ["hangzhou"], "parks": ["binjiang"], "authority": "head_office"},
}


class Clock:
    """The bank's clock; a test may move it."""

    def __init__(self) -> None:
        self.now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class Bank:
    """The API in the name of anybody."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.http = TestClient(create_app(service), raise_server_exceptions=False)
        self._headers = {
            name: bearer(token(service, *who["roles"], subject=name, **{k: v for k, v in who.items() if k != "roles"}))
            for name, who in PEOPLE.items()
        }

    def headers(self, who: str) -> dict[str, str]:
        return dict(self._headers[who])

    def get(self, who: str, path: str, **params: Any) -> Response:
        return self.http.get(path, params=params, headers=self.headers(who))

    def post(self, who: str, path: str, body: Any, key: str | None = None, tag: str | None = None) -> Response:
        headers = self.headers(who)
        if key is not None:
            headers["Idempotency-Key"] = key
        if tag is not None:
            headers["If-Match"] = tag
        return self.http.post(path, json=body, headers=headers)

    def apply(
        self, who: str = "officer", enterprise: str = "E5", amount: str = "500000", **more: Any
    ) -> dict[str, Any]:
        """A new application; its tag is in it as `etag`."""
        answer = self.post(who, PATH, asked(enterprise, amount, **more))
        assert answer.status_code == 201, answer.text
        return {**answer.json(), "etag": answer.headers["etag"]}

    def step(
        self,
        who: str,
        case: dict[str, Any],
        action: str,
        *,
        tag: str | None = None,
        key: str | None = None,
        **more: Any,
    ) -> Response:
        """One step on the version of a case that somebody has seen."""
        path = f"{PATH}/{case['id']}/transitions"
        return self.post(who, path, {"action": action, **more}, key, tag or case["etag"])

    def moved(self, who: str, case: dict[str, Any], action: str, **more: Any) -> dict[str, Any]:
        """The case after a step that must succeed."""
        answer = self.step(who, case, action, **more)
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "etag": answer.headers["etag"]}

    def attach(self, who: str, case: dict[str, Any], name: str = "contract.pdf", content: bytes = PDF) -> Response:
        headers = {**self.headers(who), "Content-Type": "application/pdf"}
        return self.http.post(
            f"{PATH}/{case['id']}/attachments", params={"name": name}, content=content, headers=headers
        )

    def override(self, who: str, case: dict[str, Any], *, tag: str | None = None, **changed: Any) -> Response:
        """An override with everything right but what is changed; the evidence is attached before."""
        evidence = self.attach("officer", case).json().get("sha256", "0" * 64)
        body = {
            "what": "amount",
            "direction": "down",
            "to_amount_yuan": "100000",
            "reason": "adverse_site_visit",
            "explanation": "Half of the machines stand still",
            "evidence": evidence,
            "expires_on": "2020-06-01",
            **changed,
        }
        body = {name: value for name, value in body.items() if value is not ...}
        return self.post(who, f"{PATH}/{case['id']}/overrides", body, tag=tag or case["etag"])

    def ledger(self, subject: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind, actor and content of every entry about a subject."""

        with self.service.store.reading() as connection:
            found = connection.execute(
                select(LEDGER).where(LEDGER.c.subject == subject).order_by(LEDGER.c.sequence)
            ).all()
        return [(row.kind, row.actor, json.loads(bytes(row.body))["content"]) for row in found]


def asked(enterprise: str = "E5", amount: str = "500000", **more: Any) -> dict[str, Any]:
    body = {"enterprise_id": enterprise, "amount_yuan": amount, "tenor_months": 12, "purpose": "steel", **more}
    return {name: value for name, value in body.items() if value is not ...}


def bank_on(home: Path, database_url: str | None, **settings: Any) -> Bank:
    """A bank with settings of its own, on the embedded store where no address is given; close its service.

    Where no policy of its own is given, its policy is calm.
    """
    clock = Clock()
    if "policy_dir" not in settings:
        policy_with(home.parent, CALM, AS_OF)
        settings["policy_dir"] = home.parent / "overlay"
    read = read_settings(home=home, database_url=database_url, development_issuer=True, **settings)
    return Bank(build(read, clock), clock)


BOTH = pytest.mark.parametrize("database_url", BACKENDS, indirect=True)  # what the database decides; the rest on SQLite


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database: SQLite, or of the kind that the test asks for."""
    if getattr(request, "param", "sqlite") == "sqlite":
        (tmp_path / "database").mkdir()
        path = tmp_path / "database" / "store.sqlite3"
        shutil.copy(request.getfixturevalue("upgraded_sqlite"), path)
        yield sqlite_url(path)
        return
    cluster = request.getfixturevalue("postgresql")
    name = cluster.create(TEMPLATE)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(scope="module")
def house(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """One bank for many refusals, none of which leaves anything behind; on SQLite."""
    folder = tmp_path_factory.mktemp("house")
    home = Path(shutil.copytree(stocked, folder / "home"))
    made = bank_on(home, None)
    yield made
    made.service.close()


@pytest.fixture
def bank(home: Path, database_url: str) -> Iterator[Bank]:
    """The bank on a data directory and a database of the test's own."""
    made = bank_on(home, database_url)
    yield made
    made.service.close()


def problem_of(answer: Response, status: int, name: str) -> dict[str, Any]:
    """The problem of a refused request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"urn:assetlight:problem:{name}"
    return found
