"""The language of the page, and figures as people read them."""

from __future__ import annotations

from enum import StrEnum

from models.explanation.figures import MISSING, Figure, figure, money
from models.money import fen_from_yuan


class Language(StrEnum):
    """In which words the page speaks."""

    ZH = "zh"
    EN = "en"

    def say(self, zh: str, en: str) -> str:
        """The words in this language."""
        return zh if self is Language.ZH else en

    def shown(self, value: Figure) -> str:
        """A figure in this language."""
        return self.say(value.zh, value.en)


def readable(text: str | None, unit: str) -> Figure:
    """The exact text of a record as a figure for reading."""
    if text is None:
        return MISSING
    if unit == "yuan":
        return money(fen_from_yuan(text))
    if unit == "grade":
        return Figure(text, text, text)
    return figure(float(text), unit)
