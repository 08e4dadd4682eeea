"""NDJSON, plain or gzipped, in UTF-8: one JSON object a line, its keys are the headers.

Two passes, as for CSV: the first proves that the whole file can be decompressed and collects the keys of all lines, the
second gives the rows in pieces. A line that is no flat JSON object is a broken row: it is quarantined, not lost.
Numbers with decimals stay the text that was written, so that no digit of an amount is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, KeysView
from pathlib import Path
from typing import IO, Any

import numpy as np
from pydantic_core import from_json

from models.sheets.errors import CompressedFileTruncated, JsonLinesUnreadable, SheetEmpty
from models.sheets.header import trimmed_headers
from models.sheets.sheet import RaggedRow, Sheet, typed_column
from models.sheets.text import DAMAGED, opened

PIECE_LINES = 100_000
PIECE_BYTES = 1 << 26
LONGEST_LINE = 1 << 26  # bytes; a longer one is not a record
SHOWN = 2_000  # characters of a broken line that are kept
LONG_DECIMAL = re.compile(rb":\s*-?[\d.eE+-]{17}")  # beyond 15 digits and a point a double may not be what was written
KEYS = 1_000  # more different keys than any kind of record has fields, by far

NOT_UTF8 = ("not_utf8", "不是UTF-8文本", "the line is not UTF-8")
NOT_JSON = ("not_json", "不是JSON", "the line is not JSON")
NOT_OBJECT = ("not_an_object", "不是JSON对象", "the line is JSON but not an object")
NESTED = ("nested_value", "含有嵌套的值", "a value is an object or a list")
TOO_LONG = ("line_too_long", "行过长", "the line is longer than any record")
EXPECTED = 'one flat JSON object a line, such as {"企业代号": "E124", "金额": 1234.5}'


def key_repeated(key: str) -> tuple[str, str, str]:
    """The defect of an object that has a key twice."""
    shown = key[:SHOWN].encode("utf-8", "replace").decode()
    return "key_repeated", f"键重复：{shown}", f"the key {shown!r} occurs twice"


class WrittenNumber(str):
    """A JSON number as it was written, where a double could lose a digit of it; also NaN and Infinity."""

    __slots__ = ()


class LineIsBroken(ValueError):
    """A line that is no record; `defect` says why."""

    def __init__(self, defect: tuple[str, str, str]) -> None:
        self.defect = defect
        super().__init__(defect[0])


def is_json_lines(path: Path, *, compressed: bool) -> bool:
    """Whether the text begins as JSON does; no header of a CSV does."""
    with opened(path, compressed=compressed) as raw:
        try:
            head = raw.read(4096)
        except DAMAGED:
            return False  # the CSV reader says so in its own words
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def json_line_sheets(path: Path, *, compressed: bool) -> Iterator[Sheet]:
    """The one sheet of an NDJSON file, in pieces that all have the same headers."""
    keys = keys_of(path, compressed=compressed)
    headers = trimmed_headers(keys)
    with opened(path, compressed=compressed) as raw:
        objects: list[dict[str, Any]] = []
        numbers: list[int] = []
        broken: list[RaggedRow] = []
        weight = 0
        for number, line in lines_of(raw):
            try:
                objects.append(object_of(line))
                numbers.append(number)
            except LineIsBroken as error:
                text = line[: 4 * SHOWN].decode("utf-8", "replace")[:SHOWN]
                broken.append(RaggedRow(number, len(headers), 0, text, (*error.defect, EXPECTED)))
            weight += len(line)
            if len(objects) + len(broken) >= PIECE_LINES or weight >= PIECE_BYTES:
                yield piece(path, keys, headers, objects, numbers, broken)
                objects, numbers, broken, weight = [], [], [], 0
        if objects or broken:
            yield piece(path, keys, headers, objects, numbers, broken)


def piece(
    path: Path,
    keys: tuple[str, ...],
    headers: tuple[str, ...],
    objects: list[dict[str, Any]],
    numbers: list[int],
    broken: list[RaggedRow],
) -> Sheet:
    """Some lines as a sheet. Row numbers are line numbers: there is no header line."""
    columns = tuple(typed_column([line.get(key) for line in objects]) for key in keys)
    return Sheet(str(path), None, headers, columns, np.array(numbers, dtype=np.int64), ragged=tuple(broken))


def keys_of(path: Path, *, compressed: bool) -> tuple[str, ...]:
    """Every key of every line, in order of appearance. Raises if the file is damaged, empty, or has no JSON line."""
    keys: dict[str, None] = {}
    known = keys.keys()
    first_defect = None
    with opened(path, compressed=compressed) as raw:
        try:
            for _, line in lines_of(raw):
                if has_only(line, known):
                    continue
                try:
                    keys.update(dict.fromkeys(object_of(line)))
                except LineIsBroken as error:
                    first_defect = first_defect or error.defect[2]
                if len(keys) > KEYS:
                    raise unreadable(path, f"more than {KEYS} different keys")
        except DAMAGED as error:
            raise CompressedFileTruncated(
                "the gzip file is cut off or damaged",
                where=str(path),
                found=str(error),
                advice="Send the file again, or decompress it first and look at its end",
            ) from error
    if not keys and first_defect:
        raise unreadable(path, first_defect)
    if not keys:
        raise SheetEmpty("the file has no records", where=str(path), expected=EXPECTED)
    return tuple(keys)


def has_only(line: bytes, known: KeysView[str]) -> bool:
    """Whether a line is an object without any key but known ones: then the first pass learns nothing from it."""
    try:
        found = from_json(line, cache_strings="keys")
    except ValueError:
        return False
    return type(found) is dict and found.keys() <= known


def unreadable(path: Path, found: str) -> JsonLinesUnreadable:
    """The sentence about a file of which no line is a record."""
    return JsonLinesUnreadable(
        "the file is not NDJSON",
        where=str(path),
        expected=EXPECTED,
        found=found,
        advice="Write each record on a line of its own, without a list around them (jq -c '.[]' does it)",
    )


def lines_of(raw: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Line number and bytes of each line that is not blank; of an overlong line only its start."""
    number = 0
    while line := raw.readline(LONGEST_LINE):
        number += 1
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = raw.readline(LONGEST_LINE)
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, line


def object_of(line: bytes) -> dict[str, Any]:
    """The object of a line; LineIsBroken if there is none.

    The fast parser keeps neither repeated keys nor the digits of long decimals: a line that may have such, or a list or
    an object inside, is read again by `plain_object_of`, and so is one that is broken, to say how.
    """
    if len(line) >= LONGEST_LINE:
        raise LineIsBroken(TOO_LONG)
    try:
        found = from_json(line, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return plain_object_of(line)
    if type(found) is not dict or line.count(b'":') != len(found) or b"[" in line:
        return plain_object_of(line)
    if float in map(type, found.values()) and LONG_DECIMAL.search(line):
        return plain_object_of(line)
    return found


def plain_object_of(line: bytes) -> dict[str, Any]:
    """The same by the standard library: decimals as they are written, and what is wrong with a broken line."""
    try:
        found = json.loads(
            line.decode("utf-8"),
            parse_float=WrittenNumber,
            parse_constant=WrittenNumber,
            object_pairs_hook=without_repeats,
        )
    except UnicodeDecodeError as error:
        raise LineIsBroken(NOT_UTF8) from error
    except LineIsBroken:
        raise
    except (ValueError, RecursionError) as error:
        raise LineIsBroken(NOT_JSON) from error
    if not isinstance(found, dict):
        raise LineIsBroken(NOT_OBJECT)
    return flat(found)


def flat(found: dict[str, Any]) -> dict[str, Any]:
    """An object that can be a row: no lists or objects inside, no half of a character (`\\ud800`)."""
    if any(isinstance(value, dict | list) for value in found.values()):
        raise LineIsBroken(NESTED)
    try:
        for text in (*found, *(value for value in found.values() if isinstance(value, str))):
            text.encode()
    except UnicodeEncodeError as error:
        raise LineIsBroken(NOT_UTF8) from error
    return found


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are each there once; the last of two would win in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise LineIsBroken(key_repeated(first_repeated(pairs)))
    return found


def first_repeated(pairs: list[tuple[str, Any]]) -> str:
    """The first key that comes a second time."""
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
