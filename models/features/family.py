"""A family of features beside the invoice ones: rollups of record kinds, and the features that read them.

A rollup is one SELECT that yields at most one row for each enterprise: a column `e` (the enterprise) and the sums that
features read as `<rollup>.<column>`. Its text names the visible rows of a kind as `{receivable}`, a relation with the
kind's columns and `e`, and the days of the windows as `{as_of}` and `{ago_<months>}`: a window of k months is
`occurred > {ago_k} AND occurred <= {as_of}` (visible rows never lie after as_of on their own day of occurrence). The
same text runs over one enterprise, over a lake, and over many days.

`{age:paid_on}` is the number of whole months between the month slot of a day and the slot that ends on as_of, 0 for the
last month (see `windows`), to sum by month first. `{parties}` are the counterparties of the invoices: e, sale (a flag),
party, net and blue (fen of 12 months).

Bits do not depend on company or threads: sum integers (fen, days, counts) and divide once, in the feature. Never sum
floating point numbers; an average of stated numbers goes through whole parts (`round(x * 1000)::BIGINT`).

Not connected is not bad: a rollup must have a row for each enterprise with any visible row of its kinds, and none for
the others, so GROUP BY all rows and put windows into FILTER. Counts are then 0 and not null in a connected feed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from models.features.feature import Feature
from models.features.visibility import day_sql
from models.features.windows import anchor_day, months_before, slot_number, slot_sql
from models.records import KINDS
from models.records.kind import RecordKind

PARTIES = "parties"
NETWORK = "network_facts"  # the relation that rollups with `network` read: see models.features.neighbourhood
_MENTIONED = re.compile(r"\b([a-z_][a-z0-9_]*)\.[a-z]")
_PLACE = re.compile(r"\{([a-z_]+?)(?:_(\d+)|:([a-z_.]+))?\}")


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """One row per enterprise from the visible rows of some kinds.

    `kinds`: all must be connected, else its features are null and no SQL runs. `optional`: kinds that it reads where
    they are connected, and as empty tables where they are not. `by_kind`: the feed is connected when the kind is there
    at all, though it says nothing of an enterprise (public lists: nobody is reported clean); its features then begin
    with `coalesce(<rollup>.<column>, 0)`. `network`: it reads the books of other enterprises, see
    `models.features.network`. `where`: per kind a predicate over its own columns (alias `r`), so that many days copy no
    more of a large kind than is needed.
    """

    name: str
    kinds: tuple[str, ...]
    sql: str
    optional: tuple[str, ...] = ()
    by_kind: bool = False
    network: bool = False
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """Every kind that the text names."""
        return self.kinds + self.optional

    @property
    def reads_parties(self) -> bool:
        """Whether it reads the counterparties of the invoices."""
        return f"{{{PARTIES}}}" in self.sql

    def relation(self, kind: str) -> str:
        """The name of the relation of a kind that it reads: its own where it reads only some of the rows."""
        return f"{self.name}_{kind}" if kind in self.where else kind

    def kind_of(self, relation: str) -> str:
        """The kind behind the name of a relation."""
        return next(kind for kind in self.reads if self.relation(kind) == relation)

    def columns_of(self, kind: RecordKind) -> tuple[str, ...]:
        """The columns of a kind (known_at too) that the text may read: those whose name occurs in it."""
        words = set(re.findall(r"\w+", self.sql))
        return tuple(name for name in kind.schema.names if name in words)

    def written(self, as_of: date, relations: Mapping[str, str]) -> str:
        """The text with relations (by the names of `relation`) and days filled in. KeyError names a place unknown."""

        def filled(place: re.Match[str]) -> str:
            name, months, day = place.groups()
            if name == "ago" and months:
                return day_sql(months_before(as_of, int(months)))
            if name == "age" and day:
                return f"({slot_number(as_of)} - {slot_sql(day, anchor_day(as_of))})"
            name = place[0][1:-1]
            return day_sql(as_of) if name == "as_of" else relations[self.relation(name)]

        return _PLACE.sub(filled, self.sql)


@dataclass(frozen=True, kw_only=True)
class Family:
    """The rollups and features of one file."""

    name: str
    rollups: tuple[Rollup, ...]
    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        unknown = {kind for rollup in self.rollups for kind in rollup.reads} - set(KINDS)
        if unknown:
            raise ValueError(f"family {self.name} reads unknown kinds {sorted(unknown)}")


@functools.cache
def mentioned(expression: str) -> frozenset[str]:
    """The relations whose columns an expression reads: `s`, `p` (the invoice sides) and rollups.

    >>> sorted(mentioned("5.5 * s.net_0_12 / settlement.face_12m"))
    ['s', 'settlement']
    """
    return frozenset(_MENTIONED.findall(expression))


def rollups_of(features: Iterable[Feature], known: Mapping[str, Rollup]) -> tuple[Rollup, ...]:
    """The rollups that some features read, each once, in a stable order."""
    names = sorted({name for feature in features for name in mentioned(feature.expression)} & set(known))
    return tuple(known[name] for name in names)
