"""Records in columns: the tables of many enterprises, and which of their rows were known on a day.

Decided once, here: a row counts at `as_of` if it had happened by the end of that day, the bank had learned it by then,
and no newer version of it had been learned by then. Everything downstream asks `visible_rows_sql`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import TypeAlias
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from models.records.kind import RecordKind
from models.tables.engine import session

BANK_ZONE = ZoneInfo("Asia/Shanghai")  # the calendar in which a business day ends


@dataclass(frozen=True)
class ParquetFiles:
    """A table that stays on disk; DuckDB reads only the columns and row groups a query needs."""

    paths: tuple[str, ...]


Source: TypeAlias = "pa.Table | ParquetFiles"


@dataclass(frozen=True)
class Tables:
    """The tables of N enterprises, by record kind. A kind that no feed delivers is absent, which is not empty.

    `neighbours`: rows of other enterprises, by kind, that are not asked about but trade with those that are. With
    them (or an empty mapping, where `by_kind` itself holds everybody) the tables know the network around each of the N;
    None says that they do not, and then nothing is said about it.
    """

    by_kind: Mapping[str, Source]
    neighbours: Mapping[str, Source] | None = None

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make each kind a view of its own name in a DuckDB connection."""
        for kind, source in self.by_kind.items():
            if isinstance(source, ParquetFiles):
                # a temporary view is this connection's own, also where several share one database
                paths = ", ".join("'" + path.replace("'", "''") + "'" for path in source.paths)
                connection.execute(f'CREATE OR REPLACE TEMP VIEW "{kind}" AS SELECT * FROM read_parquet([{paths}])')  # noqa: S608
            else:
                connection.register(kind, source)


def end_of_day(day: date) -> datetime:
    """The first instant after a business day of the bank: what is learned at or after it was not known that day."""
    return datetime.combine(day + timedelta(days=1), clock_time(), BANK_ZONE)


def moments(as_of: Sequence[date]) -> pa.Table:
    """The days on which something is computed, as a table to join: `as_of`, `known_before` (an instant, exclusive)."""
    days = sorted(set(as_of))
    return pa.table(
        {
            "as_of": pa.array(days, pa.date32()),
            "known_before": pa.array([end_of_day(day) for day in days], pa.timestamp("us", tz="UTC")),
        }
    )


def visible_rows_sql(kind: RecordKind, row: str = "r", moment: str = "m") -> str:
    """SQL predicate: the rows of `kind` (alias `row`) that count at a row of `moments` (alias `moment`).

    A newer version learned later does not hide the version that was known before.
    """
    return (
        f"({row}.{kind.occurred} <= {moment}.as_of AND {row}.known_at < {moment}.known_before "
        f"AND ({row}.superseded_at IS NULL OR {row}.superseded_at >= {moment}.known_before))"
    )


def empty_table(kind: RecordKind) -> pa.Table:
    """A table of the kind without rows: the feed is connected and delivered nothing."""
    return kind.schema.empty_table()


def concatenated(kind: RecordKind, parts: Iterable[pa.Table]) -> pa.Table:
    """Several tables of one kind as one, in the kind's schema."""
    return pa.concat_tables([part.cast(kind.schema) for part in parts] or [empty_table(kind)])


def instant_of(day: date) -> datetime:
    """The first instant of a business day: what is said to be learned on a day was learned then."""
    return datetime.combine(day, clock_time(), BANK_ZONE)


def enterprises_of(tables: Tables) -> list[str]:
    """Every enterprise that has a row of any kind, sorted."""
    return _distinct(tables, "enterprise_id")


def origins(tables: Tables) -> tuple[str, ...]:
    """Where the rows come from, sorted: every figure made from the tables must be able to name it."""
    return tuple(_distinct(tables, "origin"))


def _distinct(tables: Tables, column: str) -> list[str]:
    if not tables.by_kind:
        return []
    with session() as connection:
        tables.attach(connection)
        each = " UNION ".join(f'SELECT DISTINCT {column} AS value FROM "{kind}"' for kind in tables.by_kind)  # noqa: S608
        return [str(value) for (value,) in connection.execute(f"{each} ORDER BY value").fetchall()]
