"""The learner: one way of learning from a sample. The trees, the scorecard, the EBM and the logistic regression are all
learners, so that they get the same folds, the same calibration and the same table of comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from training.sample import Sample, Words
from training.screening import Fills

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


@runtime_checkable
class Publishable(Protocol):
    """A fit that can be written into a bundle: as trees, with the fills and what each kept column is worth."""

    @property
    def fills(self) -> Fills:
        """What a missing value of each kept column is scored at."""
        ...

    @property
    def gains(self) -> Matrix:
        """What each kept column is worth to the model, as shares."""
        ...

    def booster_text(self, names: Sequence[str]) -> str:
        """The model in LightGBM's text; `names` are those of the kept columns."""
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
