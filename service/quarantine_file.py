"""The quarantine as a CSV file that opens in Excel and WPS: UTF-8 with a byte order mark, nothing in it runs."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from models.canonical import sha256_hex

PIECE_ROWS = 50_000
HEADERS = {
    "file": "文件",
    "sheet": "工作表",
    "row": "行号",
    "kind": "类型",
    "field": "字段",
    "column": "列",
    "value": "值",
    "code": "代码",
    "reason_zh": "原因",
    "reason_en": "reason",
    "expected": "要求",
}
# A cell that starts with one of these is a formula to a spreadsheet program. It gets an apostrophe in front, which
# says "text"; take it away and the value is as it came. Numbers (-943.40) are left alone.
FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+-]?[0-9][0-9,]*(\.[0-9]*)?$"


def write_quarantine(directory: Path, stem: str, tables: Sequence[pa.Table]) -> Path | None:
    """Write the quarantined rows of one import, if there are any; equal content has an equal name."""
    kept = [table for table in tables if len(table)]
    if not kept:
        return None
    rows = pa.concat_tables(kept, promote_options="default")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    names = [f"{name} {HEADERS[name]}" if name in HEADERS else name for name in rows.column_names]
    writer.writerow(guarded(pa.array(names, pa.string())))
    for batch in rows.to_batches(PIECE_ROWS):
        writer.writerows(zip(*[guarded(column) for column in batch.columns], strict=True))
    content = text.getvalue().encode("utf-8-sig")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}-{sha256_hex(content)[:12]}.csv"
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def guarded(cells: pa.Array) -> list[object]:
    """Cells as they came, except that none starts like a formula; null is empty."""
    if not pa.types.is_string(cells.type):
        return list(cells.to_pylist())
    risky = pc.and_(pc.match_substring_regex(cells, FORMULA), pc.invert(pc.match_substring_regex(cells, NUMBER)))
    return list(pc.if_else(risky, pc.binary_join_element_wise("'", cells, ""), cells).to_pylist())
