"""Figures as people and machines read them: one value, its unit, in Chinese, English and plain text."""

from __future__ import annotations

import math
from typing import NamedTuple

from models.grades import GRADES
from models.money import wan_text, yuan_for_reading, yuan_text


class Figure(NamedTuple):
    """`text` is exact and for machines (money in yuan); `zh`, `en` are for reading."""

    text: str | None
    zh: str
    en: str


MISSING = Figure(None, "缺失", "missing")


def figure(value: float, unit: str) -> Figure:
    """A value in its unit; NaN is missing, and says so."""
    if math.isnan(value):
        return MISSING
    if unit == "fen":
        return money(int(value))
    if unit == "grade":
        index = int(value)
        return Figure(GRADES[index], GRADES[index], GRADES[index]) if index >= 0 else MISSING
    text = _exact(value)
    if unit == "fraction":
        percent = f"{value:.1%}"
        return Figure(text, percent, percent)
    if unit in ("days", "months", "count"):
        number = f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
        zh = {"days": f"{number}天", "months": f"{number}个月", "count": number}[unit]
        en = number if unit == "count" else f"{number} {unit if value != 1 else unit[:-1]}"
        return Figure(text, zh, en)
    short = f"{value:.3g}"
    return Figure(text, short, short)


def money(fen: int) -> Figure:
    """An amount: exact yuan, 万元 in Chinese, yuan with separators in English."""
    return Figure(yuan_text(fen), f"{wan_text(fen)}万元", f"CNY {yuan_for_reading(fen)}")


def _exact(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
