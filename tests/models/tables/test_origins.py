"""Where each enterprise's visible records come from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa

from models.records import KINDS
from models.tables import Tables, record_origins
from tests.record_rows import record_row, record_table

AS_OF = date(2024, 6, 1)
INVOICE, PAYMENT = KINDS["invoice"], KINDS["payment"]


def of(tables: Tables, enterprises: list[str] | None = None) -> dict[str, list[str]]:
    return {row["enterprise_id"]: row["origins"] for row in record_origins(tables, AS_OF, enterprises).to_pylist()}


def test_origins_are_gathered_over_all_kinds() -> None:
    """Each origin stands once, sorted, whichever kind of record brings it."""
    invoices = [record_row(INVOICE, enterprise_id="A", origin=name, invoice_no=name) for name in ("bank", "simulated")]
    payments = [
        record_row(PAYMENT, enterprise_id="A", origin="bank"),
        record_row(PAYMENT, enterprise_id="B", origin="contest"),
    ]
    tables = Tables({"invoice": record_table(INVOICE, invoices), "payment": record_table(PAYMENT, payments)})
    assert of(tables) == {"A": ["bank", "simulated"], "B": ["contest"]}
    assert of(tables, ["B", "ghost"]) == {"B": ["contest"]}


def test_a_row_learned_later_brings_no_origin() -> None:
    """What the bank did not know on the day cannot label the day's decision."""
    later = datetime(2024, 6, 2, 12, tzinfo=UTC)
    rows = [
        record_row(INVOICE, enterprise_id="A", origin="bank"),
        record_row(INVOICE, enterprise_id="A", origin="simulated", invoice_no="2", known_at=later),
    ]
    assert of(Tables({"invoice": record_table(INVOICE, rows)})) == {"A": ["bank"]}


def test_no_tables_have_no_origins() -> None:
    """Nothing known, nothing labelled."""
    assert record_origins(Tables({}), AS_OF).schema.field("origins").type == pa.list_(pa.string())
    assert of(Tables({})) == {}
