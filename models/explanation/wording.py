"""The shape of an entry of the reason catalogue, and of a code with its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

About = Literal["eligibility", "evidence", "amount", "probability"]


@dataclass(frozen=True)
class ReasonText:
    """One entry of the catalogue."""

    code: str
    about: About
    title_zh: str
    title_en: str
    zh: str
    en: str


@dataclass(frozen=True)
class Words:
    """A code of the system in Chinese and English."""

    code: str
    zh: str
    en: str
