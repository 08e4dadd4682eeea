"""What can go wrong while valuing: evidence or parameters that cannot be used as they are."""

from __future__ import annotations

from models.errors import AssetlightError


class ShareOutOfRange(AssetlightError):
    """A parameter that should be a fraction is negative or absurdly large."""


class EvidenceColumnWrong(AssetlightError):
    """A column of the evidence table has another type than the valuation reads."""


class ParametersContradict(AssetlightError):
    """Two valuation parameters cannot both hold, such as a block level above the call level."""
