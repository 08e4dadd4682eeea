"""What a portfolio report is: sections of sentences, tables and charts. Every word stands in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["zh", "en"]
Format: TypeAlias = Literal["text", "count", "yuan", "percent", "number", "change"]


class Words(NamedTuple):
    """The same in Chinese and English."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        """One of the two."""
        return self.zh if language == "zh" else self.en


Cell: TypeAlias = "str | float | int | Words | None"


@dataclass(frozen=True)
class Column:
    """A column of a table. `yuan`: whole fen in the cells, shown in yuan."""

    words: Words
    format: Format = "text"

    @property
    def is_number(self) -> bool:
        """Whether it is set to the right."""
        return self.format != "text"


@dataclass(frozen=True)
class Table:
    """A table; the first column names the row."""

    code: str
    words: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Series:
    """Values of one colour, one for each label of the chart."""

    words: Words
    values: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Bars by label, the series beside each other; or a matrix of shares (`heat`): a series is a row."""

    code: str
    words: Words
    labels: tuple[Words, ...]
    series: tuple[Series, ...]
    axis: Words
    kind: Literal["columns", "bars", "heat"] = "columns"
    percent: bool = False
    line: float | None = None


@dataclass(frozen=True)
class Section:
    """One subject."""

    code: str
    words: Words
    said: tuple[Words, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class PortfolioReport:
    """The whole report. `before`: the day of the run that it is compared with."""

    as_of: date
    run: str
    before: date | None
    before_run: str | None
    simulated: bool
    sections: tuple[Section, ...] = field(default_factory=tuple)


def text(zh: str, en: str) -> Column:
    """A column of words."""
    return Column(Words(zh, en))


def count(zh: str, en: str) -> Column:
    """A column of whole numbers."""
    return Column(Words(zh, en), "count")


def yuan(zh: str, en: str) -> Column:
    """A column of amounts: fen in the cells."""
    return Column(Words(zh, en), "yuan")


def percent(zh: str, en: str) -> Column:
    """A column of fractions."""
    return Column(Words(zh, en), "percent")


def number(zh: str, en: str) -> Column:
    """A column of numbers."""
    return Column(Words(zh, en), "number")


def change(zh: str, en: str) -> Column:
    """A column of differences, shown with their sign."""
    return Column(Words(zh, en), "change")
