"""NDJSON: every line is a row or a broken row with its number; a file that is none is refused as a whole."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.records import KINDS
from models.sheets import CompressedFileTruncated, JsonLinesUnreadable, SheetEmpty, json_lines, read_sheets
from models.sheets.sheet import typed_column
from models.tables import accept, recognise
from models.tables.parse_numbers import parse_money
from tests.record_files import text_row

GOOD = json.dumps(text_row(KINDS["tax_grade"]), ensure_ascii=False)
BROKEN = {
    "not_json": b'{"enterprise_id": ',
    "not_an_object": b'["a", "b"]',
    "key_repeated": b'{"year": "2023", "year": "2024"}',
    "nested_value": b'{"year": {"from": 2023}}',
    "not_utf8": '{"year": "二"}'.encode("gb18030"),
}


def written(path: Path, *lines: bytes) -> Path:
    """A file of these lines."""
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.mark.parametrize(("code", "line"), BROKEN.items(), ids=BROKEN.keys())
def test_a_broken_line_is_quarantined_and_the_others_are_read(code: str, line: bytes, tmp_path: Path) -> None:
    """A line that is no flat object is shown with its number, text and reason; blank lines are not rows."""
    file = written(tmp_path / "rows.ndjson", GOOD.encode(), b"", line, GOOD.replace("2023", "2022").encode())
    (sheet,) = read_sheets(file)
    taken = accept(sheet, recognise(sheet.headers, KINDS.values(), "test"), received_on=date(2024, 6, 1))
    assert (taken.read, taken.rows.num_rows, len(taken.quarantined)) == (3, 2, 1)
    (shown,) = taken.quarantined.to_pylist()
    assert (shown["row"], shown["code"]) == (3, code)
    assert shown["value"] == line.decode("utf-8", "replace")
    assert sheet.rows.tolist() == [1, 4]


def test_pieces_share_the_headers_of_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that only a late line has is a header of every piece, so that all pieces are read alike."""
    monkeypatch.setattr(json_lines, "PIECE_LINES", 2)
    file = written(tmp_path / "rows.ndjson", b'{"a": 1}', b'{"a": 2}', b'{"a": 3, "b": true}', b'{"b": null}')
    pieces = list(read_sheets(file))
    assert [piece.headers for piece in pieces] == [("a", "b"), ("a", "b")]
    assert [piece.columns[0].to_pylist() for piece in pieces] == [[1, 2], [3, None]]
    assert pieces[1].columns[1].to_pylist() == [True, None]


def test_amounts_keep_every_digit(tmp_path: Path) -> None:
    """A number with decimals stays as written, however many digits it has."""
    file = written(tmp_path / "rows.ndjson", b'{"a": 99999999999999.99}', b'{"a": 0.1}')
    (sheet,) = read_sheets(file)
    assert sheet.columns[0].to_pylist() == ["99999999999999.99", "0.1"]


def test_a_file_without_any_record_is_refused(tmp_path: Path) -> None:
    """One list around all records, or a printed document, is refused as a whole with what to do."""
    listed = written(tmp_path / "list.json", f"[{GOOD},".encode(), f"{GOOD}]".encode())
    with pytest.raises(JsonLinesUnreadable, match="one flat JSON object a line"):
        list(read_sheets(listed))
    with pytest.raises(JsonLinesUnreadable, match="not NDJSON"):
        list(read_sheets(written(tmp_path / "pretty.json", b"{", b'  "a": 1', b"}")))
    with pytest.raises(SheetEmpty, match="no records"):
        list(read_sheets(written(tmp_path / "empty.ndjson", b"{}")))


def test_a_truncated_gzip_is_refused_before_a_row_is_given(tmp_path: Path) -> None:
    """Damage at the end is found by the first pass."""
    whole = gzip.compress(b"".join(json.dumps({"a": number}).encode() + b"\n" for number in range(50_000)))
    file = tmp_path / "rows.ndjson.gz"
    file.write_bytes(whole[:-100])
    with pytest.raises(CompressedFileTruncated, match="cut off or damaged"):
        next(read_sheets(file))


def test_an_endless_line_is_one_broken_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than any record is skipped to its end, and the next line is read."""
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 200)
    file = written(tmp_path / "rows.ndjson", b'{"a": 1}', b'{"a": "' + b"x" * 1_000 + b'"}', b'{"a": 3}')
    (sheet,) = read_sheets(file)
    assert sheet.columns[0].to_pylist() == [1, 3]
    assert [(row.row, row.defect and row.defect[0]) for row in sheet.ragged] == [(2, "line_too_long")]
    assert sheet.rows.tolist() == [1, 3]


AMOUNTS = st.decimals(-(10**15), 10**15, allow_nan=False, places=2)


@given(st.lists(AMOUNTS, min_size=1, max_size=30))
@example([Decimal("90071992547409.91")])  # the nearest double prints as one digit less
def test_an_amount_written_as_a_number_is_read_to_the_fen(amounts: list[Decimal]) -> None:
    """Whatever the fast parser makes of a decimal, the fen that come out are those that were written."""
    objects = [json_lines.object_of(f'{{"a": {amount:f}}}\n'.encode()) for amount in amounts]
    values, _ = parse_money(typed_column([found["a"] for found in objects]), KINDS["invoice"].field("amount_fen"))
    assert values.to_pylist() == [int(amount * 100) for amount in amounts]


@given(
    st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=6)
)
def test_the_fast_parser_reads_what_the_plain_one_reads(found: dict[str, object]) -> None:
    """Flat objects with any keys and texts, quotes and colons included, come out alike from both."""
    for line in (json.dumps(found), json.dumps(found, ensure_ascii=False, separators=(",", ":"))):
        encoded = line.encode("utf-8", "surrogatepass")
        assert json_lines.object_of(encoded) == json_lines.plain_object_of(encoded) == found
