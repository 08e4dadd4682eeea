"""From tables to the feature table: one DuckDB statement a day, the same text for one enterprise or a lake."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from models.features.catalogue import CATALOGUE, ROLLUPS
from models.features.copies import NAMES, build_copies, build_names, copied_relations, known_on
from models.features.engine import database, desk, room
from models.features.family import NETWORK, Rollup, mentioned, rollups_of
from models.features.feature import Feature
from models.features.ledger import build_ledger, ledger_cells
from models.features.neighbourhood import network_facts
from models.features.rollup import contributions_sql, counterparties_sql
from models.features.statement import DaySources, InvoiceCells, day_statement
from models.features.visibility import visible_on_sql
from models.features.windows import anchor_day
from models.records import KINDS
from models.records.invoice import INVOICE
from models.tables import Source, Tables, empty_table

SMALL_ROWS = 100_000  # below this one thread is quicker than handing out work
MOST_DAYS_PER_LEDGER = 32
DAYS_AT_ONCE = 2  # the end of a statement keeps one core busy: let another day have the rest
_NUMBERED_NETWORK = f"(SELECT n.e, f.* EXCLUDE (e) FROM {NETWORK} f JOIN {NAMES} n ON n.enterprise_id = f.e)"
_AS_OF = pa.field("as_of", pa.date32())


def compute_features(
    tables: Tables,
    as_of: date | Sequence[date],
    enterprises: Sequence[str] | None = None,
    features: Sequence[Feature] = CATALOGUE,
    *,
    network: pa.Table | None = None,
) -> pa.Table:
    """The features of every enterprise known on each day.

    Columns: enterprise_id (string), as_of (date32), then each of `features` as nullable float64 in that order; sorted
    by as_of, enterprise_id. A row for each enterprise with a visible row in any table, and for each of `enterprises`
    (all null where nothing is known). The value does not depend on which other enterprises, days or later rows are
    there, nor on the number of threads, to the last bit. `network`: what `network_facts` says of them on the one day
    that is asked about, where somebody found it among the books of everybody before.
    """
    days = sorted({as_of} if isinstance(as_of, date) else set(as_of))
    named = sorted(set(enterprises or ()))
    naming = _kinds_that_name(tables, named)
    asked = _Asked(tables, tuple(features), _connected(tables, features), tuple(named), naming, network)
    relations = {
        **tables.by_kind,
        "named": pa.table({"enterprise_id": pa.array(named, pa.string())}),
        **{name: empty_table(KINDS[name]) for name in asked.optional - set(tables.by_kind)},
    }
    if len(days) == 1 and _is_small(tables):
        if asked.network:
            relations[NETWORK] = asked.network_on(days[0])
        by_day = _planned_once(asked, relations, days[0])
    else:
        by_day = _of_days(asked, Tables(relations), days)
    own = [pa.field("enterprise_id", pa.string()), *(pa.field(feature.name, pa.float64()) for feature in features)]
    schema = pa.schema(own)
    parts = [
        (part if part.schema.equals(schema) else part.cast(schema)).add_column(
            1, _AS_OF, pa.repeat(pa.scalar(day, pa.date32()), part.num_rows)
        )
        for day, part in sorted(by_day.items())
    ]
    return pa.concat_tables(parts) if parts else pa.schema([own[0], _AS_OF, *own[1:]]).empty_table()


@dataclass(frozen=True)
class _Asked:
    """One question: the tables, the features, the rollups that can be computed, the kinds that may name enterprises."""

    tables: Tables
    features: tuple[Feature, ...]
    rollups: Mapping[str, Rollup]
    named: tuple[str, ...]
    naming: tuple[str, ...]
    found_network: pa.Table | None = None

    @property
    def optional(self) -> frozenset[str]:
        return frozenset(name for rollup in self.rollups.values() for name in rollup.optional)

    @property
    def invoices(self) -> bool:
        return INVOICE.name in self.tables.by_kind

    @functools.cached_property
    def all_named(self) -> bool:
        """Whether no row is of an enterprise that was not named."""
        return not self.naming and (not self.invoices or _only_of(self.tables.by_kind[INVOICE.name], self.named))

    @functools.cached_property
    def sayable(self) -> tuple[Feature, ...]:
        """The features that the connected kinds say something about; the others are null whatever the rows."""
        said = {rollup.name for rollup in self.rollups.values() if self.invoices or not rollup.reads_parties}
        said |= {"s", "p"} if self.invoices else set()
        return tuple(feature for feature in self.features if mentioned(feature.expression) <= said)

    @property
    def network(self) -> bool:
        """Whether a rollup reads the network."""
        return any(rollup.network for rollup in self.rollups.values())

    def network_on(self, day: date) -> pa.Table:
        """What the neighbourhood says of each enterprise on a day."""
        if self.found_network is not None:
            return self.found_network
        return network_facts(self.tables, day, small=_is_small(self.tables) and _is_small_network(self.tables))

    def about(self, features: tuple[Feature, ...]) -> _Question:
        """What the statement for some of the features depends on, besides the day."""
        rollups = rollups_of(features, self.rollups)
        sides = any(mentioned(feature.expression) & {"s", "p"} for feature in features)
        invoices = sides or any(rollup.reads_parties for rollup in rollups) or not self.all_named
        return _Question(features, tuple(r.name for r in rollups), self.naming, invoices=self.invoices and invoices)

    def reads(self, question: _Question) -> set[str]:
        """The relations of that statement."""
        kinds = {name for rollup in question.rollups for name in self.rollups[rollup].reads}
        network = any(self.rollups[rollup].network for rollup in question.rollups)
        return kinds.union(self.naming, [INVOICE.name] if question.invoices else [], [NETWORK] if network else [])


class _Question(NamedTuple):
    """What the text of a statement is made from."""

    features: tuple[Feature, ...]
    rollups: tuple[str, ...]
    naming: tuple[str, ...]
    invoices: bool


def _of_days(asked: _Asked, relations: Tables, days: list[date]) -> dict[date, pa.Table]:
    """The features of each day over many rows."""
    by_day: dict[date, pa.Table] = {}
    connection = database(small=_is_small(asked.tables)).cursor()
    try:
        relations.attach(connection)
        for group in _groups_of_one_grid(days):
            if len(group) == 1:
                if asked.network:
                    connection.register(NETWORK, asked.network_on(group[0]))
                by_day[group[0]] = connection.sql(_day_text(asked.about(asked.features), group[0])).to_arrow_table()
            else:
                by_day |= _of_group(connection, asked, group)
    finally:
        connection.close()
    return by_day


def _planned_once(asked: _Asked, relations: Mapping[str, pa.Table], day: date) -> dict[date, pa.Table]:
    """The features of one day over few rows, by statements that are planned once for many calls.

    Where everybody is named, each family has a statement of its own, for a statement that carries a hundred columns
    through a dozen joins takes longer than a dozen small ones; and a feature of which nothing connected says anything
    is null without one.
    """
    parts = _by_family(asked.sayable) if asked.all_named else (asked.features,)
    columns: dict[str, pa.Array] = {}
    with desk() as taken:
        questions = [asked.about(part) for part in parts]
        read = {"named"}.union(*(asked.reads(question) for question in questions))
        taken.show({name: relations[name] for name in sorted(read)})
        for question in questions:
            names, rows = taken.fetched(_day_text(question, day))
            values = zip(*rows, strict=True) if rows else ([] for _ in names)
            for name, column in zip(names, values, strict=True):
                columns.setdefault(name, pa.array(column, pa.string() if name == "enterprise_id" else pa.float64()))
    unsaid = pa.nulls(len(columns["enterprise_id"]), pa.float64())
    for feature in asked.features:
        columns.setdefault(feature.name, unsaid)
    return {day: pa.table({name: columns[name] for name in ["enterprise_id", *(f.name for f in asked.features)]})}


@functools.lru_cache(maxsize=64)
def _by_family(features: tuple[Feature, ...]) -> tuple[tuple[Feature, ...], ...]:
    """Features of the invoice sides alone, then the others by family."""
    groups: dict[str, list[Feature]] = {"": []}
    for feature in features:
        groups.setdefault("" if mentioned(feature.expression) <= {"s", "p"} else feature.family, []).append(feature)
    return tuple(tuple(group) for group in groups.values() if group) or ((),)


@functools.lru_cache(maxsize=256)
def _day_text(question: _Question, day: date) -> str:
    """The statement of one day, straight from the rows."""
    cells = InvoiceCells(
        by_month="contributions",
        counterparties=counterparties_sql("contributions"),
        parties="SELECT e, sale, cp AS party, net, blue FROM counterparties",
        prelude=f"contributions AS ({contributions_sql(day)})",
    )
    naming = (
        f'SELECT r.enterprise_id FROM "{name}" r WHERE {visible_on_sql(KINDS[name], day)}' for name in question.naming
    )
    rollups = [ROLLUPS[name] for name in question.rollups]
    sources = DaySources(
        invoices=cells if question.invoices else None,
        rollups={rollup.name: rollup for rollup in rollups},
        relations={
            rollup.relation(name): f'(SELECT r.*, r.enterprise_id AS e FROM "{name}" r '
            f"WHERE {visible_on_sql(KINDS[name], day)} AND ({rollup.where.get(name, 'true')}))"
            for rollup in rollups
            for name in rollup.reads
        }
        | {NETWORK: NETWORK},
        known=["SELECT enterprise_id AS e FROM named", *naming],
    )
    return day_statement(day, question.features, sources)


def _of_group(connection: duckdb.DuckDBPyConnection, asked: _Asked, days: list[date]) -> dict[date, pa.Table]:
    """The features of each of some days that share a month grid: one pass over the rows for all of them."""
    rollups = tuple(asked.rollups.values())
    others = [name for name in asked.tables.by_kind if name != INVOICE.name and name in KINDS]
    with room(connection) as another:
        build_names(connection, [name for name in asked.tables.by_kind if name in KINDS])
        build_copies(connection, rollups, others, days)
        if asked.invoices:
            build_ledger(connection, days)

        def of_day(position: int) -> pa.Table:
            day = days[position]
            sources = DaySources(
                invoices=ledger_cells(day, position) if asked.invoices else None,
                rollups=asked.rollups,
                relations={**copied_relations(rollups, position), NETWORK: _NUMBERED_NETWORK},
                known=[known_on(position)],
                names=NAMES,
            )
            cursor = another()
            try:
                if asked.network:
                    cursor.register(NETWORK, asked.network_on(day))
                return cursor.sql(day_statement(day, asked.features, sources)).to_arrow_table()
            finally:
                cursor.close()

        with ThreadPoolExecutor(1 if _is_small(asked.tables) else DAYS_AT_ONCE) as pool:
            return dict(zip(days, pool.map(of_day, range(len(days))), strict=True))


def _connected(tables: Tables, features: Sequence[Feature]) -> Mapping[str, Rollup]:
    """The rollups that the features read and whose kinds are there; one over an empty table has nothing to say."""
    return {
        rollup.name: rollup
        for rollup in rollups_of(features, ROLLUPS)
        if all(
            name in tables.by_kind and (rollup.by_kind or not _is_empty(tables.by_kind[name])) for name in rollup.kinds
        )
        and not (rollup.network and tables.neighbours is None)
    }


def _kinds_that_name(tables: Tables, named: Sequence[str]) -> tuple[str, ...]:
    """The kinds, invoices aside, that may hold an enterprise beyond those named: scans to be spared for one of them."""
    return tuple(
        name
        for name, source in tables.by_kind.items()
        if name != INVOICE.name and name in KINDS and not _only_of(source, named)
    )


def _only_of(source: Source, named: Sequence[str]) -> bool:
    """Whether a small table in memory surely has rows of the named enterprises only."""
    return isinstance(source, pa.Table) and (
        source.num_rows == 0
        or (
            source.num_rows <= SMALL_ROWS
            and set(named).issuperset(pc.unique(source.column("enterprise_id")).to_pylist())
        )
    )


def _is_empty(source: Source) -> bool:
    return isinstance(source, pa.Table) and source.num_rows == 0


def _groups_of_one_grid(days: Sequence[date]) -> Iterable[list[date]]:
    """The days in groups whose month slots coincide, small enough that a row's span of days stays cheap to compute."""
    for anchor in sorted({anchor_day(day) for day in days}):
        group = [day for day in days if anchor_day(day) == anchor]
        for start in range(0, len(group), MOST_DAYS_PER_LEDGER):
            yield group[start : start + MOST_DAYS_PER_LEDGER]


def _is_small(tables: Tables) -> bool:
    return all(_is_small_table(source) for source in tables.by_kind.values())


def _is_small_network(tables: Tables) -> bool:
    return all(_is_small_table(source) for source in (tables.neighbours or {}).values())


def _is_small_table(source: Source) -> bool:
    return isinstance(source, pa.Table) and bool(source.num_rows <= SMALL_ROWS)
