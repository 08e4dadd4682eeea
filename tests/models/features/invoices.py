"""Dirty little invoice tables for the feature tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from models.records.invoice import INVOICE
from models.tables import ParquetFiles, Tables, end_of_day
from tests.models.features.oracles import begins_after

EDGE_DAYS = (
    date(2024, 2, 29),
    date(2023, 2, 28),
    date(2024, 5, 31),
    date(2023, 4, 30),
    date(2024, 1, 30),
    date(2024, 2, 28),
    date(2023, 12, 31),
    date(2024, 3, 15),
)


def invoice(issued_on: date, amount_fen: int = 100_000, **changed: Any) -> dict[str, Any]:
    """One valid sales invoice of enterprise A to customer c1, learned at noon of its day."""
    row: dict[str, Any] = {
        "enterprise_id": "A",
        "direction": "sales",
        "invoice_no": "1",
        "issued_on": issued_on,
        "counterparty_id": "c1",
        "amount_fen": amount_fen,
        "tax_fen": amount_fen * 13 // 100,
        "total_fen": amount_fen + amount_fen * 13 // 100,
        "currency": "CNY",
        "status": "valid",
        "known_at": datetime(issued_on.year, issued_on.month, issued_on.day, 4, tzinfo=UTC),
        "superseded_at": None,
        "origin": "simulated",
    }
    return row | changed


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as an invoice table; missing optional columns are null."""
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in INVOICE.schema.names} for row in rows], INVOICE.schema
    )


def tables(rows: Sequence[dict[str, Any]]) -> Tables:
    return Tables({"invoice": table(rows)})


def on_disk(rows: pa.Table, folder: Any, parts: int) -> Tables:
    """The same rows in Parquet files, dealt out round robin."""
    paths = []
    for part in range(parts):
        paths.append(str(folder / f"{part}.parquet"))
        pq.write_table(rows.take(list(range(part, rows.num_rows, parts))), paths[-1])
    return Tables({"invoice": ParquetFiles(tuple(paths))})


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The same rows for the oracle."""
    made = pd.DataFrame(list(rows), columns=INVOICE.schema.names)
    for name in ("known_at", "superseded_at"):
        made[name] = pd.to_datetime(made[name], utc=True)
    return made


@st.composite
def invoice_rows(draw: st.DrawFn, as_of: date, most: int = 25) -> list[dict[str, Any]]:
    """Invoices around the edges of the windows of `as_of`: void, red-letter, zero, late, corrected, in the future."""
    edges = [begins_after(as_of, months) for months in (0, 1, 2, 3, 6, 11, 12, 13, 15, 18, 24, 30)]
    days = st.one_of(
        st.builds(lambda day, off: day + timedelta(days=off), st.sampled_from(edges), st.integers(-1, 1)),
        st.integers(-40, 900).map(lambda back: as_of - timedelta(days=back)),
    )
    amounts = st.one_of(st.sampled_from([0, 1, -1, 100_000, 10_000_000, -10_000_000]), st.integers(-(10**9), 10**12))
    delays = st.sampled_from([0, 0, 0, 1, 35, 100])

    def build(day: date, amount: int, delay: int, *rest: Any) -> dict[str, Any]:
        enterprise, direction, other, status, corrected = rest
        known = end_of_day(day + timedelta(days=delay)) - timedelta(microseconds=delay % 2)
        tax = amount * 13 // 100 if amount % 2 else 0
        return invoice(
            day,
            amount,
            enterprise_id=enterprise,
            direction=direction,
            counterparty_id=other,
            status=status,
            known_at=known,
            tax_fen=tax,
            total_fen=amount + tax,
            superseded_at=None if corrected is None else known + timedelta(days=corrected),
        )

    one = st.builds(
        build,
        days,
        amounts,
        delays,
        st.sampled_from("AB"),
        st.sampled_from(["sales", "sales", "purchase"]),
        st.sampled_from(["c1", "c2", "c3", "c4", "c5", "c6", "c7"]),
        st.sampled_from(["valid", "valid", "valid", "void"]),
        st.sampled_from([None, None, None, 1, 60]),
    )
    return draw(st.lists(one, max_size=most))
