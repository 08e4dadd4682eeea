"""Which reader a file needs, decided by its first bytes: names lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from models.sheets.errors import (
    FileEmpty,
    FileIsDirectory,
    FileNotFound,
    FileNotReadable,
    FileNotTabular,
    WorkbookEncrypted,
)
from models.sheets.header import HeaderRank
from models.sheets.json_lines import is_json_lines, json_line_sheets
from models.sheets.parquet import parquet_sheets
from models.sheets.sheet import Sheet
from models.sheets.text import text_sheets
from models.sheets.workbook import workbook_sheets

Progress: TypeAlias = Callable[[int], None]  # told how many rows have been read since the last call

READABLE = "an Excel workbook (.xlsx), CSV (.csv, .csv.gz), NDJSON (.ndjson, .ndjson.gz) or Parquet"

# First bytes of what people attach by mistake.
NOT_TABLES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"RIFF", "a RIFF media file"),
    (b"%PDF", "a PDF document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"SQLite format", "an SQLite database"),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def read_sheets(
    path: Path | str, progress: Progress | None = None, sheet: str | None = None, rank: HeaderRank | None = None
) -> Iterator[Sheet]:
    """The sheets of a file, long ones in pieces. `sheet`: only the sheet of that name, of a workbook.

    `rank` finds the header under the rows of a title; without it the header is the first row that has cells.

    Raises a subclass of `UnusableFile` that says what is wrong with the file; a damage far inside may show only after
    pieces have been given, so that nothing may be kept before the iterator ends.
    """
    path = Path(path)
    head = first_bytes(path)
    refuse_other_formats(path, head)
    if head.startswith(b"PAR1"):
        pieces = parquet_sheets(path)
    elif head.startswith((b"PK\x03\x04", OLE)):
        pieces = workbook_sheets(path, sheet, rank)
    else:
        compressed = head.startswith(b"\x1f\x8b")
        if is_json_lines(path, compressed=compressed):
            pieces = json_line_sheets(path, compressed=compressed)
        else:
            pieces = text_sheets(path, compressed=compressed, rank=rank)
    for piece in pieces:
        if progress is not None:
            progress(len(piece) + len(piece.ragged))
        yield piece


def first_bytes(path: Path) -> bytes:
    """The head of the file, or the error that says why there is none."""
    if not path.exists():
        raise FileNotFound("no such file", where=str(path), expected=READABLE, advice="Check the path")
    if path.is_dir():
        raise FileIsDirectory(
            "this is a directory, not a file", where=str(path), advice="Name the files in it, for example DIR/*.csv"
        )
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise FileNotReadable("the file cannot be read", where=str(path), found=error.strerror) from error
    if not head:
        raise FileEmpty("the file is empty (0 bytes)", where=str(path), expected=READABLE)
    return head


def refuse_other_formats(path: Path, head: bytes) -> None:
    """Stop on content that is certainly not a table."""
    for magic, what in NOT_TABLES:
        if head.startswith(magic):
            raise FileNotTabular(
                "the content is not a table", where=str(path), expected=READABLE, found=what, advice="Export it again"
            )
    if head.startswith(OLE) and ENCRYPTED_STREAM in path.read_bytes():
        raise WorkbookEncrypted(
            "the workbook is protected by a password",
            where=str(path),
            expected="a workbook without a password",
            advice="Open it in Excel, remove the password and save it again",
        )
