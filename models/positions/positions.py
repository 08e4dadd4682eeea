"""All subjects of N enterprises on a day, in one DuckDB session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from models.features.engine import desk
from models.positions.anchors import ANCHORS
from models.positions.claims import CLAIMS
from models.positions.funding import FUNDING
from models.positions.group import Group, read_group
from models.positions.lines import LINES
from models.positions.loans import LOANS
from models.positions.orders import ORDERS
from models.positions.rows import Rows, Subject, rows_of, rows_of_tuples
from models.positions.signals import BUREAU, CAPTURE, EVENTS, INSTALMENTS
from models.positions.statements import STATEMENTS
from models.positions.tax import TAX
from models.records import KINDS
from models.tables import Source, Tables, moments
from models.tables.engine import session

SMALL_ROWS = 100_000  # up to here planning costs more than reading


@dataclass(frozen=True)
class Positions:
    """The rows of each subject; None where its kind is not among the tables.

    Claims, orders and anchors have several rows an enterprise; each of `single` has one at most, and becomes facts
    named after its subject.
    """

    size: int
    claims: Rows | None
    orders: Rows | None
    anchors: Rows | None
    single: Mapping[str, Rows]
    group: Group | None = None  # of the enterprises themselves, not of copies of one


_SINGLE: Mapping[str, Subject] = {
    "debt": LOANS,
    "lines": LINES,
    "statement": STATEMENTS,
    "tax": TAX,
    "funding": FUNDING,
    "bureau": BUREAU,
    "debt_instalments": INSTALMENTS,
    "warning": EVENTS,
    "capture": CAPTURE,
}
_SUBJECTS: Mapping[str, Subject] = {"claims": CLAIMS, "orders": ORDERS, "anchors": ANCHORS, **_SINGLE}


def read_positions(tables: Tables, as_of: date, enterprises: pa.Array) -> Positions:
    """What each of `enterprises` (ids, each once) holds and owes at the end of `as_of`.

    Only kinds that some subject needs and that hold a row are attached; without any, no statement runs at all.
    """
    held = {kind: source for kind, source in tables.by_kind.items() if kind in KINDS and not _is_empty(source)}
    told = {name: subject for name, subject in _SUBJECTS.items() if all(kind in held for kind in subject.needs)}
    asked = {kind for subject in told.values() for kind in (*subject.needs, *subject.reads)}
    present = {kind: source for kind, source in held.items() if kind in asked}
    places = pa.array(np.arange(len(enterprises), dtype=np.int64))
    beside = {"moments": moments([as_of]), "wanted": pa.table({"enterprise_id": enterprises, "row": places})}
    texts = {name: subject.text(tuple(present), as_of) for name, subject in told.items()}
    found = _planned_once(present, beside, texts)
    if found is None:
        found = _read(Tables(present), beside, texts)
    return Positions(
        size=len(enterprises),
        claims=found.get("claims"),
        orders=found.get("orders"),
        anchors=found.get("anchors"),
        single={name: rows for name in _SINGLE if (rows := found.get(name)) is not None},
        group=read_group(tables, as_of, enterprises.to_pylist()),
    )


def _is_empty(source: Source) -> bool:
    """A kind without a row says nothing about anybody, as if it were not there."""
    return isinstance(source, pa.Table) and source.num_rows == 0


def _planned_once(
    present: Mapping[str, Source], beside: Mapping[str, pa.Table], texts: Mapping[str, str]
) -> Mapping[str, Rows] | None:
    """Few rows in memory: statements that a desk has planned before. None where there are more."""
    small = {kind: rows for kind, rows in present.items() if isinstance(rows, pa.Table) and rows.num_rows <= SMALL_ROWS}
    if len(small) < len(present):
        return None
    if not texts:
        return {}
    with desk() as taken:
        taken.show({**small, **beside})
        return {name: rows_of_tuples(*taken.fetched(text)) for name, text in texts.items()}


def _read(tables: Tables, beside: Mapping[str, pa.Table], texts: Mapping[str, str]) -> Mapping[str, Rows]:
    with session() as connection:
        tables.attach(connection)
        for name, rows in beside.items():
            connection.register(name, rows)
        return {name: rows_of(connection.sql(text).to_arrow_table()) for name, text in texts.items()}
