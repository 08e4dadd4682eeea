"""Why a file could not be read at all. None of these leaves anything stored."""

from __future__ import annotations

from models.errors import AssetlightError


class UnusableFile(AssetlightError):
    """Base: the file as a whole cannot be taken; nothing of it is stored."""


class FileNotFound(UnusableFile):
    """Nothing lies at the path."""


class FileIsDirectory(UnusableFile):
    """The path is a directory."""


class FileNotReadable(UnusableFile):
    """The operating system refuses to read the file."""


class FileEmpty(UnusableFile):
    """The file has no bytes, or nothing but blanks."""


class FileNotTabular(UnusableFile):
    """The content is not a table, whatever the name says: a picture, a document, an archive."""


class WorkbookEncrypted(UnusableFile):
    """The workbook is protected by a password."""


class WorkbookUnreadable(UnusableFile):
    """The workbook is damaged or is no workbook."""


class SheetEmpty(UnusableFile):
    """A sheet has no cells, or a header and no rows."""


class SheetNotFound(UnusableFile):
    """A sheet asked for by name is not in the file."""


class HeaderRepeated(UnusableFile):
    """Two columns carry the same header, so that it is not clear which is meant."""


class CompressedFileTruncated(UnusableFile):
    """A compressed file ends early or is damaged."""


class TextHasNul(UnusableFile):
    """A text file contains NUL bytes."""


class EncodingUnknown(UnusableFile):
    """A text file is neither UTF-8 nor GB18030."""


class HeaderUnreadable(UnusableFile):
    """The first row of a text cannot be split into headers."""


class QuoteNotClosed(UnusableFile):
    """A quotation mark is opened and never closed, so that the rest of the file reads as one cell."""


class JsonLinesUnreadable(UnusableFile):
    """A file begins like JSON, but no line of it is a JSON object."""


class ParquetUnreadable(UnusableFile):
    """A Parquet file is damaged or cut off."""
