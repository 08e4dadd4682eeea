"""From tables to the feature table: one DuckDB statement a day, the same text for one enterprise or a lake."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from models.features.catalogue import CATALOGUE
from models.features.feature import Feature
from models.features.ledger import build_ledger, cells_sql, drop_ledger
from models.features.rollup import contributions_sql, enterprise_ctes
from models.features.visibility import day_sql, visible_on_sql
from models.features.windows import anchor_day, months_before, slot_lengths
from models.records import KINDS
from models.records.invoice import INVOICE
from models.tables import Tables

SMALL_ROWS = 100_000  # below this one thread is quicker than handing out work
MEMORY_LIMIT = "3GB"  # beyond it DuckDB spills to the temporary directory
MOST_DAYS_PER_LEDGER = 32
_AS_OF = pa.field("as_of", pa.date32())


def compute_features(
    tables: Tables,
    as_of: date | Sequence[date],
    enterprises: Sequence[str] | None = None,
    features: Sequence[Feature] = CATALOGUE,
) -> pa.Table:
    """The features of every enterprise known on each day.

    Columns: enterprise_id (string), as_of (date32), then each of `features` as nullable float64 in that order; sorted
    by as_of, enterprise_id. A row for each enterprise with a visible row in any table, and for each of `enterprises`
    (all null where nothing is known). The value does not depend on which other enterprises, days or later rows are
    there, nor on the number of threads, to the last bit.
    """
    days = sorted({as_of} if isinstance(as_of, date) else set(as_of))
    connection = _database(small=_is_small(tables)).cursor()
    try:
        tables.attach(connection)
        connection.register("named", pa.table({"enterprise_id": pa.array(sorted(set(enterprises or ())), pa.string())}))
        by_day: dict[date, pa.Table] = {}
        for group in _groups_of_one_grid(days):
            by_day |= _of_group(connection, tables, group, features)
    finally:
        connection.close()
    own = [pa.field("enterprise_id", pa.string()), *(pa.field(feature.name, pa.float64()) for feature in features)]
    parts = [
        part.cast(pa.schema(own)).add_column(1, _AS_OF, pa.repeat(pa.scalar(day, pa.date32()), part.num_rows))
        for day, part in sorted(by_day.items())
    ]
    return pa.concat_tables(parts) if parts else pa.schema([own[0], _AS_OF, *own[1:]]).empty_table()


def _of_group(
    connection: duckdb.DuckDBPyConnection, tables: Tables, days: list[date], features: Sequence[Feature]
) -> dict[date, pa.Table]:
    """The features of each of some days that share a month grid: one pass over the rows for all of them."""
    if INVOICE.name not in tables.by_kind:
        return {day: connection.sql(_without_invoices(tables, day, features)).to_arrow_table() for day in days}
    if len(days) == 1:
        contributions = f"contributions AS ({contributions_sql(days[0])})"
        text = _statement(tables, days[0], features, "contributions", "contributions", prelude=contributions)
        return {days[0]: _fetched(connection, text, small=_is_small(tables))}
    build_ledger(connection, days)
    by_day: dict[date, pa.Table] = {}
    for position, day in enumerate(days):
        by_month, by_party = (cells_sql(table, day, position) for table in ("ledger_months", "ledger_cells"))
        text = _statement(tables, day, features, by_month, by_party, names="ledger_names")
        by_day[day] = connection.sql(text).to_arrow_table()
    drop_ledger(connection)
    return by_day


def _fetched(connection: duckdb.DuckDBPyConnection, text: str, *, small: bool) -> pa.Table:
    """The result as Arrow. A small one goes by rows: `sql` would plan the statement twice, which costs more."""
    if not small:
        return connection.sql(text).to_arrow_table()
    result = connection.execute(text)
    names = [str(column[0]) for column in result.description or ()]
    rows = result.fetchall()
    types = [pa.string(), *[pa.float64()] * (len(names) - 1)]
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)


def _known(tables: Tables, as_of: date) -> list[str]:
    """SQL of the enterprises to be listed, besides those with invoices: named ones, and visible in any other table."""
    return [
        "SELECT enterprise_id AS e FROM named",
        *(
            f"SELECT r.enterprise_id FROM {name} r WHERE {visible_on_sql(KINDS[name], as_of)}"
            for name in tables.by_kind
            if name != INVOICE.name and name in KINDS
        ),
    ]


def _without_invoices(tables: Tables, as_of: date, features: Sequence[Feature]) -> str:
    nothing = ", ".join(f'NULL::DOUBLE AS "{feature.name}"' for feature in features)
    return f"SELECT e AS enterprise_id, {nothing} FROM ({' UNION '.join(_known(tables, as_of))}) ORDER BY e"


def _statement(
    tables: Tables,
    as_of: date,
    features: Sequence[Feature],
    by_month: str,
    by_party: str,
    *,
    prelude: str = "",
    names: str | None = None,
) -> str:
    """The one statement of a day. `names` is the table of enterprise numbers where contributions carry numbers."""
    sides = (
        f"sides AS (SELECT b.* REPLACE (n.enterprise_id AS e) FROM joined b JOIN {names} n ON n.e = b.e)"
        if names
        else "sides AS (SELECT * FROM joined)"
    )
    wanted = frozenset[str]().union(*(feature.columns_read for feature in features))
    known = " UNION ".join([*_known(tables, as_of), "SELECT e FROM sides"])
    ctes = [*([prelude] if prelude else []), enterprise_ctes(by_month, by_party, wanted), sides, f"known AS ({known})"]
    columns = ", ".join(feature.column_sql for feature in features)
    text = (
        f"WITH {', '.join(ctes)} SELECT known.e AS enterprise_id, {columns} FROM known "
        "LEFT JOIN sides s ON s.e = known.e AND s.sale LEFT JOIN sides p ON p.e = known.e AND NOT p.sale "
        "ORDER BY known.e"
    )
    return _at(text, as_of)


def _at(text: str, as_of: date) -> str:
    """The statement with the facts of the day written in: {as_of}, {year_ago}, {bit}, {days_0_4}, {days_4_8} ..."""
    lengths = slot_lengths(as_of, 12)
    places = [sum(lengths[age // 4 * 4 : age]) for age in range(12)]
    facts = {
        "as_of": day_sql(as_of),
        "year_ago": day_sql(months_before(as_of, 12)),
        "bit": f"CASE age {' '.join(f'WHEN {age} THEN {place}' for age, place in enumerate(places))} END",
    }
    facts |= {f"days_{age}_{age + 4}": str(sum(lengths[age : age + 4])) for age in (0, 4, 8)}
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _groups_of_one_grid(days: Sequence[date]) -> Iterable[list[date]]:
    """The days in groups whose month slots coincide, small enough that a row's span of days stays cheap to compute."""
    for anchor in sorted({anchor_day(day) for day in days}):
        group = [day for day in days if anchor_day(day) == anchor]
        for start in range(0, len(group), MOST_DAYS_PER_LEDGER):
            yield group[start : start + MOST_DAYS_PER_LEDGER]


def _is_small(tables: Tables) -> bool:
    return all(isinstance(source, pa.Table) and source.num_rows <= SMALL_ROWS for source in tables.by_kind.values())


@functools.cache
def _database(*, small: bool) -> duckdb.DuckDBPyConnection:
    """The in-memory DuckDB of the process, opened once (20 ms); each call works on a cursor of its own."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": str(Path(tempfile.gettempdir()) / "assetlight-duckdb"),
    }
    if small:
        settings["threads"] = 1
    return duckdb.connect(config=settings)
