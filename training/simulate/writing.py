"""Files that carry where they come from: Parquet with `assetlight.origin` in its metadata, CSV in a column."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.money import yuan_text
from models.records.invoice import VOID
from training.simulate import calibration
from training.simulate.invoices import ORIGIN

ORIGIN_KEY = b"assetlight.origin"
SHEET_HEADER = (
    "企业代号", "发票号码", "开票日期", "购方单位代号", "金额", "税额", "价税合计", "发票状态", "数据来源",
)  # fmt: skip


def marked(schema: pa.Schema) -> pa.Schema:
    """The schema with the origin among its metadata."""
    return schema.with_metadata({**(schema.metadata or {}), ORIGIN_KEY: ORIGIN.encode()})


def write_parquet(table: pa.Table, path: Path) -> int:
    """Write a table marked as simulated; returns the number of rows."""
    pq.write_table(table.cast(marked(table.schema)), path, compression="zstd", compression_level=1)
    return int(table.num_rows)


def write_rows(header: tuple[str, ...], rows: list[tuple[object, ...]], path: Path) -> int:
    """Write a small CSV that Excel opens with its Chinese intact (UTF-8 with BOM); returns the number of rows."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    return len(rows)


def write_dirty_sheet(sales: pa.Table, path: Path, rng: np.random.Generator) -> dict[str, int]:
    """Write sales invoices as people send them: stray spaces, repeated rows, a few totals that do not add up.

    Returns how many rows and how many of each blemish the file has, so that an import can be checked against it.
    """
    rows = sales.num_rows
    spaced = rng.random(rows) < max(calibration.SPACED_STATUS_RATE, 3 / max(rows, 1))
    wrong = rng.random(rows) < min(0.5, 5 / max(rows, 1))
    repeated = rng.random(rows) < 0.01
    separators = rng.random(rows) < 0.3
    lines: list[tuple[object, ...]] = []
    columns = [sales[name].to_pylist() for name in ("enterprise_id", "invoice_no", "counterparty_id", "status")]
    money = [sales[name].to_pylist() for name in ("amount_fen", "tax_fen", "total_fen")]
    days = pc.strftime(sales["issued_on"], "%Y-%m-%d").to_pylist()
    for row in range(rows):
        year, month, day = days[row].split("-")
        amount, tax, total = (yuan_text(column[row]) for column in money)
        if separators[row]:
            whole, _, cents = amount.partition(".")
            amount = f"{int(whole):,}.{cents}" if whole not in {"-0", "0"} else amount
        if wrong[row]:
            total = yuan_text(money[2][row] + 100)
        status = "作废发票" if columns[3][row] == VOID else "有效发票"
        status = f" {status}" if spaced[row] else status
        line = (
            columns[0][row], columns[1][row], f"{year}/{int(month)}/{int(day)}", columns[2][row],
            amount, tax, total, status, ORIGIN,
        )  # fmt: skip
        lines.extend([line, line] if repeated[row] else [line])
    write_rows(SHEET_HEADER, lines, path)
    return {
        "rows": len(lines),
        "repeated": int(repeated.sum()),
        "status_with_space": int(spaced.sum()),
        "total_off": int(wrong.sum()),
    }
