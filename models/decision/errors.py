"""What can be wrong with a stored decision."""

from __future__ import annotations

from models.errors import AssetlightError


class DecisionVersionUnknown(AssetlightError):
    """The record says a schema version that this release does not know."""


class DecisionUnreadable(AssetlightError):
    """The bytes are not a decision record."""


class DecisionAltered(AssetlightError):
    """The record's content is not the content that its id names."""


class DecisionNotReproduced(AssetlightError):
    """Data, model, policy or code changed since: what is recomputed now would not explain the kept decision."""
