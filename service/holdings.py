"""What is stored: per record kind its rows, enterprises, days and origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from models.records import KINDS
from models.records.kind import RecordKind
from models.tables import Tables


@dataclass(frozen=True)
class Holding:
    """The stored rows of one kind. `superseded` rows are older versions, kept for assessments of earlier days."""

    kind: RecordKind
    rows: int
    superseded: int
    enterprises: int
    first_day: date | None
    last_day: date | None
    origins: tuple[str, ...]


def holdings(tables: Tables, kinds: Mapping[str, RecordKind] = KINDS) -> list[Holding]:
    """One entry per stored kind that has rows, in the order of the registry."""
    found: list[Holding] = []
    with duckdb.connect() as connection:
        tables.attach(connection)
        for name, kind in kinds.items():
            if name not in tables.by_kind:
                continue
            row = connection.execute(
                f"SELECT count(*), count(superseded_at), count(DISTINCT enterprise_id), min({kind.occurred}), "  # noqa: S608
                f"max({kind.occurred}), list_sort(list(DISTINCT origin)) FROM {name}"
            ).fetchone()
            if row and row[0]:
                rows, superseded, enterprises, first_day, last_day, origins = row
                found.append(Holding(kind, rows, superseded, enterprises, first_day, last_day, tuple(origins)))
    return found
