"""Which rows of a record kind are visible, written out for given days. The rule itself is `tables.visible_rows_sql`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

from models.records.kind import RecordKind
from models.tables import end_of_day, visible_rows_sql


def day_sql(day: date) -> str:
    """SQL literal of a day."""
    return f"DATE '{day.isoformat()}'"


def instant_sql(day: date) -> str:
    """SQL literal of the first instant after a business day of the bank."""
    return f"TIMESTAMPTZ '{end_of_day(day).astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"


def visible_on_sql(kind: RecordKind, as_of: date, row: str = "r") -> str:
    """`visible_rows_sql` with the moment written out, so that DuckDB can skip files and row groups by statistics."""
    rule = visible_rows_sql(kind, row, "moment")
    return rule.replace("moment.as_of", day_sql(as_of)).replace("moment.known_before", instant_sql(as_of))


def visible_span_sql(kind: RecordKind, days: Sequence[date], row: str = "r") -> tuple[str, str]:
    """SQL of the positions (first, until) in sorted `days` between which a row is visible: first <= position < until.

    A row appears once and may disappear once (superseded), so its visible days are one stretch: a tested property.
    """
    happened = " + ".join(f"({row}.{kind.occurred} > {day_sql(day)})::INT" for day in days)
    learned = " + ".join(f"({row}.known_at >= {instant_sql(day)})::INT" for day in days)
    stands = " + ".join(f"({row}.superseded_at >= {instant_sql(day)})::INT" for day in days)
    return (
        f"greatest({happened}, {learned})",
        f"CASE WHEN {row}.superseded_at IS NULL THEN {len(days)} ELSE {stands} END",
    )
