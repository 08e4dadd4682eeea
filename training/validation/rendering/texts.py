"""Cells and fixed words of the page and the workbook, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from training.validation.report import Cell, Column, Interval, Light, Words

Language: TypeAlias = Literal["zh", "en"]
NOTHING = "–"
# A light reads in black and white too: by its sign and its word.
SIGNS: Mapping[Light, str] = {"green": "✔", "amber": "▲", "red": "✖", "grey": "○"}
LIGHTS: Mapping[Light, Words] = {
    "green": Words(zh="通过", en="pass"),
    "amber": Words(zh="关注", en="watch"),
    "red": Words(zh="不通过", en="fail"),
    "grey": Words(zh="未判断", en="not judged"),
}
FIXED: Mapping[str, Words] = {
    "title": Words(zh="模型验证报告", en="Model validation report"),
    "model": Words(zh="模型包", en="Bundle"),
    "as_of": Words(zh="验证时点", en="Validated as of"),
    "trained": Words(zh="训练时点", en="trained as of"),
    "contents": Words(zh="目录", en="Contents"),
    "opinion": Words(zh="意见", en="Opinion"),
    "gates": Words(zh="门槛", en="Gates"),
    "findings": Words(zh="最重要的发现", en="Foremost findings"),
    "all_findings": Words(zh="全部发现见第16部分", en="All findings are in part 16"),
    "blocking": Words(zh="必过", en="blocking"),
    "part": Words(zh="部分", en="Part"),
    "digest": Words(zh="报告摘要", en="Digest of this report"),
    "summary": Words(zh="摘要", en="Summary"),
    "legend": Words(zh="图例", en="Key"),
    "more_rows": Words(zh="展开其余各行，工作簿中有全部", en="Show the other rows; the workbook has all"),
    "no_rows": Words(zh="没有行", en="no rows"),
    "figure": Words(zh="图", en="Figure"),
    "due": Words(zh="期限", en="due"),
    "owner": Words(zh="责任方", en="owner"),
    "control": Words(zh="补偿措施", en="compensating control"),
}


def in_language(words: Words, language: Language) -> str:
    """One of the two."""
    return words.zh if language == "zh" else words.en


def fixed(code: str, language: Language) -> str:
    """A fixed word of the page."""
    return in_language(FIXED[code], language)


def light_text(light: Light, language: Language) -> str:
    """A light as sign and word."""
    return f"{SIGNS[light]} {in_language(LIGHTS[light], language)}"


def cell_text(cell: Cell, column: Column, language: Language) -> str:
    """A cell as a person reads it.

    >>> from training.validation.report import Words
    >>> cell_text(0.0123, Column(code="pd", words=Words(zh="", en=""), format="percent"), "en")
    '1.23 %'
    """
    if cell is None:
        return NOTHING
    if isinstance(cell, Words):
        return in_language(cell, language)
    if isinstance(cell, Interval):
        return interval_text(cell, percent=column.format == "rate")
    if column.format == "light":
        return light_text(str(cell), language)  # type: ignore[arg-type]
    if isinstance(cell, str):
        return cell
    return number_text(float(cell), column.format)


def number_text(value: float, form: str) -> str:
    """A number in the form of its column."""
    if form == "count":
        return f"{int(value):,}"
    if form == "percent":
        return f"{value * 100:.2f} %" if abs(value) < 0.1 else f"{value * 100:.1f} %"
    if form == "p_value":
        return "< 0.001" if value < 0.001 else f"{value:.3f}"
    if value and (abs(value) >= 100_000 or abs(value) < 0.001):
        return f"{value:.3g}"
    return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"


def interval_text(cell: Interval, *, percent: bool) -> str:
    """An estimate with its interval."""
    if percent:
        return f"{cell.value * 100:.2f} % [{cell.low * 100:.2f}, {cell.high * 100:.2f}]"
    return f"{cell.value:.3f} [{cell.low:.3f}, {cell.high:.3f}]"


def is_number(column: Column) -> bool:
    """Whether the column is set to the right."""
    return column.format in ("count", "number", "percent", "p_value", "interval", "rate")
