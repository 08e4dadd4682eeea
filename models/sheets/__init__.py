"""Files as people send them, read into sheets: columns under headers, rows numbered as a person sees them."""

from models.sheets.errors import (
    CompressedFileTruncated,
    EncodingUnknown,
    FileEmpty,
    FileIsDirectory,
    FileNotFound,
    FileNotReadable,
    FileNotTabular,
    HeaderRepeated,
    HeaderUnreadable,
    JsonLinesUnreadable,
    ParquetUnreadable,
    QuoteNotClosed,
    SheetEmpty,
    SheetNotFound,
    TextHasNul,
    WorkbookEncrypted,
    WorkbookUnreadable,
)
from models.sheets.header import COMPLETE, HeaderRank
from models.sheets.read import read_sheets
from models.sheets.sheet import RaggedRow, Sheet, sheet_of_rows

__all__ = [
    "COMPLETE",
    "CompressedFileTruncated",
    "EncodingUnknown",
    "FileEmpty",
    "FileIsDirectory",
    "FileNotFound",
    "FileNotReadable",
    "FileNotTabular",
    "HeaderRank",
    "HeaderRepeated",
    "HeaderUnreadable",
    "JsonLinesUnreadable",
    "ParquetUnreadable",
    "QuoteNotClosed",
    "RaggedRow",
    "Sheet",
    "SheetEmpty",
    "SheetNotFound",
    "TextHasNul",
    "WorkbookEncrypted",
    "WorkbookUnreadable",
    "read_sheets",
    "sheet_of_rows",
]
