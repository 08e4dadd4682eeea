"""The rows of a posted body, in pieces: a JSON object `{"rows": [...]}`, or NDJSON from a file.

A row that is no flat object, repeats a key, has an unknown key or a value of another JSON type is a broken row with its
number. A body that as a whole is not what it says to be raises, and nothing of it is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import IO, Any

from models.errors import AssetlightError
from models.records.kind import RecordKind
from models.sheets import RaggedRow, Sheet
from models.sheets.json_lines import (
    NOT_JSON,
    NOT_OBJECT,
    SHOWN,
    LineIsBroken,
    WrittenNumber,
    first_repeated,
    flat,
    key_repeated,
    lines_of,
    object_of,
)
from models.tables import broken_row, sheet_of_objects

PIECE_ROWS = 20_000
PIECE_BYTES = 1 << 24
BODY = 'one JSON object {"rows": [{...}, ...]}; NDJSON as application/x-ndjson'


class BatchMalformed(AssetlightError):
    """The body is not JSON (RFC 8259), so that no row of it can be told."""


class BatchShapeUnknown(AssetlightError):
    """The body is JSON, but not an object with the one member `rows`."""


class BatchCutOff(AssetlightError):
    """The body ends in the middle of a line: the rest of it may be lost."""


class RepeatedKeys(dict[str, Any]):
    """An object in which a key, `repeated`, occurs twice."""

    repeated: str = ""


def json_pieces(content: bytes, kind: RecordKind) -> Iterator[Sheet]:
    """The rows of a JSON body; row 1 is the first."""
    rows = rows_of(content)
    for start in range(0, len(rows), PIECE_ROWS):
        objects: list[dict[str, Any]] = []
        numbers: list[int] = []
        broken: list[RaggedRow] = []
        for number, row in enumerate(rows[start : start + PIECE_ROWS], start + 1):
            try:
                objects.append(row_of(row))
                numbers.append(number)
            except LineIsBroken as error:
                broken.append(broken_row(kind, number, error, repr(row)[:SHOWN]))
        yield sheet_of_objects(kind, objects, numbers, broken)


def rows_of(content: bytes) -> Sequence[Any]:
    """The member `rows` of a body."""
    try:
        found = json.loads(
            content.decode("utf-8-sig"),
            parse_float=WrittenNumber,
            parse_constant=WrittenNumber,
            object_pairs_hook=marking_repeats,
        )
    except RecursionError as error:
        raise BatchMalformed("the body is nested too deeply", field="body", expected=BODY) from error
    except ValueError as error:
        raise BatchMalformed("the body is not JSON", field="body", expected=BODY, found=str(error)) from error
    if type(found) is RepeatedKeys:
        raise BatchMalformed("a key occurs twice in the body", field="body", expected=BODY, found=found.repeated)
    if not isinstance(found, dict) or found.keys() != {"rows"} or not isinstance(found["rows"], list):
        shown = ", ".join(found) or "no members" if isinstance(found, dict) else type(found).__name__
        raise BatchShapeUnknown("the body is not a batch", field="rows", expected=BODY, found=shown[:SHOWN])
    return found["rows"]


def row_of(found: object) -> dict[str, Any]:
    """One element of `rows`; LineIsBroken if it is no flat object."""
    if type(found) is RepeatedKeys:
        raise LineIsBroken(key_repeated(found.repeated))
    if type(found) is not dict:
        raise LineIsBroken(NOT_OBJECT)
    return flat(found)


def marking_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, marked if a key occurs twice: the last of two would win in silence."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = RepeatedKeys(found)
    marked.repeated = first_repeated(pairs)
    return marked


def ndjson_pieces(raw: IO[bytes], kind: RecordKind) -> Iterator[Sheet]:
    """The lines of an NDJSON body; the row number is the line number, blank lines are not rows."""
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    broken: list[RaggedRow] = []
    weight = 0
    for number, line in lines_of(raw):
        try:
            objects.append(object_of(line))
            numbers.append(number)
        except LineIsBroken as error:
            if error.defect is NOT_JSON and not line.endswith(b"\n"):
                raise BatchCutOff(
                    "the last line is no JSON and does not end: the body seems to be cut off",
                    field="body",
                    where=f"line {number}",
                    expected="one JSON object a line, to the end of the body",
                    found=line[:SHOWN].decode("utf-8", "replace"),
                    advice="Nothing was stored; send the whole batch again",
                ) from error
            broken.append(broken_row(kind, number, error, line[: 4 * SHOWN].decode("utf-8", "replace")))
        weight += len(line)
        if len(objects) + len(broken) >= PIECE_ROWS or weight >= PIECE_BYTES:
            yield sheet_of_objects(kind, objects, numbers, broken)
            objects, numbers, broken, weight = [], [], [], 0
    if objects or broken:
        yield sheet_of_objects(kind, objects, numbers, broken)
