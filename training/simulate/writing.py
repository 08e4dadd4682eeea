"""Files that carry where they come from: Parquet with `assetlight.origin` in its metadata, CSV in a column."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.money import yuan_text
from models.records.invoice import VOID
from training.simulate import calibration
from training.simulate.draws import Draws
from training.simulate.rows import KIND_KEY, ORIGIN, ORIGIN_KEY

ORIGIN_COLUMN = "origin"  # the one header by which an import knows that the rows are simulated
SHEET_HEADER = (
    "企业代号", "发票号码", "开票日期", "购方单位代号", "金额", "税额", "价税合计", "发票状态", ORIGIN_COLUMN,
)  # fmt: skip


class KindFiles:
    """One growing Parquet file per record kind, `<kind>s.parquet`, each marked as simulated."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.rows: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> KindFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for writer in self._writers.values():
            writer.close()

    @staticmethod
    def name(kind: str) -> str:
        """The file of a kind."""
        return f"{kind}s.parquet"

    def write(self, kind: str, table: pa.Table) -> None:
        """Append the rows of a table to the kind's file."""
        schema = marked(table.schema, kind)
        if kind not in self._writers:
            self._writers[kind] = pq.ParquetWriter(
                self.out / self.name(kind), schema, compression="zstd", compression_level=1
            )
            self.rows[kind] = 0
        if table.num_rows:
            self._writers[kind].write_table(table.cast(schema))
        self.rows[kind] += table.num_rows


def marked(schema: pa.Schema, kind: str) -> pa.Schema:
    """The schema with origin and kind among its metadata."""
    return schema.with_metadata({ORIGIN_KEY: ORIGIN.encode(), KIND_KEY: kind.encode()})


def write_parquet(table: pa.Table, kind: str, path: Path) -> int:
    """Write one table marked as simulated; returns the number of rows."""
    pq.write_table(table.cast(marked(table.schema, kind)), path, compression="zstd", compression_level=1)
    return int(table.num_rows)


def write_rows(header: tuple[str, ...], rows: list[tuple[object, ...]], path: Path) -> int:
    """Write a small CSV that Excel opens with its Chinese intact (UTF-8 with BOM); returns the number of rows."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    return len(rows)


def write_dirty_sheet(sales: pa.Table, path: Path, seed: int) -> dict[str, int]:
    """Write sales invoices as people send them: stray spaces, repeated rows, totals that do not add up, and
    of zero, which are void as in real exports.

    Returns how many rows and how many of each blemish the file has, so that an import can be checked against it.
    """
    rows = sales.num_rows
    draws = Draws(seed, "dirt", np.arange(rows))
    spaced = draws.chance("space", max(calibration.SPACED_STATUS_RATE, 3 / max(rows, 1)))
    wrong = draws.chance("wrong", min(0.5, 5 / max(rows, 1)))
    repeated = draws.chance("repeated", 0.01)
    of_nothing = draws.chance("zero", calibration.ZERO_TOTAL_RATE)
    separators = draws.chance("separators", 0.3)
    lines: list[tuple[object, ...]] = []
    columns = [sales[name].to_pylist() for name in ("enterprise_id", "invoice_no", "counterparty_id", "status")]
    money = [sales[name].to_pylist() for name in ("amount_fen", "tax_fen", "total_fen")]
    days = pc.strftime(sales["issued_on"], "%Y-%m-%d").to_pylist()
    for row in range(rows):
        year, month, day = days[row].split("-")
        amount, tax, total = (yuan_text(column[row]) for column in money)
        if separators[row] and money[0][row] > 0:
            whole, _, cents = amount.partition(".")
            amount = f"{int(whole):,}.{cents}"
        if wrong[row]:
            total = yuan_text(money[2][row] + 100)
        status = "作废发票" if columns[3][row] == VOID else "有效发票"
        status = f" {status}" if spaced[row] else status
        line = (
            columns[0][row], columns[1][row], f"{year}/{int(month)}/{int(day)}", columns[2][row],
            amount, tax, total, status, ORIGIN,
        )  # fmt: skip
        lines.extend([line, line] if repeated[row] else [line])
        if of_nothing[row]:
            number = str(int(columns[1][row]) + 1_000_000_007)
            lines.append((line[0], number, *line[2:4], "0.00", "0.00", "0.00", "作废发票", ORIGIN))
    write_rows(SHEET_HEADER, lines, path)
    return {
        "rows": len(lines),
        "repeated": int(repeated.sum()),
        "status_with_space": int(spaced.sum()),
        "total_off": int(wrong.sum()),
        "total_zero": int(of_nothing.sum()),
    }
