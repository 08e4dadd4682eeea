"""The words of a model feature, from the feature catalogue."""

from __future__ import annotations

from typing import NamedTuple

from models.explanation.catalogue import PROBABILITY_TITLE_EN, PROBABILITY_TITLE_ZH
from models.features.catalogue import CATALOGUE


class FeatureWords(NamedTuple):
    """Name, unit and window in months of a feature."""

    zh: str
    en: str
    unit: str
    window: int | None

    @property
    def title_zh(self) -> str:
        """Short Chinese title of the reason that the feature costs points."""
        return PROBABILITY_TITLE_ZH.format(name=self.zh)

    @property
    def title_en(self) -> str:
        """Short English title of the reason that the feature costs points."""
        return PROBABILITY_TITLE_EN.format(name=self.en)


FEATURE_NAMES = frozenset(item.name for item in CATALOGUE)
_WORDS = {item.name: FeatureWords(item.zh, item.en, item.unit, item.window) for item in CATALOGUE}


def feature_words(name: str) -> FeatureWords:
    """The words of a feature; one outside the catalogue speaks for itself."""
    return _WORDS.get(name) or FeatureWords(name, name, "number", None)


def reason_code(name: str) -> str:
    """The reason code of a feature that costs points, such as PD-VOID_RATE_12M."""
    return f"PD-{name.upper()}"
