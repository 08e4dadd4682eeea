"""What the service's scheduled jobs ask of training, found by the entry points `assetlight.training`."""

from __future__ import annotations

from training.retraining.asked import request_key
from training.retraining.challenger import build_challenger
from training.retraining.matured import borrowers, matured_outcomes

__all__ = ["borrowers", "build_challenger", "matured_outcomes", "request_key"]
