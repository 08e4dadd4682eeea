"""Records copied once for many days: numbers for enterprises, only the columns that are read, and the days of sight.

Each day of a panel then reads whole numbers from memory and not texts from files, and DuckDB need not join or decode a
row again for every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb

from models.features.family import Rollup
from models.features.visibility import visible_span_sql
from models.records import KINDS

NAMES = "ledger_names"
KNOWN = "ledger_known"


def build_names(connection: duckdb.DuckDBPyConnection, kinds: Iterable[str]) -> None:
    """The table of enterprise numbers, in the order of their ids, over the given kinds and the table `named`."""
    each = " UNION ".join(f'SELECT enterprise_id FROM "{name}"' for name in ["named", *kinds])
    connection.execute(
        f"CREATE TABLE {NAMES} AS SELECT row_number() OVER (ORDER BY enterprise_id)::INT AS e, enterprise_id "
        f"FROM ({each})"
    )


def build_copies(
    connection: duckdb.DuckDBPyConnection, rollups: Sequence[Rollup], kinds: Sequence[str], days: Sequence[date]
) -> None:
    """A copy of each relation that the rollups read, and who is known on which days: from `kinds`, or `named`."""
    for relation, readers in _read(rollups).items():
        kind = KINDS[readers[0].kind_of(relation)]
        own = sorted({column for rollup in readers for column in rollup.columns_of(kind)})
        columns = "".join(f', r."{column}"' for column in own if column != "enterprise_id")
        where = readers[0].where.get(kind.name, "true")
        connection.execute(f"CREATE TABLE {_copy(relation)} AS {_seen(kind.name, days, columns)} AND ({where})")
    copied = _read(rollups)
    known = [
        f"SELECT DISTINCT e, seen_from, seen_until FROM {_copy(name)}"
        if name in copied
        else f"SELECT DISTINCT e, seen_from, seen_until FROM ({_seen(name, days)})"
        for name in kinds
    ]
    named = f"SELECT e, 0 AS seen_from, {len(days)} AS seen_until FROM named JOIN {NAMES} USING (enterprise_id)"
    connection.execute(f"CREATE TABLE {KNOWN} AS {' UNION '.join([*known, named])}")


def copied_relations(rollups: Sequence[Rollup], position: int) -> Mapping[str, str]:
    """Per relation of the rollups the rows seen on the day at `position` of the days."""
    return {name: f"(SELECT * FROM {_copy(name)} WHERE {_on(position)})" for name in _read(rollups)}


def known_on(position: int) -> str:
    """SELECT of the numbers of the enterprises known on the day at `position`."""
    return f"SELECT DISTINCT e FROM {KNOWN} WHERE {_on(position)}"


def _read(rollups: Iterable[Rollup]) -> dict[str, list[Rollup]]:
    """The relations that rollups read, each with its readers."""
    readers: dict[str, list[Rollup]] = {}
    for rollup in rollups:
        for kind in rollup.reads:
            readers.setdefault(rollup.relation(kind), []).append(rollup)
    return dict(sorted(readers.items()))


def _copy(name: str) -> str:
    return f"ledger_of_{name}"


def _on(position: int) -> str:
    return f"seen_from <= {position} AND {position} < seen_until"


def _seen(name: str, days: Sequence[date], columns: str = "") -> str:
    first, until = visible_span_sql(KINDS[name], days)
    return (
        f"SELECT n.e, ({first})::TINYINT AS seen_from, ({until})::TINYINT AS seen_until{columns} "
        f'FROM "{name}" r JOIN {NAMES} n ON n.enterprise_id = r.enterprise_id WHERE seen_from < seen_until'
    )
