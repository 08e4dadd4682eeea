"""The report as a workbook: a first sheet with opinion and gates, then one sheet a part; numbers stay numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import xlsxwriter

from training.validation.rendering.texts import Language, cell_text, fixed, in_language, light_text
from training.validation.report import Cell, Column, Format, Interval, Section, Table, ValidationReport, Words
from training.validation.sections.findings import SEVERITY_WORDS

FORMATS: Mapping[Format, str] = {
    "count": "#,##0",
    "number": "#,##0.0000",
    "percent": "0.00%",
    "p_value": "0.0000",
    "interval": "0.0000",
    "rate": "0.00%",
}
LIGHT_STYLES: Mapping[str, Mapping[str, Any]] = {
    "green": {"bg_color": "#E3F2EA", "font_color": "#1B6E45", "bold": True},
    "amber": {"bg_color": "#FDF0D5", "font_color": "#8A5A00", "bold": True},
    "red": {"bg_color": "#A11D2B", "font_color": "#FFFFFF", "bold": True},
    "grey": {"bg_color": "#ECEFF2", "font_color": "#5B6776"},
}
NARROW, WIDE, WIDEST = 12, 34, 60
ENDS: Mapping[str, Words] = {"low": Words(zh="下限", en="low"), "high": Words(zh="上限", en="high")}


def workbook_bytes(report: ValidationReport, language: Language) -> bytes:
    """The workbook in one language; made on the day of validation, so that the same report is the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = datetime.combine(date.fromisoformat(report.subject.as_of), time(), tzinfo=UTC).replace(tzinfo=None)
    book.set_properties({"title": fixed("title", language), "comments": report.digest, "created": day})
    sheets = _Sheets(book, language)
    sheets.summary(report)
    for section in report.sections:
        sheets.section(section, report)
    book.close()
    return out.getvalue()


class _Sheets:
    """One workbook being written, with its formats made once."""

    def __init__(self, book: Any, language: Language) -> None:  # noqa: ANN401  (xlsxwriter has no types)
        self.book, self.language = book, language
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": "#1D3557"})
        self.caution = book.add_format({"bold": True, "font_color": "#8A5A00", "bg_color": "#FDF0D5"})
        self.head = book.add_format(
            {
                "bold": True,
                "bg_color": "#1D3557",
                "font_color": "#FFFFFF",
                "text_wrap": True,
                "valign": "top",
                "border": 1,
            }
        )
        self.strong = book.add_format({"bold": True, "font_size": 12, "font_color": "#1D3557"})
        self.plain = book.add_format({"text_wrap": True, "valign": "top"})
        self.note = book.add_format({"italic": True, "font_color": "#5B6776"})
        self.lights = {
            light: book.add_format({**style, "valign": "top", "align": "center", "border": 1})
            for light, style in LIGHT_STYLES.items()
        }
        self.numbers = {form: book.add_format({"num_format": text, "valign": "top"}) for form, text in FORMATS.items()}

    def say(self, words: Words) -> str:
        return in_language(words, self.language)

    def fixed(self, code: str) -> str:
        return fixed(code, self.language)

    def summary(self, report: ValidationReport) -> None:
        """Opinion, gates and findings on the first sheet."""
        sheet = self._sheet(self.fixed("summary"))
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, 1, WIDE)
        sheet.set_column(2, 4, 26)
        sheet.write(0, 0, f"{self.fixed('title')} {report.subject.bundle_digest[:12]}", self.title)
        sheet.write(1, 0, f"{self.fixed('as_of')} {report.subject.as_of}", self.note)
        row = 2
        if report.subject.caution:
            sheet.write(row, 0, self.say(report.subject.caution), self.caution)
            row += 1
        light = {"approve": "green", "conditional": "amber", "reject": "red"}[report.opinion.verdict]
        sheet.write(row + 1, 0, f"{self.fixed('opinion')}: {self.say(report.opinion.words)}", self.lights[light])
        row += 2
        for reason in report.opinion.reasons:
            sheet.write(row, 0, self.say(reason))
            row += 1
        row = self._table(sheet, row + 1, report.section(17).table("gates"))
        severity = self.say(report.section(16).table("findings").columns[1].words)
        sheet.write(row, 0, f"{self.fixed('findings')} ({severity})", self.strong)
        for finding in report.findings:
            row += 1
            sheet.write(row, 0, f"{self.say(SEVERITY_WORDS[finding.severity])} · {self.say(finding.words)}", self.plain)
            sheet.write(row, 1, self.say(finding.evidence), self.plain)

    def section(self, section: Section, report: ValidationReport) -> None:
        """One part: its statements, then its tables below each other; headings stay in sight."""
        sheet = self._sheet(f"{section.number} {self.say(section.words)}")
        sheet.write(0, 0, f"{section.number} {self.say(section.words)}", self.title)
        sheet.write(1, 0, light_text(section.light, self.language), self.lights[section.light])
        if report.subject.caution:
            sheet.write(1, 1, self.say(report.subject.caution), self.caution)
        sheet.freeze_panes(2, 1)
        row = 3
        for said in section.statements:
            sign = f"{light_text(said.light, self.language)} · " if said.light else ""
            sheet.write(row, 0, sign + self.say(said.words))
            row += 1
        row += 1
        for place, table in enumerate(section.tables):
            if place == len(section.tables) - 1 and len(section.tables) == 1:
                sheet.freeze_panes(row + 2, 1)  # the only table: its heading stays
            row = self._table(sheet, row, table)
        self._widths(sheet, section.tables)

    def _sheet(self, name: str) -> Any:  # noqa: ANN401
        safe = "".join("-" if sign in "[]:*?/\\" else sign for sign in name)
        sheet = self.book.add_worksheet(safe[:31])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def _table(self, sheet: Any, row: int, table: Table) -> int:  # noqa: ANN401
        """The table from a row on; the row after it."""
        sheet.write(row, 0, self.say(table.words), self.strong)
        row += 1
        at = 0
        for column in table.columns:
            for heading in self._headings(column):
                sheet.write(row, at, heading, self.head)
                at += 1
        for cells in table.rows:
            row += 1
            at = 0
            for cell, column in zip(cells, table.columns, strict=True):
                at = self._cell(sheet, row, at, cell, column)
        if table.note:
            row += 1
            sheet.write(row, 0, self.say(table.note), self.note)
        return row + 2

    def _headings(self, column: Column) -> list[str]:
        heading = self.say(column.words)
        if column.format not in ("interval", "rate"):
            return [heading]
        return [heading, *(self.say(words) for words in ENDS.values())]

    def _cell(self, sheet: Any, row: int, at: int, cell: Cell, column: Column) -> int:  # noqa: ANN401
        """Write one cell (three for an interval); the next column."""
        if column.format in ("interval", "rate"):
            values = (cell.value, cell.low, cell.high) if isinstance(cell, Interval) else (None, None, None)
            for value in values:
                if value is not None:
                    sheet.write_number(row, at, value, self.numbers[column.format])
                at += 1
            return at
        if column.format == "light" and isinstance(cell, str):
            sheet.write_string(row, at, cell_text(cell, column, self.language), self.lights[cell])
        elif isinstance(cell, bool | str | Words):
            sheet.write_string(row, at, cell_text(cell, column, self.language), self.plain)
        elif isinstance(cell, int | float):
            sheet.write_number(row, at, cell, self.numbers.get(column.format, self.plain))
        return at + 1

    def _widths(self, sheet: Any, tables: Sequence[Table]) -> None:  # noqa: ANN401
        """As wide as the longest text of a column, within bounds."""
        widest: dict[int, int] = {}
        for table in tables:
            at = 0
            for place, column in enumerate(table.columns):
                texts = [cell_text(row[place], column, self.language) for row in table.rows]
                needed = max([_width(text) for text in texts] + [NARROW])
                for _ in self._headings(column):
                    widest[at] = max(
                        widest.get(at, NARROW),
                        min(needed + 2, WIDEST) if column.format in ("text", "words", "light") else NARROW,
                    )
                    at += 1
        for at, width in widest.items():
            sheet.set_column(at, at, width)


def _width(text: str) -> int:
    """In Latin letters; a Chinese sign is twice as wide."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
