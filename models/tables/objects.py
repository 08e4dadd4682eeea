"""JSON objects with the keys of a kind, as a request brings them, laid under the kind's columns.

Stricter than a file: a key that the kind does not have, or a value of another JSON type than its field, breaks the row.
What is left is a sheet with one column per field, checked by `accept` like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.records.kind import Field, FieldType, RecordKind
from models.sheets import RaggedRow, Sheet
from models.sheets.json_lines import EXPECTED, SHOWN, LineIsBroken, WrittenNumber
from models.sheets.sheet import typed_column
from models.tables.columns import KNOWN_AT
from models.tables.problems import UNKNOWN_FIELD, WRONG_JSON_TYPE

TEXT = frozenset({str})
NUMBER = frozenset({int, float, WrittenNumber})
JSON_TYPES: Mapping[FieldType, tuple[frozenset[type], str]] = {
    "text": (TEXT, "a JSON string"),
    "choice": (TEXT, "a JSON string"),
    "date": (TEXT, 'a day as a JSON string, such as "2026-03-31"'),
    "timestamp": (TEXT, 'an instant as a JSON string, such as "2026-03-31T09:30:00+08:00"'),
    "money": (TEXT, 'decimal yuan as a JSON string, such as "1130.00"'),
    "number": (NUMBER, "a JSON number"),
    "integer": (NUMBER, "a whole JSON number"),
    "flag": (frozenset({bool}), "true or false"),
}
NONE = type(None)


def wire_fields(kind: RecordKind) -> dict[str, Field]:
    """What a row may have, by key: the kind's own fields, and when the bank learned it."""
    return {**{declared.key: declared for declared in kind.fields}, KNOWN_AT.name: KNOWN_AT}


def sheet_of_objects(
    kind: RecordKind,
    objects: Sequence[dict[str, Any]],
    numbers: Sequence[int],
    broken: Sequence[RaggedRow] = (),
    file: str = "request",
) -> Sheet:
    """Objects (flat, each with its row number) as a sheet whose headers are the keys of the kind.

    `broken`: rows that are no objects. Rows with an unknown key or a wrong JSON type join them.
    """
    fields = wire_fields(kind)
    faults: dict[int, RaggedRow] = {}
    for at, found in enumerate(objects):
        if not found.keys() <= fields.keys():
            key = next(key for key in found if key not in fields)
            faults[at] = fault(kind, numbers[at], found, key)
    columns = {key: [found.get(key) for found in objects] for key in fields}
    for declared in kind.fields:
        if declared.filled_from in columns and declared.filled_from != KNOWN_AT.name:
            source = columns[declared.filled_from]
            columns[declared.key] = [
                other if own is None else own for own, other in zip(columns[declared.key], source, strict=True)
            ]
    for key, declared in fields.items():
        accepted = {*JSON_TYPES[declared.type][0], NONE}
        if not set(map(type, columns[key])) <= accepted:
            for at, value in enumerate(columns[key]):
                if type(value) not in accepted and at not in faults:
                    faults[at] = fault(kind, numbers[at], objects[at], key)
    rows = np.array(numbers, dtype=np.int64)
    if faults:
        sound = [at for at in range(len(objects)) if at not in faults]
        columns = {key: [cells[at] for at in sound] for key, cells in columns.items()}
        rows = rows[np.array(sound, dtype=np.int64)]
    ragged = tuple(sorted((*broken, *faults.values()), key=lambda row: row.row))
    return Sheet(file, None, tuple(fields), tuple(map(typed_column, columns.values())), rows, ragged)


def fault(kind: RecordKind, number: int, found: Mapping[str, Any], key: str) -> RaggedRow:
    """A row with a key or a value that the kind does not have there."""
    fields = wire_fields(kind)
    declared = fields.get(key)
    if declared is None:
        reason, expected = UNKNOWN_FIELD, "one of " + ", ".join(fields)
    else:
        reason, expected = WRONG_JSON_TYPE, JSON_TYPES[declared.type][1]
    defect = (reason.code, reason.zh, reason.en, expected)
    return RaggedRow(number, len(fields), len(found), as_json(found), defect, key[:SHOWN], as_json(found.get(key)))


def broken_row(kind: RecordKind, number: int, error: LineIsBroken, text: str) -> RaggedRow:
    """A row that is no flat JSON object."""
    return RaggedRow(number, len(wire_fields(kind)), 0, text[:SHOWN], (*error.defect, EXPECTED))


def as_json(value: object) -> str:
    """A value as it came, but not longer than a person reads."""
    if isinstance(value, WrittenNumber):
        return str(value)
    return json.dumps(value, ensure_ascii=False)[:SHOWN]
