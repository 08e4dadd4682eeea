"""Excel workbooks, by calamine: about 150,000 rows/s where openpyxl needs minutes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from models.sheets.errors import SheetEmpty, SheetNotFound, WorkbookEncrypted, WorkbookUnreadable
from models.sheets.header import ROWS_ABOVE, HeaderRank, header_row, trimmed_headers
from models.sheets.sheet import Sheet, typed_column, without_blank_rows

PIECE_ROWS = 100_000  # Python objects of so many rows are alive at once


def workbook_sheets(path: Path, wanted: str | None = None, rank: HeaderRank | None = None) -> Iterator[Sheet]:
    """Every sheet of a workbook, in pieces. An empty sheet stops: a delivery that lacks a part is no delivery."""
    workbook = opened(path)
    names = list(workbook.sheet_names)
    if wanted is not None and wanted not in names:
        raise SheetNotFound("the workbook has no such sheet", where=str(path), expected=", ".join(names), found=wanted)
    for name in [wanted] if wanted is not None else names:
        yield from sheet_pieces(path, name, loaded(workbook, name, path), rank)


def opened(path: Path) -> CalamineWorkbook:
    """The workbook, or the reason why it cannot be opened."""
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise WorkbookEncrypted(
            "the workbook is protected by a password", where=str(path), advice="Save it without a password"
        ) from error
    except (CalamineError, ZipError, XmlError, OSError) as error:
        raise unreadable(path, error) from error


def loaded(workbook: CalamineWorkbook, name: str, path: Path) -> Any:  # noqa: ANN401
    """One sheet in memory; a damage inside the archive shows here."""
    try:
        return workbook.get_sheet_by_name(name)
    except (CalamineError, ZipError, XmlError, OSError) as error:
        raise unreadable(path, error, name) from error


def unreadable(path: Path, error: Exception, name: str | None = None) -> WorkbookUnreadable:
    """The one sentence about a damaged workbook."""
    return WorkbookUnreadable(
        "the workbook cannot be read: it is damaged, cut off, or not a workbook",
        where=str(path) + (f", sheet {name}" if name else ""),
        expected="an Excel workbook (.xlsx)",
        found=str(error).strip() or type(error).__name__,
        advice="Open it in Excel, save it again as .xlsx, or send CSV",
    )


def sheet_pieces(path: Path, name: str, sheet: Any, rank: HeaderRank | None = None) -> Iterator[Sheet]:  # noqa: ANN401
    """The rows of one sheet under its header."""
    where = f"{path}, sheet {name}"
    if sheet.start is None or sheet.height == 0:
        raise empty_sheet(where, "no cells")
    rows = sheet.iter_rows()
    head: list[Any] = []
    filled = 0
    while filled <= ROWS_ABOVE and (row := next(rows, None)) is not None:
        head.append(row)
        filled += any(trimmed_headers(row))
    if not filled:
        raise empty_sheet(where, "no cells")
    at = header_row(head, rank)
    headers, number = trimmed_headers(head[at]), at + 1
    rows = chain(head[number:], rows)
    above = number
    any_row = False
    while piece := list(islice(rows, PIECE_ROWS)):
        numbers = np.arange(number + 1, number + 1 + len(piece), dtype=np.int64)
        number += len(piece)
        columns = [typed_column(cells) for cells in zip(*piece, strict=True)]
        del piece
        columns, numbers = without_blank_rows(columns, numbers)
        if len(numbers):
            any_row = True
            yield Sheet(str(path), name, headers, tuple(columns), numbers, header_row=above)
    if not any_row:
        raise empty_sheet(where, "a header and no rows")


def empty_sheet(where: str, found: str) -> SheetEmpty:
    """The sentence about a sheet without records."""
    return SheetEmpty(
        "the sheet is empty",
        where=where,
        expected="a header row and at least one row under it",
        found=found,
        advice="Delete the sheet, or choose another with --sheet NAME",
    )
