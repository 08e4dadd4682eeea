"""Versions of a record: what repeats, what corrects, and which version stands when.

The versions of one natural key are ordered by when the bank learned them. A row that says what the version before it
says is a duplicate. Each other row is a version, superseded at the instant at which the next was learned. Of versions
learned at the same instant the most prudent stands (`RecordKind.prudence`, then the larger content): the others are
kept, superseded at that same instant, and are never visible. The result depends on the set of rows, not their order,
except for `origin`: it is no content, and the same row under another origin is a duplicate of the stored one.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from models.records.kind import RecordKind
from models.tables.engine import session

FROM_KNOWN_AT = "known_at"


@dataclass(frozen=True)
class Merged:
    """What new rows do to stored ones.

    `added`: new versions, with `superseded_at`. `duplicates`: new rows that say nothing new. `corrections`: added rows
    beyond the first version of their key. `rewritten`: the stored rows as they are now, if any of them changed; None if
    none did.
    """

    added: pa.Table
    duplicates: int
    corrections: int = 0
    rewritten: pa.Table | None = None


def content_columns(kind: RecordKind) -> list[str]:
    """The columns that make two versions differ: own fields that are not key and not merely the day of learning."""
    return [
        declared.name
        for declared in kind.fields
        if declared.name not in kind.natural_key and declared.filled_from != FROM_KNOWN_AT
    ]


def merge_versions(kind: RecordKind, stored: pa.Table | None, incoming: pa.Table) -> Merged:
    """Merge rows (`superseded_at` of incoming ones is computed, not read) into the stored rows of the same keys.

    `stored` must hold every stored row whose natural key is among the incoming ones; it may hold more.
    """
    if not len(incoming):
        return Merged(incoming.cast(kind.schema), 0)
    if all_keys_differ(kind, stored, incoming):
        nothing = pa.nulls(len(incoming), kind.schema.field("superseded_at").type)
        rows = incoming.select(kind.schema.names)
        return Merged(
            rows.set_column(rows.schema.get_field_index("superseded_at"), "superseded_at", nothing).cast(kind.schema), 0
        )
    with session() as connection:
        connection.register("incoming_rows", incoming)
        connection.register("stored_rows", kind.schema.empty_table() if stored is None else stored)
        find_contested(connection, kind)
        columns = ", ".join(f'i."{name}"' for name in kind.schema.names if name not in ("superseded_at", "origin"))
        fresh = connection.sql(
            f"SELECT {columns}, NULL::TIMESTAMPTZ AS superseded_at, i.origin FROM incoming_hashed i "  # noqa: S608
            "ANTI JOIN contested c ON i.h = c.h ORDER BY i.position"
        ).to_arrow_table()
        resolve_contested(connection, kind)
        added = pa.concat_tables([in_schema(kind, fresh), resolved(connection, kind, "WHERE is_new")])
        corrections, changed = connection.execute(
            "SELECT (SELECT coalesce(sum(n - greatest(1, old)), 0)::BIGINT FROM (SELECT count(*) AS n, "
            "count(*) FILTER (NOT is_new) AS old FROM resolved GROUP BY key_number) WHERE n > old), "
            "(SELECT count(*) FROM stored_contested) <> (SELECT count(*) FROM resolved WHERE NOT is_new) OR EXISTS "
            "(SELECT 1 FROM resolved WHERE NOT is_new AND superseded_at IS DISTINCT FROM was_superseded_at)"
        ).fetchall()[0]
        rewritten = None
        if changed and stored is not None:
            kept = connection.sql(
                f"SELECT {columns.replace('i.', 's.')}, s.superseded_at, s.origin FROM stored_hashed s "  # noqa: S608
                "ANTI JOIN contested c ON s.h = c.h"
            ).to_arrow_table()
            rewritten = pa.concat_tables([in_schema(kind, kept), resolved(connection, kind, "WHERE NOT is_new")])
        return Merged(added, len(incoming) - len(added), int(corrections), rewritten)


def all_keys_differ(kind: RecordKind, stored: pa.Table | None, incoming: pa.Table) -> bool:
    """Whether no natural key occurs twice, which is the usual delivery and needs no comparison of contents."""
    keys = incoming.select(kind.natural_key)
    if stored is not None and len(stored):
        keys = pa.concat_tables([keys, stored.select(kind.natural_key)])
    return bool(keys.group_by(list(kind.natural_key)).aggregate([]).num_rows == keys.num_rows)


def find_contested(connection: duckdb.DuckDBPyConnection, kind: RecordKind) -> None:
    """Tables `incoming_hashed`, `stored_hashed`, and `contested`: key hashes that occur more than once.

    A hash only sorts out the keys that are surely alone; whatever shares one is compared exactly.
    """
    key = ", ".join(f'"{name}"' for name in kind.natural_key)
    for rows in ("incoming", "stored"):
        connection.execute(
            f"CREATE TEMP TABLE {rows}_hashed AS SELECT *, hash({key}) AS h, "  # noqa: S608
            f"row_number() OVER () AS position FROM {rows}_rows"
        )
    connection.execute(
        "CREATE TEMP TABLE contested AS SELECT h FROM incoming_hashed GROUP BY h HAVING count(*) > 1 "
        "UNION SELECT h FROM incoming_hashed SEMI JOIN stored_hashed USING (h)"
    )


def resolve_contested(connection: duckdb.DuckDBPyConnection, kind: RecordKind) -> None:
    """Table `resolved`: the versions that stay of every contested key, each with `superseded_at` and `was_...`."""
    own = [name for name in kind.schema.names if name != "superseded_at"]
    key = ", ".join(f'"{name}"' for name in kind.natural_key)
    content = content_columns(kind)
    said = "struct_pack(" + ", ".join(f'"{name}" := "{name}"' for name in content) + ")" if content else "0"
    later = [f'"{name}" NULLS FIRST' for name in content]
    rest = [f'"{name}" NULLS FIRST' for name in own if name not in content and name not in ("known_at", "origin")]
    # `is_new` before `origin`: what is stored stays, whatever origin is said of the same row the next time.
    order = ", ".join(["known_at", *([kind.prudence] if kind.prudence else []), *later, *rest, "is_new", "origin"])
    columns = ", ".join(f'"{name}"' for name in own)
    connection.execute(
        "CREATE TEMP TABLE stored_contested AS SELECT * FROM stored_hashed SEMI JOIN contested USING (h)"
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE resolved AS
        WITH rows AS (
            SELECT {columns}, superseded_at AS was_superseded_at, false AS is_new FROM stored_contested
            UNION ALL
            SELECT {columns}, NULL::TIMESTAMPTZ, true FROM incoming_hashed SEMI JOIN contested USING (h)
        ), ordered AS (
            SELECT *, {said} AS said, row_number() OVER (PARTITION BY {key} ORDER BY {order}) AS turn FROM rows
        ), compared AS (
            SELECT *, lag(said) OVER (PARTITION BY {key} ORDER BY turn) AS said_before FROM ordered
        ), kept AS (
            SELECT * FROM compared WHERE turn = 1 OR said IS DISTINCT FROM said_before
        )
        SELECT {columns}, was_superseded_at, is_new, turn,
            lead(known_at) OVER (PARTITION BY {key} ORDER BY turn) AS superseded_at,
            dense_rank() OVER (ORDER BY {key}) AS key_number
        FROM kept
        """  # noqa: S608
    )


def resolved(connection: duckdb.DuckDBPyConnection, kind: RecordKind, where: str) -> pa.Table:
    """Rows of `resolved` in the kind's schema."""
    columns = ", ".join(f'"{name}"' for name in kind.schema.names)
    return in_schema(
        kind,
        connection.sql(f"SELECT {columns} FROM resolved {where} ORDER BY key_number, turn").to_arrow_table(),  # noqa: S608
    )


def in_schema(kind: RecordKind, rows: pa.Table) -> pa.Table:
    """DuckDB's Arrow as the kind's schema."""
    return rows.select(kind.schema.names).cast(kind.schema)
