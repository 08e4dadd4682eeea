"""CSV, plain or gzipped, in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

Two passes: the first proves that the whole file can be decompressed and decoded (so that damage at the end is found
before anything is stored, and so that the encoding is known), the second parses, in pieces.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from models.sheets.errors import (
    CompressedFileTruncated,
    EncodingUnknown,
    FileEmpty,
    FileNotTabular,
    HeaderUnreadable,
    QuoteNotClosed,
    SheetEmpty,
    TextHasNul,
)
from models.sheets.header import COMPLETE, ROWS_ABOVE, HeaderRank, header_row, trimmed_headers
from models.sheets.sheet import RaggedRow, Sheet, without_blank_rows

BLOCK_BYTES = 1 << 24
LINES_IN_A_CELL = 50  # a cell with more line breaks is a quotation mark that was never closed
DELIMITERS = ",\t;|"
NOT_IN_TEXT = (*range(9), *range(14, 32))
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


def text_sheets(path: Path, *, compressed: bool, rank: HeaderRank | None = None) -> Iterator[Sheet]:
    """The one sheet of a CSV file, in pieces."""
    encoding = encoding_of(path, compressed=compressed)
    headers, delimiter, above = header_of(path, encoding, compressed=compressed, rank=rank)
    names = [f"c{index}" for index in range(len(headers))]
    ragged: list[RaggedRow] = []

    def keep_ragged(row: pa.csv.InvalidRow) -> str:
        ragged.append(RaggedRow(row.number, row.expected_columns, row.actual_columns, row.text))
        return "skip"

    any_row = False
    consumed = above
    with opened(path, compressed=compressed) as raw:
        try:
            reader = pa.csv.open_csv(
                as_utf8(raw, encoding),
                read_options=pa.csv.ReadOptions(
                    use_threads=False, column_names=names, skip_rows_after_names=above, block_size=BLOCK_BYTES
                ),
                parse_options=pa.csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=keep_ragged,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
            for batch in reader:
                rows = numbers_around(consumed + 1, len(batch), ragged)
                consumed = int(rows[-1]) if len(rows) else consumed
                odd = tuple(row for row in ragged if row.row <= consumed)
                del ragged[: len(odd)]  # the parser reads ahead: later ones belong to the next batch
                refuse_open_quote(path, odd, batch)
                columns, rows = without_blank_rows(batch.columns, rows)
                if len(rows) or odd:
                    any_row = True
                    yield Sheet(str(path), None, headers, tuple(columns), rows, odd, header_row=above)
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                raise QuoteNotClosed(
                    "the text cannot be split into rows; often a quotation mark is never closed",
                    where=f"{path}, after row {consumed}",
                    found=str(error).splitlines()[0],
                ) from error
    if ragged:
        any_row = True
        refuse_open_quote(path, ragged)
        yield Sheet(
            str(path),
            None,
            headers,
            tuple(pa.array([], pa.string()) for _ in headers),
            no_rows(),
            tuple(ragged),
            header_row=above,
        )
    if not any_row:
        raise empty_text(path)


def empty_text(path: Path) -> SheetEmpty:
    """The sentence about a header without rows."""
    return SheetEmpty("the file has a header and no rows", where=str(path), expected="at least one row")


def no_rows() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row numbers of nothing."""
    return np.zeros(0, dtype=np.int64)


def numbers_around(first: int, count: int, odd: Sequence[RaggedRow]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row numbers of `count` whole rows from `first`, leaving out the numbers of the ragged rows among them."""
    numbers = np.arange(first, first + count + len(odd), dtype=np.int64)
    return numbers[~np.isin(numbers, [row.row for row in odd])][:count]


def refuse_open_quote(path: Path, odd: Sequence[RaggedRow], batch: pa.RecordBatch | None = None) -> None:
    """Stop if a cell swallowed many lines: counting it as one row would lose the others silently."""
    for row in odd:
        if row.text.count("\n") > LINES_IN_A_CELL:
            raise open_quote(path, f"{path}, row {row.row}")
    for column in () if batch is None else batch.columns:
        longest = pc.max(pc.count_substring(column, "\n")).as_py() or 0
        if longest > LINES_IN_A_CELL:
            raise open_quote(path, str(path))


def open_quote(path: Path, where: str) -> QuoteNotClosed:
    """The sentence about a quotation mark that swallows rows."""
    return QuoteNotClosed(
        "a cell contains many lines: a quotation mark is probably never closed",
        where=where,
        expected=f"at most {LINES_IN_A_CELL} line breaks in a cell",
        advice=f"Correct the quotation marks in {path.name}",
    )


def opened(path: Path, *, compressed: bool) -> IO[bytes]:
    """The bytes of the text."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def as_utf8(raw: IO[bytes], encoding: str) -> pa.NativeFile:
    """The text as a stream of UTF-8 bytes; pyarrow drops a byte order mark itself."""
    stream = pa.PythonFile(raw, mode="r")
    return stream if encoding == "utf-8" else pa.transcoding_input_stream(stream, encoding, "utf-8")


def encoding_of(path: Path, *, compressed: bool) -> str:
    """`utf-8`, `utf-16` or `gb18030`, proved over the whole file."""
    try:
        with opened(path, compressed=compressed) as raw:
            utf_16 = raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        if utf_16 and decodes(path, "utf-16", compressed=compressed):
            return "utf-16"
        blank = True
        for block in blocks_of(path, compressed=compressed):
            if b"\0" in block:
                raise nul_found(path, block)
            blank = blank and not block.replace(codecs.BOM_UTF8, b"").strip()
        if blank:
            raise FileEmpty("the file has no text in it", where=str(path), expected="a header row and rows under it")
        for encoding in ("utf-8", "gb18030"):
            if decodes(path, encoding, compressed=compressed):
                return encoding
    except DAMAGED as error:
        raise CompressedFileTruncated(
            "the gzip file is cut off or damaged",
            where=str(path),
            found=str(error),
            advice="Send the file again, or decompress it first and look at its end",
        ) from error
    raise EncodingUnknown(
        "the text is in an unknown encoding",
        where=str(path),
        expected="UTF-8 or GB18030 (GBK, GB2312)",
        advice="Save it as 'CSV UTF-8' in Excel or WPS",
    )


def blocks_of(path: Path, *, compressed: bool) -> Iterator[bytes]:
    """The bytes of the text, block by block."""
    with opened(path, compressed=compressed) as raw:
        while block := raw.read(BLOCK_BYTES):
            yield block


def decodes(path: Path, encoding: str, *, compressed: bool) -> bool:
    """Whether every byte of the file is of the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks_of(path, compressed=compressed):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def nul_found(path: Path, block: bytes) -> TextHasNul | FileNotTabular:
    """NUL bytes: text with a defect, or no text at all."""
    share = sum(block[:4096].count(bytes([byte])) for byte in NOT_IN_TEXT) / min(len(block), 4096)
    if share > 0.05:
        return FileNotTabular(
            "the content is not a table", where=str(path), expected="a workbook, CSV or Parquet", found="binary data"
        )
    return TextHasNul(
        "the text contains NUL bytes", where=str(path), advice="Export it again: such a file is damaged or not text"
    )


def header_of(
    path: Path, encoding: str, *, compressed: bool, rank: HeaderRank | None = None
) -> tuple[tuple[str, ...], str, int]:
    """The headers, the delimiter that splits them into the most, and their row number (1 for the first row)."""
    with opened(path, compressed=compressed) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
        first = text.readline()
        try:
            counts = {delimiter: len(next(csv.reader([first], delimiter=delimiter), [])) for delimiter in DELIMITERS}
            delimiter = max(DELIMITERS, key=lambda candidate: counts[candidate])
            text.seek(0)
            headers, at = trimmed_headers(next(csv.reader(text, delimiter=delimiter), [])), 0
        except csv.Error as error:
            raise HeaderUnreadable(
                "the first row cannot be read as headers",
                where=str(path),
                expected="short words, separated by commas",
                found=str(error),
                advice="Look for a quotation mark that is never closed, or a file that is not a table",
            ) from error
        if not any(line.strip() for line in text):
            raise empty_text(path)
        if rank is not None and rank(headers) < COMPLETE:
            headers, delimiter, at = header_under_title(text, rank, (headers, delimiter, at))
        text.seek(0)
        if at and next(islice(csv.reader(text, delimiter=delimiter), at + 1, None), None) is None:
            raise empty_text(path)
    return headers, delimiter, at + 1


def header_under_title(
    text: IO[str], rank: HeaderRank, first: tuple[tuple[str, ...], str, int]
) -> tuple[tuple[str, ...], str, int]:
    """The best header among the first rows by any delimiter: headers, delimiter, place; `first` if none is better."""
    best, most = first, rank(first[0])
    for delimiter in DELIMITERS:
        text.seek(0)
        try:
            rows = list(islice(csv.reader(text, delimiter=delimiter), 2 * ROWS_ABOVE))
        except csv.Error:
            continue
        at = header_row(rows, rank)
        headers = trimmed_headers(rows[at])
        if (found := rank(headers)) > max(most, 1):
            best, most = (headers, delimiter, at), found
    return best
