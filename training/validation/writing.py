"""How sections write their figures down: words, rounded cells, tables, statements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from models.features import CATALOGUE, Feature
from training.discrimination import Estimate
from training.validation.report import Cell, Column, Format, Interval, Light, Statement, Table, Words

DIGITS = 6
FEATURES: Mapping[str, Feature] = {feature.name: feature for feature in CATALOGUE}
ColumnSpec = tuple[str, str, str, Format]  # code, Chinese, English, format


def words(zh: str, en: str) -> Words:
    """Both languages."""
    return Words(zh=zh, en=en)


def same(text: str) -> Words:
    """A name or number that is the same in both languages."""
    return Words(zh=text, en=text)


def number(value: float | None) -> float | None:
    """To six significant digits; None where there is no finite number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}") + 0.0


def interval(estimate: Estimate | None) -> Interval | None:
    """An estimate as a cell; None where there is none."""
    if estimate is None or not all(map(math.isfinite, (estimate.value, estimate.low, estimate.high))):
        return None
    value, low, high = (float(f"{part:.{DIGITS}g}") + 0.0 for part in (estimate.value, estimate.low, estimate.high))
    return Interval(value=value, low=low, high=high)


def cell(value: Cell) -> Cell:
    """A cell with its number rounded."""
    return number(value) if isinstance(value, float) else value


def table(
    code: str,
    title: tuple[str, str],
    columns: Sequence[ColumnSpec],
    rows: Iterable[Sequence[Cell]],
    note: tuple[str, str] | None = None,
) -> Table:
    """A table; numbers are rounded, NaN becomes an empty cell."""
    return Table(
        code=code,
        words=words(*title),
        note=words(*note) if note else None,
        columns=tuple(Column(code=name, words=words(zh, en), format=form) for name, zh, en, form in columns),
        rows=tuple(tuple(cell(value) for value in row) for row in rows),
    )


def statement(zh: str, en: str, light: Light | None = None) -> Statement:
    """A sentence."""
    return Statement(words=words(zh, en), light=light)


def feature_words(name: str, given: Mapping[str, tuple[str, str]]) -> Words:
    """What a feature is called: by the catalogue, by the words given with own columns, or by its name."""
    if name in FEATURES:
        return words(FEATURES[name].zh, FEATURES[name].en)
    zh, en = given.get(name, (name, name))
    return words(zh or name, en or name)


def shown(estimate: Estimate, digits: int = 3) -> str:
    """An estimate as a person reads it.

    >>> shown(Estimate(0.87, 0.8, 0.93))
    '0.870 [0.800, 0.930]'
    """
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
