"""Files for import tests: a workbook written cell by cell, and invoice sheets with Chinese headers."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

HEADERS = ("企业代号", "发票号码", "开票日期", "购方单位代号", "金额", "税额", "价税合计", "发票状态")
GOOD_ROW = ("E1", "1001", "2019/7/18", "B1", "100.00", "13.00", "113.00", "有效发票")
DATE_STYLE = 1

CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STYLES = (
    f'<styleSheet xmlns="{MAIN}">'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)


class ExcelDay(int):
    """A serial number that the workbook shows as a date."""


def cell_xml(cell: object) -> str:
    """One cell of a sheet."""
    if cell is None:
        return "<c/>"
    if isinstance(cell, ExcelDay):
        return f'<c s="{DATE_STYLE}"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f"<c><v>{cell!r}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """Write rows of text, numbers, ExcelDay and None as an .xlsx file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", CONTENT_TYPES)
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, start=1))
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="s{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in enumerate(sheets, start=1)
        )
        links += f'<Relationship Id="st" Type="{OFFICE}/styles" Target="styles.xml"/>'
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>')
        book.writestr("xl/styles.xml", STYLES)
        for n, rows in enumerate(sheets.values(), start=1):
            lines = "".join(
                f'<row r="{r}">{"".join(cell_xml(cell) for cell in row)}</row>' for r, row in enumerate(rows, start=1)
            )
            book.writestr(
                f"xl/worksheets/sheet{n}.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'
            )
    return path


def csv_text(*rows: Sequence[str], headers: Sequence[str] = HEADERS) -> str:
    """Rows under headers as CSV."""
    return "".join(",".join(row) + "\n" for row in (headers, *rows))


def changed(row: Sequence[str] = GOOD_ROW, **cells: str) -> tuple[str, ...]:
    """A row with some cells replaced, by header."""
    return tuple(cells.get(header, cell) for header, cell in zip(HEADERS, row, strict=True))
