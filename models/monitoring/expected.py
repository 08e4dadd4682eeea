"""How good a model is expected to be where nobody knows the outcomes yet, from its calibrated probabilities alone.

Confidence-based performance estimation (CBPE): if p is the probability of default, a row is a default with weight p and
none with weight 1 - p. Every figure that is a count over outcomes becomes an expected count (Bialek, Kuberski, Perrakis
and Bifet, Estimating Model Performance Under Covariate Shift Without Labels, arXiv 2401.08348). It holds as far as the
calibration does: it sees that the people have changed, not that the same people now default more often, so it stands
beside the calibration on matured outcomes and does not replace it. The library of its authors (nannyml) needs an older
pandas and LightGBM than this project has, for two formulas of one line each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def expected_auc(probability: Vector) -> float | None:
    """The area under the expected ROC curve; None where it is not defined.

    The chance that, of a random expected default and a random expected non-default, the first has the higher
    probability (half of it where they are equal).
    """
    if not len(probability):
        return None
    values, place = np.unique(probability, return_inverse=True)
    bad = np.bincount(place, weights=probability, minlength=len(values))
    good = np.bincount(place, weights=1.0 - probability, minlength=len(values))
    if not bad.sum() > 0 or not good.sum() > 0:
        return None
    below = np.cumsum(good) - good
    return float((bad * (below + 0.5 * good)).sum() / (bad.sum() * good.sum()))


def expected_brier(probability: Vector) -> float | None:
    """The expected Brier score: the mean of p (1 - p), since E[(p - y)^2] = p (1 - p) for y = 1 with chance p."""
    return float((probability * (1.0 - probability)).mean()) if len(probability) else None
