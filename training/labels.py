"""Labels: which enterprise defaulted, read from a workbook, CSV or Parquet that has an id column and a default flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from models.canonical import sha256_hex
from models.errors import AssetlightError
from models.records.identifier import normal_identifier
from models.records.invoice import INVOICE
from models.sheets import COMPLETE, HeaderRepeated, Sheet, read_sheets

DEFAULT_HEADERS = (
    "是否违约", "违约", "违约标志", "default", "defaulted", "is_default", "default_flag", "has_defaulted", "bad",
)  # fmt: skip
DEFAULT_DAY_HEADERS = ("defaulted_on", "违约日期", "违约日", "default_date", "default_day")
ORIGIN_HEADERS = ("origin", "数据来源", "来源", "data_origin")
_YES = frozenset({"是", "1", "1.0", "true", "t", "yes", "y", "违约", "default", "defaulted", "bad"})
_NO = frozenset({"否", "0", "0.0", "false", "f", "no", "n", "未违约", "正常", "good"})


class LabelColumnsNotFound(AssetlightError):
    """No sheet of the file has both an enterprise id and a default flag."""


class LabelNotUnderstood(AssetlightError):
    """A default flag or date is neither empty nor in a form that is known."""


class LabelsContradict(AssetlightError):
    """One enterprise is labelled as defaulted and as not defaulted."""


class NoLabels(AssetlightError):
    """The file has the columns, but not one enterprise with a flag."""


@dataclass(frozen=True)
class Label:
    """Whether one enterprise defaulted, and when, if the file says so."""

    defaulted: bool
    on: date | None


@dataclass(frozen=True)
class Labels:
    """The labels of a file by enterprise id."""

    by_enterprise: dict[str, Label]
    rows: int
    without_flag: int  # rows whose flag is empty
    repeated: int  # rows that say again what another row said
    dated: bool  # the file has a column for the day of default
    ignored_columns: tuple[str, ...]
    origin: str
    where: str
    sha256: str


def read_labels(path: Path, origin: str | None = None) -> Labels:
    """Labels from the first sheet that has both columns.

    `origin` names where the labels come from; otherwise the file's own origin column or metadata, else its name.
    Raises LabelColumnsNotFound, LabelNotUnderstood, LabelsContradict, NoLabels, and what `models.sheets` raises.
    """
    pieces = _label_sheet(path)
    first = pieces[0]
    id_header, flag_header = _header(first, _id_headers()), _header(first, DEFAULT_HEADERS)
    day_header, origin_header = _header(first, DEFAULT_DAY_HEADERS), _header(first, ORIGIN_HEADERS)
    found: dict[str, Label] = {}
    rows = without_flag = repeated = 0
    for piece in pieces:
        days = piece.column(day_header).to_pylist() if day_header else [None] * len(piece)
        columns = (
            piece.rows.tolist(),
            piece.column(id_header).to_pylist(),
            piece.column(flag_header).to_pylist(),
            days,
        )
        for row, key, flag_cell, day_cell in zip(*columns, strict=True):
            where = f"{piece.where}, row {row}"
            enterprise, flag = normal_identifier(_text(key)), _flag(flag_cell, where)
            rows += 1
            if flag is None or not enterprise:
                without_flag += 1
                continue
            label = Label(flag, _day(day_cell, where) if flag else None)
            if enterprise not in found:
                found[enterprise] = label
            elif found[enterprise] == label:
                repeated += 1
            else:
                raise LabelsContradict("two rows label one enterprise differently", found=enterprise, where=where)
    if not found:
        raise NoLabels(
            "the label file labels no enterprise", expected="rows with an id and 是/否 or 1/0", where=first.where
        )
    used = {id_header, flag_header, day_header, origin_header}
    return Labels(
        by_enterprise=found,
        rows=rows,
        without_flag=without_flag,
        repeated=repeated,
        dated=bool(day_header),
        ignored_columns=tuple(header for header in first.headers if header and header not in used),
        origin=origin or _stated_origin(pieces, origin_header) or f"label file {path.name}",
        where=first.where,
        sha256=sha256_hex(path.read_bytes()),
    )


def _label_sheet(path: Path) -> list[Sheet]:
    pieces: list[Sheet] = []
    seen: list[str] = []
    for sheet in read_sheets(path, rank=_rank):
        if _header(sheet, _id_headers()) and _header(sheet, DEFAULT_HEADERS):
            pieces.append(sheet)
            if sheet.name:  # of a workbook: read on in this sheet alone, the invoices in the others are not needed
                pieces = list(read_sheets(path, sheet=sheet.name, rank=_rank))
                break
        elif not pieces and (description := f"{sheet.where}: {', '.join(sheet.headers)}") not in seen:
            seen.append(description)
    if not pieces:
        raise LabelColumnsNotFound(
            "the label file has no sheet with an enterprise id and a default flag",
            expected=f"one of {', '.join(_id_headers())} and one of {', '.join(DEFAULT_HEADERS)}",
            found="; ".join(seen),
            where=str(path),
            advice="Rename the headers, or name the file that holds the labels",
        )
    return pieces


def _id_headers() -> tuple[str, ...]:
    field = INVOICE.field("enterprise_id")
    return (field.name, field.zh, field.en, *field.aliases)


def _plain(header: str) -> str:
    return header.strip().casefold().replace(" ", "_")


def _header(sheet: Sheet, wanted: Sequence[str]) -> str:
    """The sheet's header that is one of the wanted, or an empty text."""
    plain = {_plain(name) for name in wanted}
    found = [header for header in sheet.headers if _plain(header) in plain]
    if found and sheet.headers.count(found[0]) > 1:
        raise HeaderRepeated("two columns have the same header", expected="it once", found=found[0], where=sheet.where)
    return found[0] if found else ""


def _rank(headers: Sequence[str]) -> int:
    """How well a row serves as the header of a label file; see `models.sheets.header`."""
    there = {_plain(header) for header in headers}
    found = sum(any(_plain(name) in there for name in wanted) for wanted in (_id_headers(), DEFAULT_HEADERS))
    return COMPLETE if found == 2 else found


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _flag(cell: object, where: str) -> bool | None:
    text = _text(cell).casefold()
    if not text:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise LabelNotUnderstood(
        "a default flag is not understood", expected="是/否, 1/0, true/false", found=cell, where=where
    )


def _day(cell: object, where: str) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    if not text:
        return None
    try:
        return date(*(int(part) for part in text.replace("/", "-").split("-")))
    except (ValueError, TypeError):
        raise LabelNotUnderstood(
            "a day of default is not a date", expected="2023-07-31", found=cell, where=where
        ) from None


def _stated_origin(pieces: Sequence[Sheet], header: str) -> str | None:
    stated = {piece.origin for piece in pieces if piece.origin}
    if header:
        stated |= {text for piece in pieces for cell in piece.column(header).to_pylist() if (text := _text(cell))}
    return ", ".join(sorted(stated)) or None
