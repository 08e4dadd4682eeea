"""Desks: a statement planned once serves many enterprises, and nothing of one is left for the next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.features import compute_features, engine
from models.features.catalogue import CATALOGUE
from models.features.engine import Desk, database, desk
from models.records import KINDS
from models.tables import Tables
from tests.models.features.invoices import invoice, table
from tests.record_rows import record_row, record_table

DAY = date(2024, 6, 1)


@pytest.fixture
def own() -> Iterator[Desk]:
    """A desk of this test."""
    made = Desk(database(small=True).cursor())
    yield made
    made.close()


def many_firms() -> Tables:
    """Twelve enterprises: some with receivables, some without, one with nothing but receivables."""
    rows = [
        invoice(date(2024, 1 + month % 5, 1 + n), 1000 * (n + 1), enterprise_id=f"E{n:02d}", invoice_no=f"{n}-{month}")
        for n in range(11)
        for month in range(n + 1)
    ]
    kind = KINDS["receivable"]
    receivables = [record_row(kind, enterprise_id=f"E{n:02d}") for n in (0, 3, 4, 11)]
    return Tables({"invoice": table(rows), "receivable": record_table(kind, receivables)})


def of(tables: Tables, enterprise: str) -> Tables:
    """The rows of one enterprise."""
    return Tables(
        {name: rows.filter(pc.equal(rows["enterprise_id"], enterprise)) for name, rows in tables.by_kind.items()}
    )


def test_firms_in_turn_and_at_once_are_as_in_the_batch() -> None:
    """One firm after the other, twice over, by four threads: each has the bits it has among all."""
    tables = many_firms()
    batch = compute_features(tables, [DAY, date(2024, 5, 1)])
    batch = batch.filter(pc.equal(batch["as_of"], pa.scalar(DAY)))
    names = batch.column("enterprise_id").to_pylist() * 2
    with ThreadPoolExecutor(4) as threads:
        each = list(threads.map(lambda name: compute_features(of(tables, name), DAY, [name]), names))
    assert len(names) == 24
    assert pa.concat_tables(each).equals(pa.concat_tables([batch, batch]))


def test_a_desk_forgets() -> None:
    """A kind that the call before delivered and this one does not is not connected; no row stays in a desk."""
    tables = many_firms()
    first, without = (
        compute_features(given, DAY, ["E03"])
        for given in (of(tables, "E03"), Tables({"invoice": of(tables, "E03").by_kind["invoice"]}))
    )
    settled = [entry.name for entry in CATALOGUE if entry.family == "settlement"]
    assert any(first[name].null_count == 0 for name in settled)
    assert all(without[name].null_count == 1 for name in settled)
    idle = list(engine._idle(os.getpid()))
    assert idle
    assert all(not len(shown.rows) for one in idle for shown in one._shown.values())


def test_other_rows_and_other_types(own: Desk) -> None:
    """The rows are those of the moment; columns of another type are planned anew."""
    text = "SELECT sum(a) FROM t"
    for values, type_ in (([1, 2], pa.int64()), ([5], pa.int64()), ([0.5, 0.25], pa.float64()), ([7], pa.int64())):
        own.show({"t": pa.table({"a": pa.array(values, type_)})})
        assert own.fetched(text)[1] == [(sum(values),)]
        assert own.fetched(text)[1] == [(sum(values),)]


def test_few_statements_are_kept(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement not used for longest makes room, and can be planned again."""
    monkeypatch.setattr(engine, "MOST_STATEMENTS", 3)
    own.show({"t": pa.table({"a": [2]})})
    texts = {number: f"FROM t SELECT a * {number}" for number in range(1, 6)}
    for number in (1, 2, 3, 1, 4, 2, 5, 1):
        assert own.fetched(texts[number])[1] == [(2 * number,)]
        assert len(own._planned) <= 3
    assert list(own._planned) == [texts[number] for number in (2, 5, 1)]


def test_a_failure_leaves_no_desk_behind() -> None:
    """After an error the next call works at another desk."""
    with pytest.raises(duckdb.Error, match="nowhere"), desk() as taken:
        taken.fetched("SELECT * FROM nowhere")
    with pytest.raises(duckdb.Error, match="closed"):
        taken.fetched("SELECT 1")
    with desk() as other:
        assert other is not taken
        assert other.fetched("SELECT 1 AS one") == (["one"], [(1,)])


def test_what_is_no_longer_shown_is_empty(own: Desk) -> None:
    """A relation that a call does not show has no rows for it."""
    own.show({"t": pa.table({"a": [2]})})
    assert own.fetched("SELECT sum(a) FROM t")[1] == [(2,)]
    own.show({"u": pa.table({"a": [3]})})
    assert own.fetched("SELECT sum(a) FROM t")[1] == [(None,)]
