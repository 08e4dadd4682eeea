"""Rows that change, as the ledger tells of them: whoever writes one says in the entry how it is from then on.

    content["rows_after"] = [{"table": name, "key": [text, ...], "columns": {name: text or null, ...}}, ...]

A column is told as its text. Free text, and what may name people, is told by its SHA-256, so that the ledger can stay
when such text must go. The latest entry that tells of a row is how the row must be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, Text

from models.canonical import sha256_hex
from service.store.application_schema import (
    APPLICATION_ASSESSMENTS,
    APPLICATION_ATTACHMENTS,
    APPLICATION_EVENTS,
    APPLICATION_FILE_NAMES,
    APPLICATION_OVERRIDES,
    APPLICATIONS,
    IDEMPOTENCY_KEYS,
    OVERRIDE_WITHDRAWALS,
)
from service.store.outbox_schema import EVENT_SUBSCRIPTIONS, OUTBOX_EVENTS
from service.store.schema import API_KEYS, MODEL_RECORDS, SHADOW_SCORES

TOLD_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        APPLICATIONS,
        APPLICATION_ASSESSMENTS,
        APPLICATION_ATTACHMENTS,
        APPLICATION_FILE_NAMES,
        APPLICATION_EVENTS,
        APPLICATION_OVERRIDES,
        OVERRIDE_WITHDRAWALS,
        API_KEYS,
        EVENT_SUBSCRIPTIONS,
        MODEL_RECORDS,
        IDEMPOTENCY_KEYS,
        OUTBOX_EVENTS,
        SHADOW_SCORES,
    )
}
PURGED_TABLES = frozenset({IDEMPOTENCY_KEYS.name, OUTBOX_EVENTS.name})  # whose rows may go, by an entry that says so
SUBJECT_COLUMN: Mapping[str, str] = {  # whose entries tell of a row
    "applications": "id",
    "api_keys": "id",
    "event_subscriptions": "id",
    "model_records": "model",
    "outbox_events": "subject",
    "shadow_scores": "assessment_id",
}
OTHER_SUBJECT = "application_id"
ROWS = "rows_after"
GONE = "rows_gone"  # keys by table, of rows that were removed when their time was over
DIGEST = "sha256:"
IN_FULL = frozenset(  # lists and codes, no words
    {"approvals", "exposure", "roles", "routes", "branches", "parks", "types", "url"}
)
BY_DIGEST = frozenset(  # may name people
    {("application_attachments", "name"), ("application_file_names", "name"), ("idempotency_keys", "key")}
)
KEY_BY_DIGEST = frozenset({("application_file_names", "name"), ("idempotency_keys", "key")})
BY_DIGEST_COLUMNS = frozenset({"actor_name"})


@dataclass(frozen=True)
class RowTold:
    """How a row is: its table, its key, and every column as the ledger writes it."""

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str | None]

    def facts(self) -> dict[str, Any]:
        """The row as an entry holds it."""
        return {"table": self.table, "key": list(self.key), "columns": dict(self.columns)}


def row_told(table: Table, values: Mapping[Any, Any]) -> RowTold:
    """A row as the ledger writes it; columns that are not given are null."""
    columns = {column.name: column_told(column, values.get(column.name)) for column in table.columns}
    return RowTold(table.name, key_of(table, values), columns)


def key_of(table: Table, values: Mapping[Any, Any]) -> tuple[str, ...]:
    """The key of a row as text; what may name people, by its digest."""
    return tuple(
        str(column_told(column, values[column.name]))
        if (table.name, column.name) in KEY_BY_DIGEST
        else _text(values[column.name])
        for column in table.primary_key
    )


def answer_subject(key: Sequence[str]) -> str:
    """The subject of entries about a kept answer, which is found by it; `key`: of its row, as told."""
    return "answer:" + sha256_hex(" ".join(key).encode())[:32]


def column_told(column: Column[Any], value: object) -> str | None:
    """A value as the ledger writes it: text, or the SHA-256 of what should not stay for ever."""
    if value is None:
        return None
    if isinstance(value, bytes | memoryview) or not by_digest(column):
        return _text(value)
    return DIGEST + sha256_hex(_text(value).encode())


def by_digest(column: Column[Any]) -> bool:
    """Whether the ledger has the digest of a column alone."""
    table = column.table.name
    if column.name in BY_DIGEST_COLUMNS or (table, column.name) in BY_DIGEST:
        return True
    return isinstance(column.type, LargeBinary | Text) and column.name not in IN_FULL


def with_rows(content: Mapping[str, Any], told: Iterable[RowTold]) -> dict[str, Any]:
    """The content of an entry with the rows that it tells of."""
    return {**content, ROWS: [one.facts() for one in told]}


def rows_in(content: Mapping[str, Any]) -> list[RowTold]:
    """The rows that an entry tells of. What cannot be read as such is none: the entry's hash tells of that."""
    listed = content.get(ROWS)
    found = []
    for one in listed if isinstance(listed, list) else ():
        parts = (one.get("table"), one.get("key"), one.get("columns")) if isinstance(one, dict) else (None, None, None)
        table, key, columns = parts
        if isinstance(table, str) and table in TOLD_TABLES and isinstance(key, list) and isinstance(columns, dict):
            if table == APPLICATION_FILE_NAMES.name:  # older entries have the name itself in the key
                key = [*key[:-1], columns.get("name")]
            found.append(RowTold(table, tuple(str(part) for part in key), columns))
    return found


def gone_in(content: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """Table and key of the rows that an entry says were removed."""
    listed = content.get(GONE)
    return [
        (table, tuple(str(part) for part in key))
        for table, keys in (listed.items() if isinstance(listed, dict) else ())
        for key in (keys if isinstance(keys, list) else ())
        if table in PURGED_TABLES and isinstance(key, list)
    ]


def subject_of(told: RowTold, otherwise: str) -> str:
    """Whose entry tells of a row that none told of before."""
    if told.table == IDEMPOTENCY_KEYS.name:
        return answer_subject(told.key)
    return told.columns.get(SUBJECT_COLUMN.get(told.table, OTHER_SUBJECT)) or otherwise


def differences(told: RowTold, stored: RowTold) -> Sequence[tuple[str, str | None, str | None]]:
    """Columns that are other than told: name, as the ledger says, as it is stored."""
    return [
        (name, value, stored.columns[name])
        for name, value in told.columns.items()
        if name in stored.columns and stored.columns[name] != value
    ]


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return DIGEST + sha256_hex(bytes(value))
    return value if isinstance(value, str) else str(value)
