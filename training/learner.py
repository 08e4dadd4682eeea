"""The learner: one way of learning from a sample. The trees, the scorecard, the EBM and the logistic regression are all
learners, so that they get the same folds, the same calibration and the same table of comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.sample import Sample, Words

Matrix = NDArray[np.float64]


class Fitted(Protocol):
    """What a learner made of a sample."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the fit was made with, as JSON values, for the card."""
        ...

    @property
    def kept(self) -> tuple[int, ...]:
        """The columns of the sample that the model reads, by place."""
        ...

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Raw, uncalibrated log-odds of default of rows that have every column of the sample; NaN is missing."""
        ...


class Learner(Protocol):
    """One way of learning. `fit` makes every choice from the given rows alone, and the same from the same seed."""

    @property
    def name(self) -> str:
        """A short name without spaces, such as `scorecard`: option of the command line and key in the card."""
        ...

    @property
    def words(self) -> Words:
        """What a person reads, in `zh` and `en`."""
        ...

    def fit(self, sample: Sample, *, seed: int) -> Fitted:
        """Learn from the rows of a sample."""
        ...
