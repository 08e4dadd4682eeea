"""Repeats and corrections: the result is that of a plain oracle and does not depend on order or division."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import KINDS
from models.tables import merge_versions
from tests.record_rows import record_row, record_table

INVOICE = KINDS["invoice"]
START = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """A row as learned: which invoice, what it says, when."""

    number: int
    tax_fen: int
    status: str
    hour: int

    def row(self) -> dict[str, object]:
        return record_row(
            INVOICE,
            invoice_no=str(self.number),
            tax_fen=self.tax_fen,
            status=self.status,
            known_at=START + timedelta(hours=self.hour),
        )


EVENTS = st.builds(Event, st.integers(1, 3), st.integers(1, 2), st.sampled_from(["valid", "void"]), st.integers(0, 3))


def table(events: list[Event]) -> pa.Table:
    return record_table(INVOICE, [event.row() for event in events]) if events else INVOICE.schema.empty_table()


def oracle(events: list[Event]) -> list[tuple[Event, int | None]]:
    """Each version with the hour at which it was superseded, by sorting and comparing in plain Python."""
    result = []
    ordered = sorted(set(events), key=lambda e: (e.number, e.hour, e.status == "void", e.tax_fen, e.status))
    for _, versions in groupby(ordered, key=lambda e: e.number):
        kept: list[Event] = []
        for event in versions:
            if not kept or (event.tax_fen, event.status) != (kept[-1].tax_fen, kept[-1].status):
                kept.append(event)
        result += [(event, after.hour if after else None) for event, after in zip(kept, [*kept[1:], None], strict=True)]
    return result


def hour_of(instant: datetime | None) -> int | None:
    return None if instant is None else int((instant - START).total_seconds() // 3600)


def found(rows: pa.Table) -> list[tuple[Event, int | None]]:
    """The versions of a table, in the oracle's order."""
    versions = [
        (
            Event(int(r["invoice_no"]), r["tax_fen"], r["status"], hour_of(r["known_at"]) or 0),
            hour_of(r["superseded_at"]),
        )
        for r in rows.to_pylist()
    ]
    return sorted(versions, key=lambda v: (v[0].number, v[0].hour, v[0].status == "void", v[0].tax_fen))


def append(stored: pa.Table, incoming: pa.Table) -> pa.Table:
    """What the lake does with a merge."""
    merged = merge_versions(INVOICE, stored, incoming)
    assert len(merged.added) + merged.duplicates == len(incoming)
    return pa.concat_tables([merged.rewritten if merged.rewritten is not None else stored, merged.added])


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_one_merge_is_the_oracle(events: list[Event]) -> None:
    """Duplicates, order of versions and the instants of supersession are those of the oracle."""
    assert found(append(table([]), table(events))) == oracle(events)


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=12), st.integers(0, 12))
def test_deliveries_in_the_order_of_learning_add_up(events: list[Event], cut: int) -> None:
    """Divided into two deliveries, the second learned later, the rows give what one delivery gives, reverts too."""
    ordered = sorted(events, key=lambda event: event.hour)
    cut = next((n for n in range(cut, len(ordered)) if ordered[n].hour > ordered[n - 1].hour), 0) if cut else 0
    stored = append(append(table([]), table(ordered[:cut])), table(ordered[cut:]))
    assert found(stored) == oracle(events)


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_division_give_the_same(events: list[Event], shuffle: object, cut: int) -> None:
    """Unless a key goes back to an earlier content, late and early deliveries in any order give the same rows."""
    events = without_reverts(events)
    mixed = list(events)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    stored = append(append(table([]), table(mixed[:cut])), table(mixed[cut:]))
    assert found(stored) == oracle(events)


def without_reverts(events: list[Event]) -> list[Event]:
    """Drop events in which a key says again what it had said before something else."""
    kept: list[Event] = []
    ordered = sorted(set(events), key=lambda e: (e.number, e.hour, e.status == "void", e.tax_fen))
    for _, versions in groupby(ordered, key=lambda e: e.number):
        said: list[tuple[int, str]] = []
        for event in versions:
            content = (event.tax_fen, event.status)
            if content in said[:-1]:
                continue
            if content not in said:
                said.append(content)
            kept.append(event)
    return kept


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_a_second_time_changes_nothing(events: list[Event]) -> None:
    """Merging the same rows again adds nothing and rewrites nothing."""
    stored = append(table([]), table(events))
    again = merge_versions(INVOICE, stored, table(events))
    assert len(again.added) == 0
    assert again.duplicates == len(events)
    assert again.rewritten is None


def test_of_two_versions_learned_at_once_the_void_one_stands() -> None:
    """The valid version is kept, superseded at the instant it was learned: it is never visible."""
    events = [Event(1, 1, "void", 2), Event(1, 1, "valid", 2)]
    assert found(append(table([]), table(events))) == [(events[1], 2), (events[0], None)]


def test_a_new_day_of_statement_alone_is_no_new_version() -> None:
    """An enterprise's day of statement is filled from the day of learning: it does not make two rows differ."""
    kind = KINDS["enterprise"]
    rows = [record_row(kind, stated_on=date(2024, 3, day), known_at=START + timedelta(days=day)) for day in (1, 2)]
    merged = merge_versions(kind, None, record_table(kind, rows))
    assert (len(merged.added), merged.duplicates) == (1, 1)


def test_the_same_row_under_another_origin_is_a_duplicate() -> None:
    """Origin is no content: the stored row stays as it is, whichever origin sorts first."""
    stored = record_table(INVOICE, [record_row(INVOICE, origin="m")])
    for origin in ("a", "z"):
        merged = merge_versions(INVOICE, stored, record_table(INVOICE, [record_row(INVOICE, origin=origin)]))
        assert (len(merged.added), merged.duplicates, merged.rewritten) == (0, 1, None)
