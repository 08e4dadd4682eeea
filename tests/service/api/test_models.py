"""`/v1/models`: the road of a model over HTTP, in the names of different people; what is refused, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import Service
from service.people import Role
from tests.registry_desk import GATES, gate, skilled, write_report
from tests.service.callers import client_of
from tests.service.conftest import PATH, asked

HANDS = {
    "li.wei": Role.MODEL_OWNER,
    "wang.fang": Role.VALIDATOR,
    "zhao.min": Role.APPROVER,
    "chen.yu": Role.MODEL_OWNER,
    "audit": Role.AUDITOR,
}


class Desk:
    """People of the bank, each with a client of their own."""

    def __init__(self, service: Service) -> None:
        self.clients = {name: client_of(service, role, subject=name) for name, role in HANDS.items()}

    def post(self, who: str, path: str = "", status: int = 201, **body: Any) -> dict[str, Any]:
        answer = self.clients[who].post(f"/v1/models{path}", json=body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def get(self, path: str = "", status: int = 200, who: str = "audit") -> Any:
        answer = self.clients[who].get(f"/v1/models{path}")
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def bank(service: Service) -> Desk:
    """The desk of the service's own data directory."""
    return Desk(service)


def candidate(home: Path, seed: int = 3, gates: Any = GATES) -> str:
    """A trained bundle with its report."""
    made = skilled(seed)
    made.write(home / "bundles" / made.digest[:12])
    write_report(home, made.digest, gates)
    return made.digest


def test_the_road_of_a_model(bank: Desk, home: Path, service: Service) -> None:
    """Four people, four records; assessments follow at once, and the auditor reads who did what."""
    digest = candidate(home)
    assert bank.get() == {**bank.get(), "governed": False, "models": []}
    bank.post("li.wei", bundle=digest, developer="li.wei")
    bank.post("wang.fang", f"/{digest[:12]}/validations", note="report of September")
    bank.post("zhao.min", f"/{digest[:12]}/approvals")
    made = bank.post("chen.yu", f"/{digest[:12]}/promotions", reason="first", replaces=None)
    assert (made["champion"], made["challenger"]) == (digest, None)
    assert (made["record"]["actor"], made["record"]["identified_by"]) == ("chen.yu", "token")
    decided = client_of(service, Role.OFFICER).post(PATH, json=asked("E5")).json()
    assert decided["decision"]["bundle"]["digest"] == digest
    shown = bank.get(f"/{digest[:8]}")
    assert [shown["registration"]["actor"], shown["validations"][0]["actor"], shown["approvals"][0]["actor"]] == [
        *("li.wei", "wang.fang", "zhao.min"),
    ]
    assert bank.get("/live-on/2020-03-01")["model"] == digest
    assert bank.get("/live-on/2001-01-01")["model"] is None
    assert bank.get("/drift") == []
    assert bank.get("/compare", status=404)["title"] == "no model is in the shadow"


@pytest.mark.parametrize("day", ["0", "1583020800", "2020-03-01T00:00:00", "２０２０-03-01"])
def test_a_day_is_ten_characters_of_text(bank: Desk, day: str) -> None:
    """A number is no day: not the first of January 1970, as a lenient reader has it."""
    assert bank.get(f"/live-on/{day}", status=422)["field"] == "path.day"
    assert bank.get(f"/compare?since={day}", status=422)["field"] == "query.since"


def test_a_name_longer_than_any_digest_is_refused_for_its_length(bank: Desk) -> None:
    """The document says how long a name is, so that it can also be broken."""
    assert bank.get(f"/{'a' * 64}", status=404)["type"] == "urn:assetlight:problem:model-not-registered"
    assert bank.get(f"/{'a' * 65}", status=422)["field"] == "path.model"


def test_a_model_that_fails_a_gate_cannot_be_promoted(bank: Desk, home: Path) -> None:
    """The problem names the gate; nothing is in force."""
    digest = candidate(home, gates=[*GATES, gate("monotonicity", passed=False)])
    bank.post("li.wei", bundle=digest, developer="li.wei")
    bank.post("wang.fang", f"/{digest}/validations")
    for who, path, body in (
        ("zhao.min", "approvals", {}),
        ("chen.yu", "promotions", {"reason": "all the same"}),
        ("chen.yu", "promotions", {"reason": "all the same", "role": "challenger"}),
    ):
        problem = bank.post(who, f"/{digest}/{path}", 409, **body)
        assert problem["type"] == "urn:assetlight:problem:gates-not-passed"
        assert "monotonicity" in problem["detail"]
    assert bank.get()["roles"] == []


def test_refusals(bank: Desk, home: Path, service: Service) -> None:
    """Four eyes 403, what has changed or is missing 409, what is unknown 404, what is malformed 422."""
    digest, other = candidate(home), candidate(home, seed=4)
    bank.post("li.wei", status=404, bundle="0" * 12, developer="li.wei")
    bank.post("li.wei", status=422, bundle="../../etc/passwd", developer="li.wei")
    bank.post("li.wei", status=422, bundle=digest, developer="li.wei", more=1)
    bank.post("li.wei", bundle=digest, developer="wang.fang")
    bank.post("li.wei", status=409, bundle=digest, developer="li.wei")
    assert "must not be its developer" in bank.post("wang.fang", f"/{digest}/validations", 403)["title"]
    bank.post("zhao.min", f"/{digest}/approvals", 409)
    bank.post("zhao.min", f"/{other}/approvals", 404)
    bank.post("li.wei", bundle=other, developer="li.wei")
    bank.post("wang.fang", f"/{other}/validations")
    bank.post("zhao.min", f"/{other}/approvals")
    bank.post("chen.yu", f"/{other}/promotions", 422, reason="")
    bank.post("chen.yu", f"/{other}/promotions", 422, reason="x", scope="mortgage")
    bank.post("chen.yu", f"/{other}/promotions", 409, reason="x", replaces="0" * 64)
    bank.post("chen.yu", f"/{other}/promotions", 403, reason="x", requested_by="zhao.min")
    bank.post("chen.yu", f"/{other}/rollbacks", 409, reason="x")
    bank.post("chen.yu", f"/{other}/promotions", reason="x")
    path = home / "bundles" / other[:12] / "model.txt"
    path.write_text(path.read_text() + "\n")
    bank.post("li.wei", f"/{other}/promotions", 503, reason="x", role="challenger")
    fresh = Service(service.settings, service.clock)
    answer = client_of(fresh, Role.OFFICER).post(PATH, json=asked("E5"))
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:assetlight:problem:bundle-corrupt"
    fresh.close()
