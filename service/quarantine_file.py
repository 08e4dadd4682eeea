"""The quarantine as a CSV file that opens in Excel and WPS: UTF-8 with a byte order mark, nothing in it runs."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Self

import pyarrow as pa
import pyarrow.compute as pc

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
    columns = list(dict.fromkeys(name for table in kept for name in table.column_names))
    with QuarantineFile(directory, stem, columns) as file:
        for table in kept:
            file.add(table)
        return file.keep()


class QuarantineFile:
    """A quarantine that is written while its rows are found. Used in a `with`; without `keep` nothing of it stays."""

    def __init__(self, directory: Path, stem: str, columns: Sequence[str]) -> None:
        self._directory = directory
        self._stem = stem
        self._columns = tuple(columns)
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)

    def add(self, rows: pa.Table) -> None:
        """Write some rows; a column that they lack is empty."""
        if not len(rows):
            return
        if self._file is None:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._file = NamedTemporaryFile(dir=self._directory, suffix=".draft", delete=False)  # noqa: SIM115
            self._write(codecs.BOM_UTF8)
            names = [f"{name} {HEADERS[name]}" if name in HEADERS else name for name in self._columns]
            self._write_lines([guarded(pa.array(names, pa.string()))])
        for at in range(0, len(rows), PIECE_ROWS):
            piece = rows.slice(at, PIECE_ROWS)
            nothing = pa.nulls(len(piece), pa.string())
            cells = [guarded(piece[name] if name in piece.column_names else nothing) for name in self._columns]
            self._write_lines(zip(*cells, strict=True))

    def keep(self) -> Path | None:
        """Give the file its name, which depends on its content, and return it; None if there were no rows."""
        if self._file is None:
            return None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        draft, self._file = Path(self._file.name), None
        draft.chmod(0o644)
        return draft.replace(self._directory / f"{self._stem}-{self._digest.hexdigest()[:12]}.csv")

    def _write_lines(self, lines: Iterable[Iterable[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(lines)
        self._write(text.getvalue().encode())

    def _write(self, content: bytes) -> None:
        assert self._file is not None  # noqa: S101
        self._digest.update(content)
        self._file.write(content)


def guarded(cells: pa.Array | pa.ChunkedArray) -> list[object]:
    """Cells as they came, except that none starts like a formula; null is empty."""
    if not pa.types.is_string(cells.type):
        return list(cells.to_pylist())
    risky = pc.and_(pc.match_substring_regex(cells, FORMULA), pc.invert(pc.match_substring_regex(cells, NUMBER)))
    return list(pc.if_else(risky, pc.binary_join_element_wise("'", cells, ""), cells).to_pylist())
