"""What may be a feature: leaks are refused with the reason, unknown names with what was near."""

from __future__ import annotations

import pytest

from models.features import CATALOGUE, FeatureUnknown
from training.selection import FeatureWouldLeak, NoFeatures, choose_features, split_names


@pytest.mark.parametrize("name", ["rating", "信誉评级", "Credit Rating", "grade"])
def test_a_rating_is_refused_with_its_reason(name: str) -> None:
    """The rating is the bank's own verdict."""
    with pytest.raises(FeatureWouldLeak, match="bank's own verdict"):
        choose_features(CATALOGUE, [name])


@pytest.mark.parametrize("name", ["enterprise_id", "企业代号", "code"])
def test_an_enterprise_code_is_refused_with_its_reason(name: str) -> None:
    """Codes are ordered by turnover in the contest data."""
    with pytest.raises(FeatureWouldLeak, match="ordered by turnover"):
        choose_features(CATALOGUE, [name])


def test_an_unknown_feature_is_answered_with_near_names() -> None:
    """A slip of the pen shows what was meant."""
    with pytest.raises(FeatureUnknown, match=r"perhaps .*void_rate_12m"):
        choose_features(CATALOGUE, ["void_rate_12"])


def test_by_default_only_features_with_a_known_direction_are_used() -> None:
    """What the catalogue has no direction for is left out unless asked for by name."""
    assert all(feature.direction for feature in choose_features(CATALOGUE))
    assert [f.name for f in choose_features(CATALOGUE, ["gross_margin_12m"])] == ["gross_margin_12m"]


def test_features_keep_the_order_of_the_catalogue_and_lose_those_left_out() -> None:
    """The order asked for does not matter, so equal questions give equal bundles."""
    chosen = choose_features(CATALOGUE, ["void_rate_12m", "sales_12m_fen", "sales_3m_fen"], ["sales_3m_fen"])
    assert [feature.name for feature in chosen] == ["sales_12m_fen", "void_rate_12m"]


def test_nothing_left_is_an_error() -> None:
    """A model needs at least one feature."""
    with pytest.raises(NoFeatures, match="no feature is left"):
        choose_features(CATALOGUE, ["void_rate_12m"], ["void_rate_12m"])


def test_names_of_an_option_are_trimmed() -> None:
    """Spaces and stray commas around names mean nothing."""
    assert split_names(" a, b,,") == ("a", "b")
