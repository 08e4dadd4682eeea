"""Which feed a feature comes from: features of one feed are null together where it is not connected."""

from __future__ import annotations

from models.features import Feature
from models.features.family import mentioned


def feed_of(feature: Feature) -> str:
    """The relations that the feature's expression and `needs` name, e.g. `p+s` for sales and purchase invoices.

    A feature of two feeds is null where either is absent, so it is of a feed of its own: both together.
    """
    return "+".join(sorted(mentioned(feature.expression) | {side[0] for side in feature.needs}))
