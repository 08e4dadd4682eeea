"""A bad request is refused as a problem (RFC 9457) with field, value and expectation, and nothing is kept."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import Service
from tests.service.conftest import PATH, asked, invoices_of, refused

INVOICE = invoices_of("E5")[0]


def applied(amount: Any) -> dict[str, Any]:
    return asked(request={"amount_yuan": amount})


def with_rows(*rows: dict[str, Any]) -> dict[str, Any]:
    return asked(records={"invoice": list(rows)})


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        pytest.param({"enterprise_id": "E99"}, "enterprise_id", "stored enterprise", id="unknown-enterprise"),
        pytest.param({"enterprise_id": ""}, "enterprise_id", "at least 1", id="empty-enterprise"),
        pytest.param({"enterprise_id": "E\u00005"}, "enterprise_id", "visible", id="control-character"),
        pytest.param({"enterprise_id": 5}, "enterprise_id", "string", id="enterprise-a-number"),
        pytest.param({}, "enterprise_id", "required", id="nothing"),
        pytest.param(asked(as_of="2020-03-02"), "as_of", "not after today, 2020-03-01", id="future"),
        pytest.param(asked(as_of="1990-01-01"), None, "from", id="before-the-policy"),
        pytest.param(asked(as_of="2020-02-30"), "as_of", "day", id="no-such-day"),
        pytest.param(asked(as_of=1582934400), "as_of", "2026-03-31", id="day-a-number"),
        pytest.param(asked(as_of="2020-02-29T00:00:00"), "as_of", "2026-03-31", id="day-a-moment"),
        pytest.param(applied("-1"), "request.amount_yuan", "above zero", id="amount-negative"),
        pytest.param(applied("0.00"), "request.amount_yuan", "above zero", id="amount-nought"),
        pytest.param(applied("1.005"), "request.amount_yuan", "1500000.00", id="amount-half-a-fen"),
        pytest.param(applied(1000), "request.amount_yuan", "text", id="amount-a-number"),
        pytest.param(applied("NaN"), "request.amount_yuan", "text", id="amount-nan"),
        pytest.param(applied("1e9"), "request.amount_yuan", "text", id="amount-exponent"),
        pytest.param(applied("٣"), "request.amount_yuan", "text", id="amount-other-digits"),
        pytest.param(applied("9" * 40), "request.amount_yuan", "text", id="amount-endless"),
        pytest.param(asked(product="invoice_credit"), "product", "/docs lists", id="field-in-a-wrong-place"),
        pytest.param(asked(request={"product": "gold"}), "product", "invoice_credit", id="unknown-product"),
        pytest.param(asked(amount="1"), "amount", "unknown", id="unknown-field"),
        pytest.param(asked(request={"amout_yuan": "1"}), "request.amout_yuan", "unknown", id="misspelt-field"),
        pytest.param(asked(records={"gossip": []}), "records.gossip", "unknown", id="unknown-kind"),
        pytest.param(
            with_rows(INVOICE, {**INVOICE, "total": "1,000"}),
            "records.invoice[1].total",
            "decimal yuan text",
            id="row-with-separators",
        ),
        pytest.param(
            with_rows(INVOICE, {**INVOICE, "issued_on": "2021-01-01"}),
            "records.invoice[1].issued_on",
            "later than the day",
            id="row-of-the-future",
        ),
        pytest.param(
            with_rows({**INVOICE, "status": "maybe"}), "records.invoice[0].status", "'valid' or 'void'", id="row-state"
        ),
        pytest.param(
            with_rows({**INVOICE, "known_at": "2020-01-01T00:00:00"}),
            "records.invoice[0].known_at",
            "timezone",
            id="row-instant-without-zone",
        ),
    ],
)
def test_a_bad_request_names_field_value_and_expectation(
    client: TestClient, service: Service, body: dict[str, Any], field: str | None, expected: str
) -> None:
    """Each refusal says which field and what was expected; nothing is kept."""
    problem = refused(client, 422, json=body)
    if field is not None:
        assert problem["field"] == field
    assert expected in problem["expected"]
    assert service.assessments.count() == 0


def test_every_refused_field_is_named(client: TestClient) -> None:
    """Several mistakes are told at once."""
    problem = refused(client, 422, json=asked(as_of="soon", colour="red", request={"amount_yuan": "x"}))
    assert {one["field"] for one in problem["errors"]} == {"as_of", "colour", "request.amount_yuan"}
    assert {one.get("value") for one in problem["errors"]} == {"soon", "red", "x"}


JSON = "application/json"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "name"),
    [
        pytest.param(b"{", JSON, 400, "malformed-json", id="broken"),
        pytest.param(b"\xff\xfe", JSON, 400, "malformed-json", id="not-utf8"),
        pytest.param(b'{"a": "\xff"}', JSON, 400, "malformed-json", id="not-utf8-inside"),
        pytest.param(b"[" * 100_000, JSON, 400, "malformed-json", id="nested-too-deeply"),
        pytest.param(b'{"enterprise_id": ' + b"9" * 5000 + b"}", JSON, 400, "malformed-json", id="endless-integer"),
        pytest.param(b'{"enterprise_id": NaN}', JSON, 422, "invalid-request", id="not-a-number"),
        pytest.param(b'"E5"', JSON, 422, "invalid-request", id="not-an-object"),
        pytest.param(b"", JSON, 422, "invalid-request", id="empty"),
        pytest.param(b'{"enterprise_id":"\\ud800"}', JSON, 422, "invalid-request", id="half-a-character"),
        pytest.param(
            b"enterprise_id=E5", "application/x-www-form-urlencoded", 415, "unsupported-media-type", id="form"
        ),
        pytest.param(b'{"enterprise_id":"E5"}', "text/plain", 415, "unsupported-media-type", id="text"),
    ],
)
def test_a_body_that_is_not_the_expected_json_is_refused(
    client: TestClient, content: bytes, media_type: str, status: int, name: str
) -> None:
    """Wrong type, broken JSON and traps for parsers are the caller's mistake, never a failure of the service."""
    problem = refused(client, status, content=content, headers={"content-type": media_type})
    assert problem["type"] == f"urn:assetlight:problem:{name}"


def test_a_body_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    """Ten megabytes are refused by their declared length."""
    problem = refused(client, 413, content=b" " * 10_000_000, headers={"content-type": JSON})
    assert problem["expected"] == "at most 262144 bytes"


def test_a_body_that_turns_out_too_large_is_refused_while_it_is_read(client: TestClient) -> None:
    """A body without a declared length is counted."""
    pieces = (b" " * 100_000 for _ in range(10))
    refused(client, 413, content=pieces, headers={"content-type": JSON})


def test_an_unknown_id_is_not_found(client: TestClient) -> None:
    """Reading what was never made is 404 with the id."""
    answer = client.get(f"{PATH}/nope")
    assert answer.status_code == 404
    assert answer.json()["value"] == "nope"


def test_other_methods_and_paths_are_problems_too(client: TestClient) -> None:
    """Also what the framework refuses has the one shape."""
    for answer, status in ((client.delete(PATH), 405), (client.get("/v2/none"), 404)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"enterprise_id": "E5", "enterprise_id": "E6", "as_of": "2020-02-29"}', "enterprise_id"),
        ('{"enterprise_id": "E5", "request": {"amount_yuan": "1", "amount_yuan": "2"}}', "amount_yuan"),
        ('{"enterprise_id": "E5", "records": {"invoice": [{"total": "1", "tax": "0", "total": "2"}]}}', "total"),
    ],
    ids=["top", "nested", "row"],
)
def test_a_repeated_key_is_refused_by_name(client: TestClient, body: str, key: str) -> None:
    """The last of two values must not win in silence: which one the sender means is not known."""
    answer = client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("key-repeated")
    assert answer.json()["field"] == key


@pytest.mark.parametrize("origin", ["", " ", "see the mail", "x" * 33, "a\u200bb", "../x"])
def test_an_origin_is_a_short_word(client: TestClient, origin: str) -> None:
    """Figures carry it, so it is refused if it is not one."""
    problem = refused(client, 422, json=asked(records={"invoice": [INVOICE]}, records_origin=origin))
    assert problem["field"] == "records_origin"
    assert "short word" in problem["expected"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/v1/applications", "GET, POST"),
        ("DELETE", "/v1/applications", "GET, POST"),
        ("POST", "/v1/applications/some", "GET"),
        ("DELETE", "/v1/applications/some/attachments", "GET, POST"),
        ("PUT", "/v1/assessments", "POST"),
        ("PUT", "/v1/batches", "GET, POST"),
        ("PATCH", "/v1/events/subscriptions/some", "DELETE"),
        ("PUT", "/v1/models", "GET, POST"),
    ],
)
def test_a_method_that_is_not_taken_names_every_one_that_is(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    """RFC 9110, 15.5.6: of all routes at the path, not of the first one."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("coding", "declared"),
    [("utf-16", ""), ("utf-16-le", ""), ("utf-32", ""), ("ascii", "; charset=gbk"), ("ascii", '; charset="UTF-16"')],
)
def test_json_is_utf_8(client: TestClient, coding: str, declared: str) -> None:
    """Another coding is refused in words, whether it is declared or seen (RFC 8259, 8.1)."""
    body = json.dumps(asked()).encode(coding)
    answer = client.post(PATH, content=body, headers={"Content-Type": f"application/json{declared}"})
    assert answer.status_code == 415, answer.text
    assert "JSON is UTF-8" in answer.json()["detail"]


@pytest.mark.parametrize("declared", ["; charset=utf-8", '; charset="UTF-8"'])
def test_utf_8_may_be_declared(client: TestClient, declared: str) -> None:
    """As many clients do."""
    body = json.dumps(asked()).encode()
    assert client.post(PATH, content=body, headers={"Content-Type": f"application/json{declared}"}).status_code == 201


def test_a_body_too_large_is_one_problem_however_it_comes(client: TestClient, service: Service) -> None:
    """Declared, turning out so, and packed."""
    large = b" " * (service.settings.max_body_bytes + 1)
    head = {"Content-Type": "application/json"}
    answers = [
        client.post(PATH, content=large, headers=head),
        client.post(PATH, content=iter([large]), headers=head),
        client.post(PATH, content=gzip.compress(large), headers={**head, "Content-Encoding": "gzip"}),
    ]
    told = [{key: answer.json()[key] for key in ("type", "title", "detail", "field", "expected")} for answer in answers]
    assert [answer.status_code for answer in answers] == [413] * 3
    assert told == [told[0]] * 3
    assert told[0]["type"] == "urn:assetlight:problem:body-too-large"
