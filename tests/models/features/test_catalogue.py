"""The catalogue is complete, and its page is the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.features import CATALOGUE, Feature, FeatureUnknown, feature
from models.features.catalogue import catalogue_markdown

PAGE = Path(__file__).resolve().parents[3] / "docs" / "features.md"


@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_entry_is_complete(item: Feature) -> None:
    """Each feature has words in both languages, a source, a definition, null rules, its window in the name."""
    assert item.direction in {-1, 0, 1}
    for words in (item.zh, item.reason_zh):
        assert re.search(r"[\u4e00-\u9fff]", words)
    for words in (item.en, item.reason_en, item.source, item.definition, item.empty, item.family):
        assert words
        assert not re.search(r"[\u4e00-\u9fff]", words)
    assert "null" in item.empty
    if item.window is None:
        assert not re.search(r"_\d+m(_|$)", item.name)
    else:
        assert item.name.endswith("_yoy") or re.search(r"_\d+m(_|$)", item.name)
    if item.unit == "fen":
        assert item.name.endswith("_fen")


def test_names_and_words_are_unique() -> None:
    """No two features share a name or what a person reads."""
    for attribute in ("name", "zh", "en"):
        values = [getattr(item, attribute) for item in CATALOGUE]
        assert len(set(values)) == len(values)


def test_core_names_stay() -> None:
    """The names that later stages read are there."""
    core = """sales_3m_fen sales_6m_fen sales_12m_fen sales_24m_fen sales_growth_yoy sales_cv_12m active_months_12m
        max_gap_days_12m days_since_last_sale days_since_first_sale void_rate_12m red_rate_12m customer_hhi_12m
        customer_top1_share_12m purchases_12m_fen supplier_hhi_12m"""
    assert set(core.split()) <= {item.name for item in CATALOGUE}


def test_unknown_name() -> None:
    """Asking for a feature that does not exist names it."""
    assert feature("void_rate_12m").direction == 1
    with pytest.raises(FeatureUnknown, match="void_rate_13m"):
        feature("void_rate_13m")


def test_page_is_written_from_the_code() -> None:
    """docs/features.md is what `python -m models.features` prints."""
    assert PAGE.read_text(encoding="utf-8") == catalogue_markdown()
