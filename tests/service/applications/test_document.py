"""The page about applications tells the truth: its table, its example, its figures, its refusals."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from service.applications.transitions import TRANSITIONS
from service.people import EVERYONE
from service.people.development import ISSUER, KEY_ID, DevelopmentIssuer
from service.settings import Settings
from tests.service.applications.conftest import PATH, Bank, asked, problem_of
from tests.service.callers import bearer

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "applications.md").read_text(encoding="utf-8")
ANSWER, OVERRIDE = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def test_the_table_is_the_one_that_moves_applications(bank: Bank) -> None:
    """Row by row, on the page and in the API."""
    words = {
        "own": "its officer",
        "not_own": "not its officer",
        "reason": "a reason",
        "within_authority": "authority, no override of one's own",
    }
    shown = re.findall(r"\| `(\w+)` \| (\S+) \| ([\w, ]+) \| (\w+) \| ([\w, ]+) \| ([^|]*) \|", PAGE)
    assert shown == [
        (
            one.action.value,
            one.zh,
            ", ".join(one.sources),
            one.target.value,
            ", ".join(one.roles),
            ", ".join(text for name, text in words.items() if getattr(one, name)),
        )
        for one in TRANSITIONS
    ]
    given = bank.get("auditor", f"{PATH}/transitions").json()["transitions"]
    assert given == [json.loads(json.dumps(vars(one))) for one in TRANSITIONS]


def test_the_worked_request_has_the_answer_shown(bank: Bank) -> None:
    """The curl line of the page, word for word, with an officer's token in it."""
    (line,) = re.findall(r"^\$ curl (.*)$", PAGE, flags=re.MULTILINE)
    words = shlex.split(line)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    headers["authorization"] = bank.headers("officer")["Authorization"]
    answer = bank.http.post(
        words[1].removeprefix("http://127.0.0.1:8000"), content=words[words.index("-d") + 1], headers=headers
    )
    assert answer.status_code == 201, answer.text
    assert answer.json().items() >= ANSWER.items()
    assert answer.json().keys() - ANSWER.keys() == {"id", "officer", "created_at", "updated_at", "assessment"}


def test_the_worked_override_is_taken(bank: Bank) -> None:
    """With the hash of a real attachment."""
    case = bank.apply()
    evidence = bank.attach("officer", case).json()["sha256"]
    body = {**OVERRIDE, "evidence": evidence}
    assert bank.post("risk", f"{PATH}/{case['id']}/overrides", body, tag=case["etag"]).status_code == 201


def test_the_whole_life_is_as_the_page_says(bank: Bank) -> None:
    """Every command of the page in its order, with the tags that it names."""
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    people = {"OFFICER": "officer", "RISK": "risk", "FIRST": "second"}
    known = {"A": PATH}
    states: list[str] = []
    for line in block.splitlines()[2:-2]:
        words = shlex.split(line, comments=True)
        (who,) = (people[name] for name in people if f"${name}" in line)
        for name, value in known.items():
            words = [word.replace(f"${name}", value) for word in words]
        place = next(word for word in words if word.startswith(PATH))
        if words[0] == "curl" and "attachments" in place:
            evidence = bank.attach(who, {"id": known["ID"]}, "visit.pdf").json()["sha256"]
            continue
        if words[0] == "curl":
            paper = bank.http.get(place, headers=bank.headers(who))
            assert paper.headers["content-type"] == "application/pdf"
            continue
        body = words[words.index("-d") + 1]
        asked = {**OVERRIDE, "evidence": evidence} if body == "@override.json" else json.loads(body)
        tag = words[words.index("-H") + 1].removeprefix("If-Match: ") if "-H" in words else None
        answer = bank.post(who, place, asked, tag=tag)
        assert answer.status_code in (200, 201), answer.text
        found = answer.json()
        known |= {"ID": found["id"], "OVERRIDE": found["overrides"][0]["id"] if found["overrides"] else ""}
        states.append(found["state"])
    moved = ["assessed", "in_review", "in_review", "in_review", "approved", "active", "frozen", "closed"]
    assert states == moved


def test_the_limit_of_attachments_is_the_setting() -> None:
    """The figure of the page is the default."""
    assert f"({Settings.model_fields['max_attachment_bytes'].default})" in PAGE


def tokens(bank: Bank) -> dict[str, str]:
    """Tokens that must not let anybody in."""
    issuer = DevelopmentIssuer(bank.service.settings.home)
    now = bank.clock()
    good = {"subject": "x", "name": "x", "roles": EVERYONE, "branches": ["*"]}
    at = int(now.timestamp())
    claims = {"iss": ISSUER, "aud": "payroll", "sub": "x", "roles": ["officer"], "iat": at, "exp": at + 600}
    return {
        "an expired one": issuer.token(**good, now=now - timedelta(days=1)),  # type: ignore[arg-type]
        "another audience": jwt.encode(claims, issuer.key(), algorithm="EdDSA", headers={"kid": KEY_ID}),
        "alg: none": jwt.encode({**claims, "aud": "assetlight"}, "", algorithm="none", headers={"kid": KEY_ID}),
    }


@pytest.mark.parametrize("which", ["an expired one", "another audience", "alg: none"])
def test_a_token_that_must_not_let_anybody_in(house: Bank, which: str) -> None:
    """Each is 401 with its sentence, and nothing is made."""
    before = house.service.assessments.count()
    answer = house.http.post(PATH, json=asked(), headers=bearer(tokens(house)[which]))
    problem = problem_of(answer, 401, "token-refused")
    assert problem["title"] in {
        "the token has expired",
        "the token is for another audience",
        "the token's algorithm is not accepted",
    }
    assert "WWW-Authenticate" in answer.headers
    assert house.service.assessments.count() == before


BOMBS: dict[str, Any] = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 100_000,
    "in-a-field": b'{"purpose": ' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_clear_problem(house: Bank, name: str) -> None:
    """JSON nested without end is 400, not a failure."""
    headers = {**house.headers("officer"), "Content-Type": "application/json"}
    problem = problem_of(house.http.post(PATH, content=BOMBS[name], headers=headers), 400, "malformed-json")
    assert problem["expected"] == "one JSON object (RFC 8259)"


def test_a_hundred_megabytes_are_a_clear_problem(house: Bank) -> None:
    """Declared or not, on an application as on a file."""
    headers = {**house.headers("officer"), "Content-Type": "application/json"}
    declared = house.http.post(PATH, content=b"", headers={**headers, "Content-Length": str(100 * 2**20)})
    problem_of(declared, 413, "body-too-large")
    streamed = house.http.post(PATH, content=(b" " * 2**20 for _ in range(100)), headers=headers)
    assert streamed.status_code == 413
    assert streamed.headers["content-type"] == "application/problem+json"
