"""Bad input to every kind of record: each gets a clear answer, nothing is lost, nothing half-stored."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.records import KINDS
from models.records.kind import Field, RecordKind
from service.api.record_messages import RECORD_MESSAGES
from tests.service.records_client import NDJSON, RecordsClient, counts, path_of, row_of

EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
INVOICE = KINDS["invoice"]
JSON = "application/json"
TEN_MB = "长" * (10 * 2**20 // 3)
WRONG_TYPE: dict[str, Any] = {
    "text": 5, "choice": True, "date": 20240101, "timestamp": 1_700_000_000, "money": 1130.5, "number": "some",
    "integer": "1", "flag": "maybe",
}  # fmt: skip
NAMED = {"currency": ("XYZ", "not_a_choice"), "uscc": ("914403001922038217", "enterprise_uscc")}


@pytest.fixture
def bank(tmp_path: Path) -> RecordsClient:
    """An empty bank."""
    return RecordsClient(tmp_path)


def bad_values(field: Field) -> Iterator[tuple[Any, str]]:
    """Values that the field must not have, and the code that says so."""
    yield WRONG_TYPE[field.type], "wrong_json_type"
    if field.type == "date":
        yield "2024-02-30", "no_such_day"
        if not field.planned:
            yield "2024-06-02", "not_yet_known"
    if field.type == "money":
        yield from (("plenty", "not_an_amount"), ("1.005", "below_one_fen"), ("Infinity", "not_finite"))
        if field.minimum is not None:
            yield str(field.minimum - 1), "below_minimum"
    if field.type in ("number", "integer"):
        yield float("nan"), "not_finite"
        yield float("inf"), "not_finite"
        if field.minimum is not None:
            yield field.minimum - 1, "below_minimum"
    if field.type == "integer":
        yield 1.5, "not_whole"
    if field.required and not field.filled_from:
        yield None, "empty"
    if field.name in NAMED:
        yield NAMED[field.name]


def bad_rows(kind: RecordKind) -> Iterator[tuple[Any, str, str | None]]:
    """Rows that must not come in: the row, the code, the field."""
    for field in kind.fields:
        for value, code in bad_values(field):
            yield row_of(kind, **{field.key: value}), code, field.key
    text = next(field for field in kind.fields if field.type == "text")
    yield row_of(kind, **{text.key: TEN_MB}), "too_long", text.key
    yield row_of(kind, favourite_colour="blue"), "unknown_field", "favourite_colour"
    yield row_of(kind, known_at="2024-06-01T02:00:01Z"), "known_in_future", "known_at"
    yield row_of(kind, **{text.key: {"deep": [1]}}), "nested_value", None
    yield ["a", "list"], "not_an_object", None
    yield row_of(kind, **{text.key: "\ud800"}), "not_utf8", None


@EVERY_KIND
@pytest.mark.parametrize("media_type", [JSON, NDJSON], ids=["json", "ndjson"])
def test_every_bad_row_is_refused_for_its_reason(kind: RecordKind, media_type: str, bank: RecordsClient) -> None:
    """Each bad row is named with number, field, value, reasons and expectation, in the file too; the good ones stay."""
    bad = list(bad_rows(kind))
    repeated = json.dumps(row_of(kind)).replace("{", '{"known_at": null, "known_at": null, ', 1)
    texts = [json.dumps(row) for row in (row_of(kind), *(row for row, _, _ in bad))] + [repeated]
    if media_type == JSON:
        content = '{"rows": [' + ",".join(texts) + "]}"
    else:
        content = "\n".join([*texts, '{"cut": ', json.dumps(row_of(kind))]) + "\n"
    answer = bank.post_bytes(kind, content.encode(), media_type)
    assert answer.status_code == 200, answer.text[:500]
    broken = [("key_repeated", None), *([("not_json", None)] if media_type == NDJSON else [])]
    assert counts(answer.json()) == (1, int(media_type == NDJSON), len(bad) + len(broken), 0)
    expected = [(number, code, field) for number, (_, code, field) in enumerate(bad, 2)]
    expected += [(len(bad) + 2 + at, code, field) for at, (code, field) in enumerate(broken)]
    lines = {int(line["row"]): line for line in bank.quarantine(answer.json())}
    assert len(lines) == len(expected)
    for number, code, _ in expected:
        assert code in lines[number]["code"].split(";"), (number, code, lines[number]["code"])
        assert lines[number]["reason_zh"]
        assert lines[number]["reason_en"]
        assert code != "key_repeated" or "'known_at'" in lines[number]["reason_en"]
    for (number, code, field), row in zip(expected, answer.json()["refused"], strict=False):
        assert (row["row"], row["field"]) == (number, field), (code, row)
        assert code in row["code"].split(";")
        assert len(row["value"] or "") < 300
    assert len(bank.stored(kind)) == 1


@EVERY_KIND
def test_what_the_schema_refuses_is_not_stored(kind: RecordKind) -> None:
    """Whatever type of value the wire refuses, the published schema refuses too."""
    model = RECORD_MESSAGES[kind.name]
    for field in kind.fields:
        with pytest.raises(ValueError, match=field.key):
            model.model_validate(row_of(kind, **{field.key: WRONG_TYPE[field.type]}))
    with pytest.raises(ValueError, match="favourite_colour"):
        model.model_validate(row_of(kind, favourite_colour="blue"))


def test_one_bad_row_in_a_long_batch_is_the_only_one_lost(bank: RecordsClient) -> None:
    """Twenty thousand lines and one bad one: only that is refused, with its line number and amount."""
    kind = KINDS["tax_grade"]
    good = json.dumps(row_of(kind, enterprise_id="E%d"))
    lines = [(good % number).encode() for number in range(20_000)]
    lines[13_577] = json.dumps(row_of(kind, year=1)).encode()
    answer = bank.post_lines(kind, lines).json()
    assert counts(answer) == (19_999, 0, 1, 0)
    assert (answer["refused"][0]["row"], answer["refused"][0]["field"]) == (13_578, "year")
    again = bank.post_lines(kind, lines).json()
    assert (counts(again), again["changed"]) == ((0, 19_999, 1, 0), False)


ROW = json.dumps(row_of(INVOICE))


@pytest.mark.parametrize(
    ("content", "media_type", "status", "name"),
    [
        pytest.param('{"rows": [' + ROW, JSON, 400, "batch-malformed", id="json-cut-off"),
        pytest.param(ROW + "\n" + ROW[:-9], NDJSON, 400, "batch-cut-off", id="ndjson-cut-off"),
        pytest.param(b"\xff\xfe", JSON, 400, "batch-malformed", id="not-utf8"),
        pytest.param("[" * 100_000, JSON, 400, "batch-malformed", id="nested-too-deeply"),
        pytest.param('{"rows": [' + '{"a":' * 50_000, JSON, 400, "batch-malformed", id="objects-too-deep"),
        pytest.param("[" * 100_000 + "\n", NDJSON, 422, "batch-refused", id="line-nested-too-deeply"),
        pytest.param('{"rows": [{"year": ' + "9" * 5000 + "}]}", JSON, 400, "batch-malformed", id="endless-integer"),
        pytest.param('{"rows": [], "rows": []}', JSON, 400, "batch-malformed", id="rows-twice"),
        pytest.param(f"[{ROW}]", JSON, 422, "batch-shape-unknown", id="a-list"),
        pytest.param(f'{{"rows": {ROW}}}', JSON, 422, "batch-shape-unknown", id="rows-no-list"),
        pytest.param('{"rows": [], "mode": 1}', JSON, 422, "batch-shape-unknown", id="more-members"),
        pytest.param('{"rows": []}', JSON, 422, "batch-empty", id="no-rows"),
        pytest.param("\n\n", NDJSON, 422, "batch-empty", id="no-lines"),
        pytest.param("", JSON, 400, "batch-malformed", id="nothing"),
        pytest.param("a=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type", id="form"),
        pytest.param(ROW, "text/csv", 415, "unsupported-media-type", id="csv"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(
    content: str | bytes, media_type: str, status: int, name: str, bank: RecordsClient
) -> None:
    """Broken and cut-off bodies, traps for parsers and other types are the sender's mistake; nothing is stored."""
    answer = bank.post_bytes(INVOICE, content.encode() if isinstance(content, str) else content, media_type)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:assetlight:problem:{name}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert bank.stored(INVOICE) == []
    assert not list(bank.home.glob("quarantine/*.draft"))


def test_a_packed_batch_is_stored_as_the_plain_one(bank: RecordsClient) -> None:
    """gzip is unpacked on the way in; the same rows plain are duplicates then, also under the same key."""
    headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip", "Idempotency-Key": "k"}
    packed = bank.http.post(path_of(INVOICE), content=gzip.compress(ROW.encode()), headers=headers)
    assert (packed.status_code, packed.json()["accepted"]) == (200, 1), packed.text
    del headers["Content-Encoding"]
    plain = bank.http.post(path_of(INVOICE), content=ROW.encode(), headers=headers)
    assert (plain.status_code, plain.json()["duplicates"]) == (200, 1), plain.text


def test_a_packed_batch_is_as_large_as_it_is_unpacked(tmp_path: Path) -> None:
    """A small body that becomes a large one is refused where it passes the limit, and nothing is stored."""
    bank = RecordsClient(tmp_path, max_batch_ndjson_bytes=1_000_000)
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
    answer = bank.http.post(path_of(INVOICE), content=bomb, headers=headers)
    assert len(bomb) < 100_000
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert bank.stored(INVOICE) == []


def test_each_media_type_has_its_own_limit(tmp_path: Path) -> None:
    """A body over the limit of its type is refused by its declared length, or while it is read; rows are counted."""
    limits = {"max_batch_json_bytes": 2_000, "max_batch_ndjson_bytes": 4_000, "max_batch_rows": 5}
    bank = RecordsClient(tmp_path, **limits)
    for content in (b" " * 3_000, (b" " * 1_000 for _ in range(3))):
        assert bank.post_bytes(INVOICE, content, JSON).status_code == 413
    for content in (b" " * 5_000, (b" " * 1_000 for _ in range(5))):
        assert bank.post_bytes(INVOICE, content, NDJSON).status_code == 413
    assert bank.post_bytes(INVOICE, b" " * 3_000 + ROW.encode(), NDJSON).status_code == 200
    long = bank.post_lines(INVOICE, [{"a": 1}] * 6)
    assert (long.status_code, long.json()["type"]) == (413, "urn:assetlight:problem:batch-too-long")
    assert len(bank.stored(INVOICE)) == 1
    assert not list(tmp_path.glob("quarantine/*"))


@pytest.mark.parametrize("query", [{"mode": "maybe"}, {"origin": ""}, {"origin": "x" * 65}])
def test_a_bad_parameter_is_named(query: dict[str, str], bank: RecordsClient) -> None:
    """Query parameters are refused with field and expectation."""
    answer = bank.post(INVOICE, [row_of(INVOICE)], **query)
    assert answer.status_code == 422
    assert next(iter(query)) in answer.json()["field"]
