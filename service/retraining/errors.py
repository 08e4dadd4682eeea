"""What keeps a retraining from running."""

from __future__ import annotations

from models.errors import AssetlightError


class RetrainConfigInvalid(AssetlightError):
    """The configuration of a retraining has a key or value that it cannot have."""


class RetrainingRunning(AssetlightError):
    """Another retraining of this data directory is under way."""


class TrainingNotInstalled(AssetlightError):
    """The part of the software that trains is not installed beside the service."""
