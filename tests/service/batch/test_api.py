"""Batches over HTTP: taken, followed, fetched, cancelled, and not lost with the server."""

from __future__ import annotations

import io
import time
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from service.api import create_app
from service.batch.background import BatchDesk, read_plan
from service.batch.folder import RunFolder
from service.batch.starting import engine_of, plan_records, run_folder
from service.batch.worker import work
from service.bootstrap import Service
from service.people import Role
from tests.service.batch.runs import contents
from tests.service.callers import bearer, client_of, token
from tests.service.conftest import AS_OF, ENTERPRISES

BODY = {"as_of": AS_OF.isoformat()}


class Never:
    """A process that was started and died at once."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], *_: object) -> Any:
        self.commands.append(command)
        return self

    def poll(self) -> int:
        """It has ended."""
        return -9


def followed(client: TestClient, batch: str) -> dict[str, Any]:
    """The status when the batch has come to an end of any kind."""
    for _ in range(1200):
        status: dict[str, Any] = client.get(f"/v1/batches/{batch}").json()
        if status["state"] not in ("queued", "running", "cancelling"):
            return status
        time.sleep(0.2)
    raise AssertionError(status)


def test_a_day_is_text(client: TestClient) -> None:
    """A number in the body is refused, and not taken for seconds since 1970."""
    for day in (1582934400, "1582934400", 1582934400.0):
        answer = client.post("/v1/batches", json={"as_of": day})
        assert (answer.status_code, answer.json()["field"]) == (422, "as_of"), answer.text


def test_a_batch_is_taken_followed_and_fetched(client: TestClient) -> None:
    """202 at once; a process beside the server does it; files as the manifest says; asked again, it is done."""
    answer = client.post("/v1/batches", json=BODY)
    assert answer.status_code == 202, answer.text
    batch = answer.json()["id"]
    assert answer.headers["location"] == f"/v1/batches/{batch}"
    status = followed(client, batch)
    assert (status["state"], status["planned"], status["failed"]) == ("done", 12, 0), status
    assert status["submitted_by"] == "dev:someone"
    manifest = client.get(f"/v1/batches/{batch}/manifest").json()
    found = []
    for output in manifest["outputs"]:
        file = client.get(f"/v1/batches/{batch}/files/{output['path']}")
        found += pq.read_table(io.BytesIO(file.content))["enterprise_id"].to_pylist()
    assert sorted(found) == sorted(ENTERPRISES)
    assert client.get(f"/v1/batches/{batch}/files/inputs/lake.json").status_code == 404
    assert client.post("/v1/batches", json=BODY).json()["state"] == "done"
    assert [one["id"] for one in client.get("/v1/batches").json()["batches"]] == [batch]


def test_a_restarted_server_goes_on_with_what_was_interrupted(service: Service) -> None:
    """A process that died leaves the batch interrupted; the next server starts it again, from its folder alone."""
    died = Never()
    service.__dict__["batch_desk"] = BatchDesk(service.settings, died)
    with client_of(service) as client:
        batch = client.post("/v1/batches", json=BODY).json()["id"]
        assert client.get(f"/v1/batches/{batch}").json()["state"] == "interrupted"
        assert client.get(f"/v1/batches/{batch}/manifest").status_code == 409
    again = Never()
    service.__dict__["batch_desk"] = BatchDesk(service.settings, again)
    with TestClient(create_app(service)):
        assert [command[-1].rsplit("/", 1)[-1] for command in again.commands] == [batch]
    assert again.commands[0][1:3] == ["-m", "service.batch.worker"]


def test_the_process_does_what_was_planned(service: Service) -> None:
    """From the folder alone comes the plan that was asked for, and its run has the bytes of any other."""
    service.__dict__["batch_desk"] = BatchDesk(service.settings, Never())
    planned = plan_records(service.assessor, AS_OF)
    service.batch_desk.submit(planned, by="somebody", at="now")
    folder = RunFolder(run_folder(service.settings.home, planned.plan))
    assert read_plan(folder) == planned
    assert work(service, folder) == 0
    assert service.batch_desk.status(folder.path.name)["state"] == "done"
    assert contents(folder.path)
    assert engine_of(1) is not engine_of(2)


def test_a_cancelled_batch_stays_cancelled_until_it_is_wanted_again(service: Service) -> None:
    """The process ends without working; asked for again, it starts."""
    started = Never()
    service.__dict__["batch_desk"] = BatchDesk(service.settings, started)
    with client_of(service) as client:
        batch = client.post("/v1/batches", json=BODY).json()["id"]
        assert client.post(f"/v1/batches/{batch}/cancel").status_code == 202
        folder = RunFolder(service.settings.home / "batches" / batch)
        assert work(service, folder) == 1
        assert client.get(f"/v1/batches/{batch}").json()["state"] == "cancelled"
        assert service.batch_desk.resume() == []
        client.post("/v1/batches", json=BODY)
        assert len(started.commands) == 2
        assert not folder.cancelled


class Forever(Never):
    """A process that was started and does not get to its work."""

    def poll(self) -> None:  # type: ignore[override]
        """It lives."""


def test_results_that_are_awaited_are_refused_with_where_to_look(service: Service) -> None:
    """409 with the state, the address to follow and Retry-After while it comes; no path of the server, no command."""
    service.__dict__["batch_desk"] = BatchDesk(service.settings, Forever())
    with client_of(service) as client:
        batch = client.post("/v1/batches", json=BODY).json()["id"]
        for what in ("manifest", "files/scores/bucket=00.parquet"):
            answer = client.get(f"/v1/batches/{batch}/{what}")
            problem = answer.json()
            assert (answer.status_code, problem["type"]) == (409, "urn:assetlight:problem:batch-not-finished")
            assert (problem["state"], problem["value"]) == ("queued", "queued")
            assert problem["status_at"] == f"/v1/batches/{batch}"
            assert client.get(problem["status_at"]).json()["state"] == "queued"
            assert f"GET /v1/batches/{batch}" in problem["advice"]
            assert int(answer.headers["retry-after"]) > 0
            for of_the_server in (str(service.settings.home), "assetlight batch", "manifest.json"):
                assert of_the_server not in answer.text
        client.post(f"/v1/batches/{batch}/cancel")
        answer = client.get(f"/v1/batches/{batch}/manifest")
        assert (answer.status_code, answer.json()["state"]) == (409, "cancelling")
        assert "retry-after" not in answer.headers


def test_a_batch_that_another_request_takes_is_told_without_a_path(service: Service) -> None:
    """Two ask the same at once: the second is told which batch, and nothing of the server's folders."""
    planned = plan_records(service.assessor, AS_OF)
    folder = RunFolder(run_folder(service.settings.home, planned.plan))
    with client_of(service) as client, folder.held():
        answer = client.post("/v1/batches", json=BODY)
    assert answer.status_code == 409
    assert folder.path.name in answer.json()["advice"]
    assert str(service.settings.home) not in answer.text


def test_a_batch_that_is_asked_to_stop_is_cancelling_until_its_process_ends(service: Service) -> None:
    """Not `queued` nor `running` any more, as soon as the answer; `cancelled` at once where nothing works on it."""
    service.__dict__["batch_desk"] = BatchDesk(service.settings, Forever())
    with client_of(service) as client:
        batch = client.post("/v1/batches", json=BODY).json()["id"]
        folder = RunFolder(service.settings.home / "batches" / batch)
        for told in ("queued", "running"):
            folder.tell({"state": told})
            folder.allow()
            assert client.get(f"/v1/batches/{batch}").json()["state"] == told
            assert client.post(f"/v1/batches/{batch}/cancel").json()["state"] == "cancelling"
            assert client.get(f"/v1/batches/{batch}").json()["state"] == "cancelling"
        assert client.post("/v1/batches", json=BODY).json()["state"] == "running"
    service.__dict__["batch_desk"] = BatchDesk(service.settings, Never())
    with client_of(service) as client:
        assert client.post(f"/v1/batches/{batch}/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize("name", ["2020-02-29-0123456789ab", "..", "x", "2020-02-29-0123456789ab%2F.."])
def test_an_unknown_batch_is_not_found(client: TestClient, name: str) -> None:
    """Also where the id is a path."""
    assert client.get(f"/v1/batches/{name}").status_code in (404, 405)


def test_a_caller_of_one_branch_may_not_see_everybody(service: Service) -> None:
    """403, whatever the role."""
    with TestClient(create_app(service)) as client:
        narrow = bearer(token(service, Role.RISK, branches=["hangzhou"]))
        assert client.get("/v1/batches", headers=narrow).status_code == 403
        assert client.post("/v1/batches", json=BODY, headers=narrow).status_code == 403
