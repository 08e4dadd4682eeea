"""Dirty little tables of any record kind for the family tests: drawn where a family reads, plain elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from models.features.catalogue import ROLLUPS
from models.features.family import Family, mentioned
from models.records import KINDS
from models.records.kind import Field, RecordKind
from models.tables import Tables, end_of_day
from tests.models.features.oracles import begins_after
from tests.record_rows import record_row, record_table

Row = dict[str, Any]
Books = dict[str, list[Row]]
EDGE_MONTHS = (0, 1, 2, 3, 6, 11, 12, 13, 15, 18, 24, 30)


def day_around(as_of: date, rng: Random) -> date:
    """On the edge of a window of as_of, beside one, or anywhere from 30 months before to 4 after it; mostly recent."""
    if rng.random() < 0.15:
        return as_of - timedelta(days=rng.choice((0, 30, 60, 90)))
    if rng.random() < 0.4:
        return begins_after(as_of, rng.choice(EDGE_MONTHS)) + timedelta(days=rng.choice((-1, 0, 0, 1)))
    return as_of - timedelta(days=rng.choice((rng.randint(-120, 900), rng.randint(-20, 120), rng.randint(0, 365))))


def field_value(field: Field, as_of: date, rng: Random) -> Any:  # noqa: PLR0911
    """A value of the field that its contract allows, few different ones so that they meet; null where it may be."""
    if not field.required and rng.random() < 0.2:
        return None
    low = int(field.minimum if field.minimum is not None else -(10**9))
    high = int(field.maximum if field.maximum is not None else 10**12)
    some = max(low, 0)
    if field.type == "date":
        return day_around(as_of, rng)
    if field.type == "choice":
        return rng.choice(sorted(set((field.choices or {"": ""}).values())))
    if field.type == "flag":
        return rng.random() < 0.5
    if field.type == "money":
        return rng.choice((some, some + 1, 100_000, rng.randint(low, high), rng.randint(1, 10**6)))
    if field.type == "integer":
        return rng.choice((rng.randint(some, min(high, some + 9)), rng.randint(low, high)))
    if field.type == "number":
        return rng.choice((float(some), rng.randint(low * 8, min(high, 2000) * 8) / 8))
    return rng.choice("123")


def kind_rows(
    kind: RecordKind,
    as_of: date,
    drawn: Collection[str],
    rng: Random,
    given: Mapping[str, Sequence[Any]],
) -> list[Row]:
    """Rows of enterprises A and B: the `drawn` fields any allowed value (or one of `given`), others as the example.

    Learned on the day, a day, a month or a quarter late, now and then before it happened; some corrected later.
    """
    rows = []
    for _ in range(rng.choice((0, 1, 3, 10, 30, 60))):
        row = record_row(kind)
        for name in sorted({*drawn, kind.occurred}):
            row[name] = rng.choice(given[name]) if name in given else field_value(kind.field(name), as_of, rng)
        days = [name for name in sorted(drawn) if isinstance(row.get(name), date) and name not in given]
        if len(days) > 1 and rng.random() < 0.3:  # two days of a row that fall together, or a month apart
            early, late = rng.sample(days, 2)
            row[late] = row[early] + timedelta(days=rng.choice((0, 0, 30, 31)))
        row["enterprise_id"] = rng.choice(given.get("enterprise_id", "AAB"))
        delay = rng.choice((0, 0, 0, 0, 1, 35, 100, -40))
        known = end_of_day(row[kind.occurred] + timedelta(days=delay)) - timedelta(microseconds=delay % 2)
        corrected = rng.choice((None, None, None, None, 1, 60))
        row["known_at"] = known
        row["superseded_at"] = None if corrected is None else known + timedelta(days=corrected)
        rows.append(row)
    return rows


def kinds_read(family: Family) -> dict[str, set[str]]:
    """The kinds that a family reads, with the fields that it may read."""
    read: dict[str, set[str]] = {}
    borrowed = {name for feature in family.features for name in mentioned(feature.expression)} & set(ROLLUPS)
    for rollup in {r.name: r for r in (*family.rollups, *(ROLLUPS[name] for name in sorted(borrowed)))}.values():
        for name in rollup.reads:
            read.setdefault(name, set()).update(set(rollup.columns_of(KINDS[name])) - {"known_at"})
            read[name] |= {
                field.name for field in KINDS[name].fields if f"r.{field.name}" in rollup.where.get(name, "")
            }
        if rollup.network:
            read |= {name: {field.name for field in KINDS[name].fields} for name in ("relation", "risk_event")}
    sides = any(mentioned(feature.expression) & {"s", "p"} for feature in family.features)
    if sides or any(rollup.reads_parties for rollup in family.rollups):
        read.setdefault("invoice", set())
    if "invoice" in read:
        read["invoice"] |= {"direction", "counterparty_id", "amount_fen", "tax_fen", "status", "issued_on"}
    return read


def family_books(
    family: Family, as_of: date, *, given: Mapping[str, Mapping[str, Sequence[Any]]] | None = None
) -> st.SearchStrategy[Books]:
    """Rows of every kind that a family reads, by kind; `given`: values of fields to choose from, by kind.

    Hypothesis draws the number from which the tables are made: drawing every field of 60 rows would leave it time for
    a few small tables only, in which two dates hardly ever meet in one window.
    """

    def made(seed: int) -> Books:
        rng = Random(seed)  # noqa: S311
        return {
            name: kind_rows(KINDS[name], as_of, columns, rng, (given or {}).get(name, {}))
            for name, columns in sorted(kinds_read(family).items())
        }

    return st.integers(0, 2**32).map(made)


def tables_of(books: Mapping[str, Sequence[Row]], *, network: bool = False) -> Tables:
    """The rows as tables."""
    by_kind: dict[str, pa.Table] = {
        name: record_table(KINDS[name], rows) if rows else KINDS[name].schema.empty_table()
        for name, rows in books.items()
    }
    return Tables(by_kind, neighbours={}) if network else Tables(by_kind)


def frames_of(books: Mapping[str, Sequence[Row]], enterprise: str, as_of: date) -> dict[str, pd.DataFrame]:
    """What the bank could see of one enterprise on a day, by kind, for an oracle; the rule written out again."""
    night = pd.Timestamp(as_of + timedelta(days=1)).tz_localize("Asia/Shanghai")
    found: dict[str, pd.DataFrame] = {}
    for name, rows in books.items():
        kind = KINDS[name]
        seen = [
            row
            for row in rows
            if row["enterprise_id"] == enterprise
            and row[kind.occurred] <= as_of
            and row["known_at"] < night
            and not (row["superseded_at"] is not None and row["superseded_at"] < night)
        ]
        found[name] = pd.DataFrame(seen, columns=kind.schema.names, dtype=object)
    return found
