"""Moving a calibration from the default rate of its rows to a central tendency, on the log-odds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration
from training.calibrate import prior_shift


def rate_of(unseen: NDArray[np.float64], outcome: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Weighted default rate of the rows that a calibration was fitted to; `unseen` [repeats, N] is NaN elsewhere.

    That is the level of the calibrated probabilities, and so the rate to move from: with several days only later rows
    are scored, and their rate is not that of all rows.
    """
    scored = ~np.isnan(unseen).all(axis=0)
    return float(outcome[scored] @ weight[scored] / weight[scored].sum())


def shifted(calibration: Calibration, tendency: float, sample_rate: float) -> Calibration:
    """The calibration at the tendency; slope, order and points between two enterprises stay. TendencyNotUsable."""
    shift = prior_shift(tendency, sample_rate)
    return replace(
        calibration, intercept=calibration.intercept + shift, prior_shift=calibration.prior_shift + shift
    )  # fmt: skip
