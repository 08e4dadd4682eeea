"""Which feed a feature comes from: features of one feed are null together where it is not connected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.features import Feature
from models.features.family import mentioned


def feed_of(feature: Feature) -> str:
    """The relations that the feature's expression and `needs` name, e.g. `p+s` for sales and purchase invoices.

    A feature of two feeds is null where either is absent, so it is of a feed of its own: both together.
    """
    return "+".join(sorted(mentioned(feature.expression) | {side[0] for side in feature.needs}))


def described(features: Sequence[Feature]) -> dict[str, Any]:
    """What a sample says of its columns where they are features of the catalogue."""
    return {
        "names": tuple(feature.name for feature in features),
        "directions": tuple(feature.direction for feature in features),
        "words": tuple({"zh": feature.zh, "en": feature.en} for feature in features),
        "feeds": tuple(feed_of(feature) for feature in features),
        "units": tuple(feature.unit for feature in features),
        "families": tuple(feature.family for feature in features),
    }
