"""The short way of a score beside the ordinary one: the same answer to the byte, whatever the body."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from service.api import create_app, scores
from service.bootstrap import Service, build
from service.people import Role
from service.scoring_rows import InForce
from service.settings import read_settings
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import still_clock

JSON = "application/json"
Answers = Callable[..., list[tuple[int, bytes, list[tuple[str, str]]]]]


async def nobody(*_: object) -> None:
    """A short way that leaves everything to the ordinary one."""


@pytest.fixture(scope="module")
def bank(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a data directory of this module's own."""
    home = shutil.copytree(stocked, tmp_path_factory.mktemp("scores") / "home")
    service = build(read_settings(home=home, development_issuer=True), still_clock)
    service.row_scorer._monotonic = lambda: 0.0  # what was looked up stays at hand
    service.row_scorer.look_up()
    yield service
    service.close()


@pytest.fixture(scope="module")
def both(bank: Service) -> Iterator[Answers]:
    """Posts to both ways: status, body, and headers but the request's id."""
    client = TestClient(create_app(bank), raise_server_exceptions=False)
    short = scores.at_once

    def answers(body: bytes, *roles: Role, path: str = "/v1/scores", **headers: str) -> list[Any]:
        who = bearer(token(bank, *roles or (Role.SERVICE,)))
        found = []
        for way in (short, nobody):
            scores.at_once = way  # type: ignore[assignment]
            given = {"content-type": JSON, **who, **{name.replace("_", "-"): value for name, value in headers.items()}}
            answer = client.post(path, content=body, headers=given)
            shown = [pair for pair in answer.headers.multi_items() if pair[0] != "x-request-id"]
            found.append((answer.status_code, answer.content, shown))
        scores.at_once = short
        return found

    yield answers
    scores.at_once = short


def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request was answered by the short way."""
    short, taken = scores.at_once, []

    async def told(request: Request, body: bytes, by: InForce) -> Response | None:
        answer = await short(request, body, by)
        taken.append(answer is not None)
        return answer

    monkeypatch.setattr(scores, "at_once", told)
    return taken


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["-0", "-0.0", "0.1e1", "1E3", "1e-400", "5e-324", "9007199254740993", "1.7976931348623157e308"]),
    st.sampled_from(["0." + "3" * 400, "1" * 300, "123456789012345678901234567890e-25", "2.2250738585072011e-308"]),
)
ODD = st.sampled_from(
    ["NaN", "Infinity", "1e999", "-1e999", '"1.5"', "true", "[]", "{}", "01", "+1", "1.", ".5", "1" * 5000, "nul", ""]
)
AROUND = st.sampled_from(["{}", " {} \n", "\ufeff{}", "{} {}", "[{}]", "{},", "{}\x00", '{{"features": {}}}', "null"])


CHANGES = (
    "odd", "drop", "repeat", "unknown", "escape", "mark", "swap", "second row", "more", "around", "encoding",
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """Rows of the model as they may be sent: right, or wrong in a place or two, so that each wrong is met alone."""
    pairs = [(json.dumps(name), draw(st.one_of(NUMBERS, st.just("null")))) for name in names]
    changes = draw(st.lists(st.sampled_from(CHANGES), max_size=2))
    for change in changes:
        at = draw(st.integers(0, len(pairs) - 1))
        name, value = pairs[at]
        if change == "odd":
            pairs[at] = (name, draw(ODD))
        elif change == "drop" and len(pairs) > 1:
            del pairs[at]
        elif change == "repeat":
            pairs.append((name, draw(NUMBERS)))
        elif change == "unknown":
            pairs.append((json.dumps(draw(st.text(max_size=5))), value))
        elif change == "escape":
            pairs[at] = ('"' + "".join(f"\\u{ord(one):04x}" for one in name[1:-1]) + '"', value)
        elif change == "mark":
            pairs[at] = ('"a\\"b"', value)
        elif change == "swap":
            pairs.reverse()
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    row = "{" + f",{space}".join(f"{name}:{space}{value}" for name, value in pairs) + "}"
    second = ', "features": ' + row if "second row" in changes else ""
    more = draw(st.sampled_from([', "x": 1', ', "features": {}', ","])) if "more" in changes else ""
    body = '{"features":' + space + row + second + more + "}"
    if "around" in changes:
        around = draw(AROUND)
        body = around.replace("{}", body) if "{{" not in around else around.format(body)
    wide = st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "latin-1"])
    return body.encode(draw(wide) if "encoding" in changes else "utf-8", "replace")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.data())
def test_both_ways_give_the_same_bytes(bank: Service, both: Answers, drawn: st.DataObject) -> None:
    """Whatever the body: status, body and headers of the short way are those of the ordinary one."""
    short, ordinary = both(drawn.draw(bodies(bank.bundles.current().features)))
    assert short == ordinary


def test_a_sound_row_takes_the_short_way(bank: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the comparison compares two things."""
    taken = counted(monkeypatch)
    features: dict[str, Any] = dict.fromkeys(bank.bundles.current().features, 1.5)
    client = client_of(bank, Role.SERVICE)
    assert client.post("/v1/scores", json={"features": features}).status_code == HTTPStatus.OK
    assert client.post("/v1/scores", json={"features": dict.fromkeys(features)}).status_code == HTTPStatus.OK
    repeated = json.dumps({"features": features})[:-2] + f', "{next(iter(features))}": 1}}}}'
    assert client.post("/v1/scores", content=repeated, headers={"content-type": JSON}).status_code == 422
    keyed = client.post("/v1/scores", json={"features": features}, headers={"Idempotency-Key": "k"})
    assert keyed.status_code == HTTPStatus.OK
    assert taken == [True, True, False]  # with a key nobody asks the short way


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_encoding": "br"},
        {"content_encoding": "gzip"},
        {"idempotency_key": ""},
        {"idempotency_key": "a b"},
    ],
)
@pytest.mark.parametrize("sound", [True, False])
def test_both_ways_read_the_same_headers(bank: Service, both: Answers, headers: dict[str, str], sound: bool) -> None:
    """Media type, coding and idempotency key, of bodies that are right and that are not."""
    features: dict[str, Any] = dict.fromkeys(bank.bundles.current().features, 1.0)
    body = json.dumps({"features": features if sound else {}}).encode()
    short, ordinary = both(body, **headers)
    assert short == ordinary


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("sound", [True, False])
def test_both_ways_let_the_same_roles_through(bank: Service, both: Answers, role: Role, sound: bool) -> None:
    """And refuse the others in the same words."""
    features: dict[str, Any] = dict.fromkeys(bank.bundles.current().features, 1.0)
    short, ordinary = both(json.dumps({"features": features if sound else {"x": 1}}).encode(), role)
    assert short == ordinary
    if sound:
        assert (short[0] == HTTPStatus.OK) == (role is Role.SERVICE)


def test_a_refusal_is_logged_once(bank: Service, caplog: pytest.LogCaptureFixture) -> None:
    """The short way does not ask again on the ordinary one."""
    features: dict[str, Any] = dict.fromkeys(bank.bundles.current().features, 1.0)
    with caplog.at_level("WARNING", "service"):
        assert client_of(bank, Role.OFFICER).post("/v1/scores", json={"features": features}).status_code == 403
    assert [one.message for one in caplog.records] == ["access.denied"]


def test_a_body_that_is_too_long_is_refused_alike(both: Answers) -> None:
    """Also where only reading tells."""
    short, ordinary = both(b"[" * (1 << 25))
    assert short == ordinary
    assert short[0] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
