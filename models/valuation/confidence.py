"""How far a value can be trusted: by how many approaches agree, who verified them, and how much evidence there is."""

from __future__ import annotations

import numpy as np

from models.valuation.approaches import Approach, Range, Reconciled
from models.valuation.outcome import Masks
from models.valuation.rates import ONE, Int64
from models.valuation.words import CONFIDENCE

NONE, LOW, MEDIUM, HIGH = range(len(CONFIDENCE))


def confidence_of(
    value: Range, approaches: tuple[Approach, ...], reconciled: Reconciled, known_weight: Int64, masks: Masks
) -> Int64:
    """high: two approaches verified by others, in agreement, half of the score known, nothing pending. medium: one
    approach verified by others, nothing pending, no disagreement. low: the rest; a lone self-reported number is low.
    none: the asset counts for nothing at all.
    """
    verified = np.zeros(len(known_weight), np.int64)
    for approach in approaches:
        verified = verified + approach.verified
    clean = (masks.pending == 0) & ~reconciled.disagree
    half = known_weight * 2 >= ONE
    level = np.where(clean & (verified >= 1) & (reconciled.count >= 1), MEDIUM, LOW)
    level = np.where(clean & (verified >= 2) & (reconciled.count >= 2) & half, HIGH, level)
    return np.where(value.high > 0, level, NONE)
