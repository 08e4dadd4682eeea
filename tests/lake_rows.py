"""Rows for the crash test, which its writer process makes too."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from models.records import KINDS
from tests.record_rows import record_row, record_table


def batch(kind: str = "invoice", *, new: bool = False) -> pa.Table:
    """Twenty rows; the new ones correct some of the old ones and add others."""
    declared = KINDS[kind]
    if kind == "payment":
        return record_table(declared, [record_row(declared, enterprise_id=f"E{n}") for n in range(5)])
    later = {"known_at": datetime(2024, 7, 1, tzinfo=UTC), "status": "void"} if new else {}
    first = 10 if new else 0
    rows = [
        record_row(declared, enterprise_id=f"E{n % 5}", invoice_no=str(n), **later) for n in range(first, first + 20)
    ]
    return record_table(declared, rows)
