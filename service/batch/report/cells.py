"""Cells as a person reads them."""

from __future__ import annotations

from models.bundle import SIMULATED_CAUTION
from service.batch.report.value import Cell, Column, Format, Language, Words

NOTHING = "–"
FIXED = {
    "title": Words("组合报告", "Portfolio report"),
    "as_of": Words("评审日", "as of"),
    "before": Words("对比", "compared with"),
    "run": Words("批次", "run"),
    "contents": Words("目录", "Contents"),
    "no_rows": Words("没有行", "no rows"),
    "simulated": Words(SIMULATED_CAUTION["zh"], SIMULATED_CAUTION["en"]),
}


def cell_text(cell: Cell, column: Column, language: Language) -> str:
    """A cell in the form of its column; amounts are fen in the cell and yuan on the page.

    >>> from service.batch.report.value import percent, yuan
    >>> cell_text(123456789.0, yuan("", ""), "en"), cell_text(0.0123, percent("", ""), "en")
    ('1,234,568', '1.23 %')
    """
    if cell is None:
        return NOTHING
    if isinstance(cell, Words | str):
        return cell if isinstance(cell, str) else cell.say(language)
    return number_text(cell, column.format)


def number_text(value: float, form: Format) -> str:
    """A number in the form of its column."""
    if form == "change":
        return f"{value:+,.1f}" if value != int(value) else f"{value:+,.0f}"
    return {
        "count": f"{int(value):,}",
        "yuan": f"{value / 100:,.0f}",
        "percent": f"{value * 100:.2f} %",
    }.get(form) or (f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}")
