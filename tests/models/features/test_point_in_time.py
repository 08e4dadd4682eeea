"""What is learned or happens after as_of changes nothing, and who else is computed changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import CATALOGUE, compute_features
from models.features.visibility import visible_on_sql, visible_span_sql
from models.records.invoice import INVOICE
from models.tables import Tables, end_of_day, moments, visible_rows_sql
from tests.models.features.invoices import EDGE_DAYS, invoice, invoice_rows, on_disk, table, tables


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_rows_of_the_future_change_nothing(data: st.DataObject) -> None:
    """Rows that happen or are learned after as_of can be added, edited or removed in any order of the two dates."""
    as_of = data.draw(st.sampled_from(EDGE_DAYS))
    known = data.draw(invoice_rows(as_of))
    late = data.draw(invoice_rows(as_of, most=8))
    night = end_of_day(as_of)
    future: list[dict[str, Any]] = []
    for row in late:
        learned_late = data.draw(st.booleans())
        happened_late = data.draw(st.booleans()) or not learned_late
        when = as_of + timedelta(days=data.draw(st.integers(1, 40))) if happened_late else row["issued_on"]
        known_at = (
            night + timedelta(minutes=data.draw(st.sampled_from([0, 1, 9999]))) if learned_late else row["known_at"]
        )
        future.append(row | {"issued_on": when, "known_at": known_at, "superseded_at": None})
    corrected_later = [
        row | {"superseded_at": night} if row["superseded_at"] is None and data.draw(st.booleans()) else row
        for row in known
    ]
    assert compute_features(tables([*corrected_later, *future]), as_of, ["A", "B"]).equals(
        compute_features(tables(known), as_of, ["A", "B"])
    )


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_span_of_days_is_the_visibility_rule(data: st.DataObject) -> None:
    """The stretch of days in which a row is seen holds exactly the days of tables.visible_rows_sql."""
    days = sorted(data.draw(st.lists(st.sampled_from(EDGE_DAYS), min_size=1, max_size=5, unique=True)))
    rows = table([row | {"invoice_no": str(n)} for n, row in enumerate(data.draw(invoice_rows(days[0])))])
    first, until = visible_span_sql(INVOICE, days)
    with duckdb.connect() as connection:
        connection.register("invoice", rows)
        connection.register("moment", moments(days))
        rule = connection.sql(
            f"SELECT invoice_no, m.as_of FROM invoice r, moment m WHERE {visible_rows_sql(INVOICE)}"  # noqa: S608
        ).fetchall()
        spans = connection.sql(f"SELECT r.invoice_no, {first}, {until} FROM invoice r").fetchall()  # noqa: S608
        alone = [
            (number, day)
            for day in days
            for (number,) in connection.sql(
                f"SELECT r.invoice_no FROM invoice r WHERE {visible_on_sql(INVOICE, day)}"  # noqa: S608
            ).fetchall()
        ]
    assert sorted(rule) == sorted((number, days[i]) for number, low, high in spans for i in range(low, high))
    assert sorted(rule) == sorted(alone)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_alone_among_others_and_in_any_order(data: st.DataObject) -> None:
    """An enterprise has the same bits alone, among others, with its rows in any order, and beside any other days."""
    days = data.draw(st.lists(st.sampled_from(EDGE_DAYS), min_size=1, max_size=3, unique=True))
    rows = data.draw(invoice_rows(days[0]))
    together = compute_features(tables(data.draw(st.permutations(rows))), days, ["A"])
    alone = compute_features(tables([row for row in rows if row["enterprise_id"] == "A"]), days[0], ["A"])
    of_a = pc.and_(pc.equal(together["enterprise_id"], "A"), pc.equal(together["as_of"], days[0]))
    assert together.filter(of_a).equals(alone)


def many_invoices(count: int) -> pa.Table:
    """Deterministic invoices of 40 enterprises over three years with every kind of dirt."""
    rows = []
    for n in range(count):
        day = date(2021, 1, 1) + timedelta(days=n * 7919 % 1095)
        row = invoice(
            day,
            (n * 104_729 % 9_999_991) * (-1 if n % 23 == 0 else 1),
            enterprise_id=f"E{n % 40:02d}",
            direction="purchase" if n % 3 == 0 else "sales",
            counterparty_id=f"c{n * 31 % 17}",
            status="void" if n % 19 == 0 else "valid",
        )
        row["known_at"] += timedelta(days=45 if n % 11 == 0 else 0)
        row["superseded_at"] = row["known_at"] + timedelta(days=90) if n % 29 == 0 else None
        rows.append(row)
    return table(rows)


def test_files_and_threads_do_not_change_a_bit(tmp_path: Path) -> None:
    """Rows in memory on one thread, and in Parquet files on many, give bit-identical features for one day and many."""
    rows = many_invoices(6_000)
    days = [date(2023, 12, 31), date(2023, 9, 30), date(2022, 12, 31), date(2023, 5, 15)]
    memory = compute_features(Tables({"invoice": rows}), days)
    assert memory.num_rows == 160
    assert memory.equals(compute_features(on_disk(rows, tmp_path, parts=5), days))
    one_by_one = pa.concat_tables(compute_features(on_disk(rows, tmp_path, parts=5), day) for day in sorted(days))
    assert memory.equals(one_by_one)


def test_the_bank_learns_until_midnight_in_shanghai() -> None:
    """A row learned in the last instant of as_of counts, one learned at midnight does not."""
    as_of = date(2023, 12, 31)
    night = datetime(2023, 12, 31, 16, tzinfo=UTC)
    in_time = invoice(as_of, known_at=night - timedelta(microseconds=1))
    assert compute_features(tables([in_time]), as_of)["sales_3m_fen"].to_pylist() == [100_000.0]
    assert compute_features(tables([in_time | {"known_at": night}]), as_of).num_rows == 0


def test_named_and_unknown_enterprises() -> None:
    """A named enterprise without rows is there with nulls; without an invoice feed everything is null."""
    as_of = date(2023, 12, 31)
    named = compute_features(tables([invoice(as_of)]), as_of, ["Z", "A", "Z"])
    assert named["enterprise_id"].to_pylist() == ["A", "Z"]
    assert set(named.to_pylist()[1].values()) == {"Z", as_of, None}
    no_feed = compute_features(Tables({}), [as_of], ["Z"])
    assert no_feed.schema == named.schema
    assert set(no_feed.to_pylist()[0].values()) == {"Z", as_of, None}
    assert compute_features(Tables({}), []).schema == named.schema


@pytest.mark.parametrize("count", [1, 7])
def test_a_choice_of_features(count: int) -> None:
    """A choice of features is computed as in the whole catalogue, in the order asked."""
    rows = many_invoices(500)
    chosen = CATALOGUE[-1 : -count - 1 : -1]
    whole = compute_features(Tables({"invoice": rows}), date(2023, 12, 31))
    part = compute_features(Tables({"invoice": rows}), date(2023, 12, 31), features=chosen)
    assert part.equals(whole.select(["enterprise_id", "as_of", *(feature.name for feature in chosen)]))
