"""Rows become records: every row of a sheet is accepted, a duplicate, or quarantined with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from models.records.kind import RecordKind
from models.sheets import Sheet, sheet_of_rows
from models.tables.checks import broken_checks
from models.tables.columns import ColumnMap, ColumnsMissing, map_columns, missing_words
from models.tables.quarantine import quarantine_rows
from models.tables.reading import Reading
from models.tables.versions import merge_versions


@dataclass(frozen=True)
class Accepted:
    """What became of the rows of one sheet (or piece of one): `read` is the sum of the three.

    `rows`: records in the kind's schema, each natural key's versions in order. `duplicates`: rows that repeat another
    one of the same piece. `quarantined`: see `models.tables.quarantine.QUARANTINE_COLUMNS`, then the row's own cells.
    """

    kind: RecordKind
    rows: pa.Table
    duplicates: int
    quarantined: pa.Table
    read: int
    assumed_known: int = 0  # accepted or duplicate rows whose known_at was assumed to be the day they happened


def accept(
    sheet: Sheet,
    columns: ColumnMap,
    *,
    received_on: date,
    known_at: datetime | None = None,
    origin: str = "bank",
    received_at: datetime | None = None,
) -> Accepted:
    """Check every row of a sheet. `received_on`: the bank's day of this import; nothing can be known later.

    `received_at`: the instant of the receipt, where it is known (a request): nothing can be known after it.
    `known_at`: when the bank learned the rows, for rows without a `known_at` cell; None: the day each happened, or the
    last day that it reports (a delivery, a settlement), if that is later.
    """
    if columns.missing:
        raise ColumnsMissing(
            f"columns are missing for {columns.kind.zh} ({columns.kind.name})",
            where=sheet.where,
            field=columns.missing[0],
            expected=missing_words(columns),
            found=", ".join(header for header in sheet.headers if header) or "no headers",
        )
    reading = Reading(sheet, columns)
    reading.parse_own_fields()
    assumed = reading.date_the_knowledge(received_on, known_at, received_at)
    rows = reading.table(origin)
    reading.problems += broken_checks(columns, rows, reading.sound())
    sound = reading.sound()
    good = rows if sound.all() else rows.filter(pa.array(sound))
    merged = merge_versions(columns.kind, None, good)
    return Accepted(
        columns.kind,
        merged.added,
        merged.duplicates,
        quarantine_rows(sheet, columns.kind, reading.problems),
        len(sheet) + len(sheet.ragged),
        int((assumed & sound).sum()),
    )


def accept_rows(
    rows: Sequence[Mapping[str, Any]],
    kind: RecordKind,
    *,
    received_on: date,
    known_at: datetime | None = None,
    origin: str = "bank",
    constants: Mapping[str, str] | None = None,
) -> Accepted:
    """The same for rows that came as objects (an API request): keys are headers, in any accepted wording."""
    sheet = sheet_of_rows(rows)
    columns = map_columns(sheet.headers, kind, constants)
    return accept(sheet, columns, received_on=received_on, known_at=known_at, origin=origin)
