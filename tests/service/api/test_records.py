"""Posted records of every kind: stored once, corrected by new versions, all or none, with an account of every row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from filelock import FileLock
from pydantic import TypeAdapter

from models.records import KINDS
from models.records.kind import RecordKind
from service.api.record_messages import RECORD_MESSAGES
from service.api.records import BatchAnswer
from tests.record_rows import record_row
from tests.service.records_client import START, RecordsClient, counts, path_of, row_of

EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
INVOICE = KINDS["invoice"]


@pytest.fixture
def bank(tmp_path: Path) -> RecordsClient:
    """An empty bank."""
    return RecordsClient(tmp_path)


@EVERY_KIND
def test_a_batch_is_stored_once_and_corrected_by_a_version(kind: RecordKind, bank: RecordsClient) -> None:
    """The example is stored as an import stores it; again it changes nothing; a correction ends the old version."""
    first = bank.post(kind, [row_of(kind)])
    assert first.status_code == 200, first.text
    TypeAdapter(BatchAnswer).validate_json(first.content)
    assert counts(first.json()) == (1, 0, 0, 0)
    expected = record_row(kind, known_at=START, origin="bank")
    (row,) = bank.stored(kind)
    assert {name: value for name, value in row.items() if value is not None} == expected
    manifest = (bank.home / "lake" / "manifest.json").read_bytes()
    bank.clock.pass_time(hours=1)
    again = bank.post_lines(kind, [row_of(kind)]).json()
    assert counts(again) == (0, 1, 0, 0)
    assert again["changed"] is False
    assert again["message"]["zh"] == "没有新内容，库中数据不变"
    assert (bank.home / "lake" / "manifest.json").read_bytes() == manifest
    later = bank.clock.pass_time(hours=1)
    changed = next(field for field in kind.fields if not field.required and field.example)
    correction = bank.post(kind, [row_of(kind, **{changed.key: None})]).json()
    assert counts(correction) == (1, 0, 0, 1)
    versions = bank.stored(kind)
    assert [row[changed.name] is None for row in versions] == [False, True]
    assert [row["superseded_at"] for row in versions] == [later, None]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = RecordsClient(tmp_path_factory.mktemp("none")).http.get("/openapi.json").json()
    return found


@EVERY_KIND
def test_schema_example_and_openapi_agree(kind: RecordKind, bank: RecordsClient, document: dict[str, Any]) -> None:
    """The schema names every field, the example fits it, and the OpenAPI document shows an example that is taken."""
    schema = bank.http.get(f"{path_of(kind)}/schema").json()
    assert set(schema["properties"]) == {*(field.key for field in kind.fields), "known_at"}
    assert schema["additionalProperties"] is False
    (example,) = schema["examples"]
    RECORD_MESSAGES[kind.name].model_validate(example)
    body = document["paths"]["/v1/records/{kind}"]["post"]["requestBody"]["content"]
    answer = bank.http.post(path_of(kind), json=body["application/json"]["examples"][kind.name]["value"])
    assert counts(answer.json()) == (1, 0, 0, 0)
    lines = body["application/x-ndjson"]["examples"][kind.name]["value"].encode()
    assert counts(bank.post_bytes(kind, lines, "application/x-ndjson").json()) == (0, 1, 0, 0)
    assert f"{RECORD_MESSAGES[kind.name].__name__}" in document["components"]["schemas"]


def test_the_list_of_kinds_says_what_is_stored(bank: RecordsClient) -> None:
    """Every kind has its words; stored ones have counts, days and origins, versions included."""
    bank.post(INVOICE, [row_of(INVOICE), row_of(INVOICE, invoice_no="2", issued_on="2024-01-05")], origin="test")
    bank.clock.pass_time(days=1)
    bank.post(INVOICE, [row_of(INVOICE, status="void")], origin="test")
    kinds = {one["kind"]: one for one in bank.http.get("/v1/records").json()["kinds"]}
    assert list(kinds) == list(KINDS)
    found = kinds["invoice"]
    assert (found["zh"], found["rows"], found["superseded"], found["enterprises"]) == (INVOICE.zh, 3, 1, 1)
    assert (found["first_day"], found["origins"]) == ("2024-01-05", ["test"])
    assert (kinds["payment"]["rows"], kinds["payment"]["first_day"]) == (0, None)
    assert bank.http.get(found["schema_href"]).status_code == 200


def test_an_unknown_kind_is_not_found_and_the_known_ones_are_named(bank: RecordsClient) -> None:
    """404 with the list, for the schema too."""
    for answer in (bank.post("gossip", [{}]), bank.http.get("/v1/records/gossip/schema")):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["expected"] == ", ".join(KINDS)


def test_good_rows_are_stored_beside_bad_ones_or_not_at_all(bank: RecordsClient) -> None:
    """By default the good rows come in; all_or_nothing names the bad rows and leaves the store as it was."""
    rows = [row_of(INVOICE), row_of(INVOICE, total="-"), row_of(INVOICE, invoice_no="2"), row_of(INVOICE)]
    refused = bank.post(INVOICE, rows, mode="all_or_nothing")
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"] == "urn:assetlight:problem:batch-refused"
    assert [error["field"] for error in problem["errors"]] == ["rows[1].total"]
    assert (counts(problem["batch"]), problem["batch"]["withheld"]) == ((0, 0, 1, 0), 3)
    assert bank.quarantine(problem["batch"])[0]["code"] == "empty"
    assert bank.stored(INVOICE) == []
    answer = bank.post(INVOICE, rows).json()
    assert counts(answer) == (2, 1, 1, 0)
    assert len(bank.stored(INVOICE)) == 2
    assert bank.post(INVOICE, rows[2:], mode="all_or_nothing").json()["changed"] is False


def test_a_batch_without_a_sound_row_is_refused(bank: RecordsClient) -> None:
    """An answer of success to a batch of which nothing came in would be overlooked."""
    problem = bank.post(INVOICE, [row_of(INVOICE, status="maybe")])
    assert problem.status_code == 422
    assert counts(problem.json()["batch"]) == (0, 0, 1, 0)


def test_when_the_bank_learned_a_row(bank: RecordsClient) -> None:
    """The row's own instant counts, also one in the past, but none after the clock; without one the clock does."""
    early, late = START - timedelta(days=20), START + timedelta(seconds=1)
    rows = [
        row_of(INVOICE, invoice_no=str(number), known_at=moment.isoformat() if moment else ...)
        for number, moment in enumerate((early, START, late, None))
    ]
    answer = bank.post(INVOICE, rows).json()
    assert counts(answer) == (3, 0, 1, 0)
    (refused,) = answer["refused"]
    assert (refused["row"], refused["field"], refused["code"]) == (3, "known_at", "known_in_future")
    assert [row["known_at"] for row in bank.stored(INVOICE)] == [early, START, START]


def test_a_key_makes_a_late_repeat_exact(bank: RecordsClient) -> None:
    """Sent again after a correction, a batch with its key changes nothing; without one it returns to its content."""
    first = [row_of(INVOICE)]
    bank.post(INVOICE, first, key="nightly-1")
    bank.clock.pass_time(hours=1)
    bank.post(INVOICE, [row_of(INVOICE, status="void")], key="nightly-2")
    bank.clock.pass_time(hours=1)
    again = bank.post(INVOICE, first, key="nightly-1").json()
    assert (again["changed"], counts(again)) == (False, (0, 1, 0, 0))
    assert again["received_at"] == "2024-06-01T02:00:00Z"
    assert [row["status"] for row in bank.stored(INVOICE)] == ["valid", "void"]
    reused = bank.post(INVOICE, [row_of(INVOICE, invoice_no="9")], key="nightly-1")
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:assetlight:problem:idempotency-key-reused")
    assert counts(bank.post(INVOICE, first).json()) == (1, 0, 0, 1)


def test_another_origin_makes_no_other_version(bank: RecordsClient) -> None:
    """Where a row is said to come from is no content: the stored row keeps the origin that it has."""
    bank.post(INVOICE, [row_of(INVOICE)], origin="bank")
    for hours, origin in ((0, "a"), (1, "z")):
        bank.clock.pass_time(hours=hours)
        assert counts(bank.post(INVOICE, [row_of(INVOICE)], origin=origin).json()) == (0, 1, 0, 0)
    assert [row["origin"] for row in bank.stored(INVOICE)] == ["bank"]


def test_posts_at_once_all_come_in(bank: RecordsClient) -> None:
    """Writers wait for one another; no row is lost."""
    answers: list[dict[str, Any]] = []

    def post(number: int) -> None:
        answers.append(bank.post(INVOICE, [row_of(INVOICE, invoice_no=str(number))]).json())

    threads = [Thread(target=post, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [counts(answer) for answer in answers] == [(1, 0, 0, 0)] * 6
    assert len(bank.stored(INVOICE)) == 6


def test_a_store_that_stays_locked_says_when_to_come_again(tmp_path: Path) -> None:
    """503 with Retry-After; the batch can be sent again as it is."""
    bank = RecordsClient(tmp_path, lake_wait_s=0.1)
    bank.post(INVOICE, [row_of(INVOICE)])
    with FileLock(tmp_path / "lake" / "writer.lock"):
        busy = bank.post(INVOICE, [row_of(INVOICE, invoice_no="2")])
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert busy.json()["type"] == "urn:assetlight:problem:lake-busy"
    assert counts(bank.post(INVOICE, [row_of(INVOICE, invoice_no="2")]).json()) == (1, 0, 0, 0)


def test_a_disk_that_refuses_is_a_problem_and_stores_nothing(bank: RecordsClient) -> None:
    """Where the quarantine cannot be written, the good rows beside the bad one are not stored either."""
    (bank.home / "quarantine").write_text("in the way")
    answer = bank.post(INVOICE, [row_of(INVOICE), row_of(INVOICE, total="x")])
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:assetlight:problem:store-unusable")
    assert bank.stored(INVOICE) == []


@pytest.mark.parametrize("name", ["nope", "..%2F..%2Flake%2Fmanifest", "..", ".hidden", "a%00b"])
def test_no_other_file_is_a_quarantine(name: str, bank: RecordsClient) -> None:
    """Only files of the one directory can be fetched, by their id."""
    bank.post(INVOICE, [row_of(INVOICE)])
    (bank.home / "quarantine").mkdir(exist_ok=True)
    (bank.home / "quarantine" / ".hidden.csv").write_text("x")
    answer = bank.http.get(f"/v1/quarantine/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
