"""What the service's scheduled jobs ask of training, found by the entry points `assetlight.training`."""

from __future__ import annotations

from training.retraining.challenger import build_challenger, request_key
from training.retraining.matured import matured_outcomes

__all__ = ["build_challenger", "matured_outcomes", "request_key"]
