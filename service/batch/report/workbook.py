"""The report as a workbook: one sheet a section; numbers stay numbers."""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

import xlsxwriter

from service.batch.report.cells import FIXED, cell_text
from service.batch.report.value import Cell, Column, Format, Language, PortfolioReport, Section

FORMATS: dict[Format, str] = {
    "count": "#,##0",
    "yuan": "#,##0.00",
    "percent": "0.00%",
    "number": "#,##0.0000",
    "change": "+#,##0.0;-#,##0.0;0",
}


def workbook_bytes(report: PortfolioReport, language: Language) -> bytes:
    """The workbook in one language; made on the day of the run, so that the same report is the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    created = datetime.combine(report.as_of, time())
    book.set_properties({"title": FIXED["title"].say(language), "comments": report.run, "created": created})
    styles: dict[str, Any] = {form: book.add_format({"num_format": text}) for form, text in FORMATS.items()}
    styles |= {
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 15, "font_color": "#1D3557"}),
        "strong": book.add_format({"bold": True, "font_color": "#1D3557"}),
        "caution": book.add_format({"bold": True, "font_color": "#8A5A00", "bg_color": "#FDF0D5"}),
        "head": book.add_format(
            {"bold": True, "bg_color": "#1D3557", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        ),
    }
    for section in report.sections:
        _sheet(book, styles, report, section, language)
    book.close()
    return out.getvalue()


def _sheet(book: Any, styles: Any, report: PortfolioReport, section: Section, language: Language) -> None:  # noqa: ANN401
    sheet = book.add_worksheet(section.words.say(language)[:31])
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 12, 18)
    title = f"{FIXED['title'].say(language)} {report.as_of}: {section.words.say(language)}"
    sheet.write_string(0, 0, title, styles["title"])
    row = 1
    if report.simulated:
        sheet.write_string(row, 0, FIXED["simulated"].say(language), styles["caution"])
        row += 1
    for words in section.said:
        sheet.write_string(row, 0, words.say(language))
        row += 1
    for table in section.tables:
        sheet.write_string(row + 1, 0, table.words.say(language), styles["strong"])
        row += 2
        for at, column in enumerate(table.columns):
            sheet.write_string(row, at, column.words.say(language), styles["head"])
        for cells in table.rows:
            row += 1
            for at, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
                _write(sheet, (row, at), cell, column, (styles, language))
        row += 1


def _write(sheet: Any, at: tuple[int, int], cell: Cell, column: Column, look: tuple[Any, Language]) -> None:  # noqa: ANN401
    styles, language = look
    if isinstance(cell, int | float) and column.is_number:
        sheet.write_number(*at, cell / 100 if column.format == "yuan" else cell, styles[column.format])
    else:
        sheet.write_string(*at, cell_text(cell, column, language), styles["text"])
