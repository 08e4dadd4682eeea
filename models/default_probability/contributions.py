"""Raw scores and their exact path-dependent Shapley contributions.

The one place that knows how contributions are computed; today LightGBM's own TreeSHAP. Whatever replaces it keeps this
signature and these promises: rows are independent, so one row alone gives the same bits as among many, and
`base + contributions.sum(axis=1)` is `raw` but for rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle

_ROWS_FOR_ONE_THREAD = 256  # below this a second thread costs more (and delays the one row) than it gives


class RawContributions(NamedTuple):
    """Log-odds of the booster before calibration."""

    raw: NDArray[np.float64]  # [N]
    base: float
    contributions: NDArray[np.float64]  # [N, F]


def raw_contributions(matrix: NDArray[np.float64], bundle: Bundle) -> RawContributions:
    """Score rows of the bundle's features (float64[N, F], missing values already filled where the bundle says so).

    The score itself is LightGBM's prediction, not the sum of contributions: adding leaf values in tree order keeps
    monotone trees monotone to the last bit, adding contributions would not.
    """
    booster = bundle.booster
    count, width = matrix.shape
    if count == 0:
        probe = np.asarray(booster.predict(np.zeros((1, width)), pred_contrib=True, num_threads=1))
        return RawContributions(np.empty(0), float(probe[0, -1]), np.empty((0, width)))
    threads = 1 if count < _ROWS_FOR_ONE_THREAD else 0
    raw = np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)
    table = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=threads), dtype=np.float64)
    return RawContributions(raw, float(table[0, -1]), table[:, :-1])
