"""Deny by default: every route with every role and with none, and how a refusal looks."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.api import create_app
from service.api.access import PUBLIC, check_every_route, declared_routes
from service.bootstrap import Service, build
from service.people import EVERYONE, Role
from service.people.development import HEADER, DevelopmentIssuer
from service.people.errors import RouteUndeclared
from service.people.keys import KeyAsked
from service.settings import read_settings
from tests.service.callers import bearer, token
from tests.service.conftest import asked, still_clock

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "access.json"
MAY: dict[str, list[str]] = json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture
def bare(service: Service) -> TestClient:
    """A client that says nothing about who it is."""
    return TestClient(create_app(service), raise_server_exceptions=False)


def operations(client: TestClient) -> list[tuple[str, str]]:
    """Every operation of the OpenAPI document."""
    paths = client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in item]


def test_the_table_of_access_names_every_operation(bare: TestClient, service: Service) -> None:
    """A new route is not done before the table says who may use it."""
    assert {f"{method} {path}" for method, path in operations(bare) if path not in PUBLIC} == set(MAY)
    declared = {f"{one.method} {one.path}": sorted(one.roles) for one in declared_routes(create_app(service))}
    assert declared == {route: sorted(roles) for route, roles in MAY.items()}


def test_every_route_with_every_role_and_with_none(bare: TestClient, service: Service) -> None:
    """With none: 401. With a role of the table: neither 401 nor 403. With any other: 403."""
    tokens = {role: bearer(token(service, role)) for role in EVERYONE}
    for method, path in operations(bare):
        place = re.sub(r"\{[^}]+\}", "nothing-here", path)
        unknown = bare.request(method, place)
        if path in PUBLIC:
            assert unknown.status_code not in (401, 403)
            continue
        assert unknown.status_code == 401, (method, path)
        for role, headers in tokens.items():
            status = bare.request(method, place, headers=headers).status_code
            let_through = role in MAY[f"{method} {path}"]
            assert (status not in (401, 403)) if let_through else status == 403, (method, path, role, status)


def test_a_role_that_is_unknown_is_no_role(bare: TestClient, service: Service) -> None:
    """A token without a role of ours is somebody who may do nothing."""
    nobody = DevelopmentIssuer(service.settings.home).token(
        subject="x", name="x", roles=[], branches=["*"], now=service.clock()
    )
    for method, path in operations(bare):
        if path not in PUBLIC:
            place = re.sub(r"\{[^}]+\}", "nothing-here", path)
            assert bare.request(method, place, headers=bearer(nobody)).status_code == 403


def problem_of(answer: Any, status: int, name: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:assetlight:problem:{name}"
    return problem


def test_nobody_is_let_in_on_loopback_without_configuration(home: Path) -> None:
    """No issuer set up is not an open door: tokens of the development issuer are refused too."""
    service = build(read_settings(home=home), still_clock)
    bare = TestClient(create_app(service), raise_server_exceptions=False)
    assert "www-authenticate" in bare.get("/v1/records").headers
    problem = problem_of(bare.get("/v1/records", headers=bearer(token(service))), 401, "token-refused")
    assert "ASSETLIGHT_ISSUER" in problem["advice"]
    assert bare.get("/healthz").json()["development_issuer"] is False
    assert HEADER not in bare.get("/healthz").headers
    service.close()


def test_the_challenge_says_what_is_expected(bare: TestClient, service: Service) -> None:
    """401 without a credential has no error code, with a bad one it has; 403 names the roles (RFC 6750)."""
    answer = bare.get("/v1/records")
    problem_of(answer, 401, "credential-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="assetlight"'
    answer = bare.get("/v1/records", headers=bearer("nonsense"))
    problem_of(answer, 401, "token-refused")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    answer = bare.post("/v1/assessments", json=asked(), headers=bearer(token(service, Role.AUDITOR)))
    problem = problem_of(answer, 403, "role-missing")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert problem["expected"] == "one of officer, approver, risk, service"
    assert problem["value"] == "auditor"
    assert service.assessments.count() == 0


@pytest.mark.parametrize("scheme", ["Basic dTpw", "Bearer", "Bearer  ", "Token x", ""])
def test_another_scheme_is_refused(bare: TestClient, scheme: str) -> None:
    """Only bearer tokens."""
    problem_of(bare.get("/v1/records", headers={"Authorization": scheme}), 401, "token-refused")


def test_an_expired_token_is_refused_by_the_services_clock(bare: TestClient, service: Service) -> None:
    """Time is the service's own."""
    old = DevelopmentIssuer(service.settings.home).token(
        subject="x", name="x", roles=EVERYONE, branches=["*"], now=service.clock() - timedelta(hours=13)
    )
    problem = problem_of(bare.get("/v1/records", headers=bearer(old)), 401, "token-refused")
    assert problem["title"] == "the token has expired"


def test_the_body_of_an_unknown_caller_is_not_read(bare: TestClient) -> None:
    """A hundred megabytes, a bomb and broken JSON all get the same answer as nothing: 401."""
    for content in (b"{", b"[" * 200_000, iter([b" " * 1_000_000] * 100)):
        answer = bare.post("/v1/assessments", content=content, headers={"content-type": "application/json"})
        problem_of(answer, 401, "credential-missing")


def test_unknown_paths_tell_nothing_to_an_unknown_caller(bare: TestClient, service: Service) -> None:
    """Which paths exist is for those who are let in."""
    assert bare.get("/v1/none").status_code == 401
    assert bare.get("/docs/../v1/records").status_code == 401
    assert bare.get("/docs/assets/../../v1/records").status_code == 401
    assert bare.get("//v1/records").status_code == 401
    assert bare.get("/healthz/").status_code == 401
    assert bare.get("/v1/none", headers=bearer(token(service))).status_code == 404


def test_the_development_issuer_is_loud(bare: TestClient) -> None:
    """Every answer says that it is on, also the refusals; so does health."""
    for path in ("/healthz", "/v1/records", "/docs", "/nothing"):
        assert bare.get(path).headers[HEADER] == "on"
    assert bare.get("/healthz").json()["development_issuer"] is True


def test_a_route_that_declares_nothing_does_not_start(service: Service) -> None:
    """An undeclared route is refused by name when the application is made."""
    app = create_app(service)

    @app.get("/v1/back-door")
    def back_door() -> str:
        return "welcome"

    with pytest.raises(RouteUndeclared, match=r"does not say who may use it.*back-door"):
        check_every_route(app)
    other = FastAPI(docs_url=None, redoc_url=None)
    other.mount("/files", app)
    with pytest.raises(RouteUndeclared, match="files"):
        check_every_route(other)


def test_the_document_says_how_one_is_let_in(bare: TestClient) -> None:
    """Security schemes, and on each operation its roles, 401 and 403; health is open."""
    document = bare.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    for route, roles in MAY.items():
        method, path = route.split(" ")
        operation = document["paths"][path][method.lower()]
        assert operation["security"] == [{"bearer": []}, {"apiKey": []}]
        assert sorted(operation["x-roles"]) == sorted(roles)
        assert {"401", "403"} <= set(operation["responses"])
    assert "security" not in document["paths"]["/healthz"]["get"]


def test_who_am_i(bare: TestClient, service: Service) -> None:
    """A front end learns whose token it holds."""
    headers = bearer(token(service, Role.OFFICER, subject="u-1", branches=["hangzhou"]))
    assert bare.get("/v1/me", headers=headers).json() == {
        "subject": "u-1",
        "name": "u-1",
        "kind": "person",
        "roles": [{"role": "officer", "zh": "客户经理", "en": "submits applications and answers for them"}],
        "branches": ["hangzhou"],
        "parks": [],
        "authority": None,
    }
    headers = bearer(token(service, Role.APPROVER, subject="u-2", authority="department"))
    assert bare.get("/v1/me", headers=headers).json()["authority"] == "department"


def test_a_key_opens_its_routes_and_no_others(bare: TestClient, service: Service) -> None:
    """By role and by route; two credentials at once are refused."""
    key, text = service.api_keys.create(
        KeyAsked("nightly", [Role.SERVICE], timedelta(days=1), ["*"], routes=["POST /v1/assessments"]), service.clock()
    )
    headers = {"X-API-Key": text}
    assert bare.post("/v1/assessments", json=asked(), headers=headers).status_code == 201
    problem = problem_of(bare.get("/v1/me", headers=headers), 403, "route-outside-key")
    assert problem["value"] == "GET /v1/me"
    both = {**headers, **bearer(token(service))}
    problem_of(bare.get("/v1/me", headers=both), 401, "token-refused")
    service.api_keys.revoke(key.id, service.clock())
    problem_of(bare.post("/v1/assessments", json=asked(), headers=headers), 401, "key-refused")
    problem_of(bare.get("/v1/me", headers={"X-API-Key": "alk_nonsense"}), 401, "key-refused")


def test_access_is_logged_without_token_or_name(
    bare: TestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Who (as a pseudonym), what and why; never a token, a key, a name or an id of a person."""
    caplog.set_level(logging.INFO, logger="service.api")
    text = token(service, Role.AUDITOR, subject="u-1001")
    bare.get("/v1/records", headers=bearer(text))
    bare.post("/v1/assessments", json=asked(), headers=bearer(text))
    bare.get("/v1/records", headers=bearer("a.b.c"))
    events = [vars(record) for record in caplog.records if record.name.startswith("service.api")]
    told = [one["message"] for one in events if one["message"] != "request"]
    assert told == ["access.denied", "access.refused"]
    assert [one["reason"] for one in events if "reason" in one] == ["role", "malformed"]
    granted, *_, refused = (one for one in events if one["message"] == "request")
    assert (granted["route"], granted["status"], refused["who"]) == ("/v1/records", 200, None)
    assert {one["who"] for one in events if one.get("who")} == {granted["who"]}
    for secret in (text, "u-1001", "a.b.c"):
        assert secret not in caplog.text


def test_those_who_only_read_write_nothing() -> None:
    """A validator and an auditor are let through to no route that changes anything, but the validator's own verdict."""
    writes = {
        role: {route for route, roles in MAY.items() if role in roles and not route.startswith("GET ")}
        for role in ("validator", "auditor")
    }
    assert writes == {"validator": {"POST /v1/models/{model}/validations"}, "auditor": set()}
