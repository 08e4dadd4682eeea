"""What a learner of step functions hands on: its terms, and the same model as a LightGBM booster for the bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np

from training.challengers.as_trees import Matrix, Term, as_booster
from training.screening import Fills


@dataclass(frozen=True)
class FittedTerms:
    """A sum of step functions. `kept`: the columns of the sample it reads; terms count columns among these."""

    terms: tuple[Term, ...]
    intercept: float
    names: tuple[str, ...]  # of the kept columns
    kept: tuple[int, ...]
    fills: Fills  # of the kept columns
    settings: Mapping[str, Any]

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The model as trees: one for each term, and one leaf for the intercept."""
        return as_booster(self.terms, self.intercept, self.names)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Raw log-odds of default; `matrix` has every column of the sample and may have missing values."""
        rows = self.fills.into(matrix[:, self.kept])
        return np.asarray(self.booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)

    @property
    def gains(self) -> Matrix:
        """How far each kept column spreads the score over the training rows (squared), as shares."""
        gains = np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)
        return gains / gains.sum() if gains.sum() else gains

    def booster_text(self, names: Sequence[str]) -> str:
        """The model for a bundle; `names` are those of the kept columns."""
        if tuple(names) != self.names:
            raise ValueError("the terms were learned under other names")
        return str(self.booster.model_to_string())
