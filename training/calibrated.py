"""Any learner, calibrated the same way: on its own scores of inner rows that it had not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration, VennAbers
from training.calibrate import platt
from training.calibration.interval import nearly_one_each, venn_abers
from training.folds import Part
from training.learner import Fitted, Learner
from training.sample import Sample

Matrix = NDArray[np.float64]


@runtime_checkable
class LearnsOnFolds(Protocol):
    """A learner that scores the inner rows anyway, to choose something by them."""

    def fit_on_folds(self, sample: Sample, *, seed: int, parts: Sequence[Part]) -> tuple[Fitted, Matrix]:
        """The fit, and the raw scores of the held rows, [repeats, N]."""
        ...


@dataclass(frozen=True)
class CalibratedModel:
    """A fit with its calibration. `unseen`: the raw scores it was calibrated on, [repeats, N] of the rows learned."""

    fitted: Fitted
    calibration: Calibration
    unseen: Matrix
    interval: VennAbers | None = None  # of the probability, from the same scores

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Calibrated log-odds of default of rows with every column of the sample."""
        return self.calibration.log_odds(self.fitted.log_odds(matrix))


def fit_calibrated(learner: Learner, sample: Sample, parts: Sequence[Part], *, seed: int) -> CalibratedModel:
    """The whole procedure on one sample: choices and calibration from the inner parts, then a fit to all rows.

    Tests out of sample call this very function on what they learn from, so their figures are those of the procedure.
    """
    if isinstance(learner, LearnsOnFolds):
        fitted, unseen = learner.fit_on_folds(sample, seed=seed, parts=parts)
    else:
        fitted, unseen = learner.fit(sample, seed=seed), score_parts(learner, sample, parts, seed=seed)
    return CalibratedModel(fitted, calibrate(unseen, sample), unseen, interval_of(unseen, sample))


def score_parts(learner: Learner, sample: Sample, parts: Sequence[Part], *, seed: int) -> Matrix:
    """Raw scores of the held rows of each part by a fit to its others, [repeats, N], NaN where never held."""
    unseen = np.full((1 + max(part.repeat for part in parts), len(sample)), np.nan)
    for part in parts:
        fitted = learner.fit(sample.rows(part.learn), seed=seed)
        unseen[part.repeat, part.held] = fitted.log_odds(sample.matrix[part.held])
    return unseen


def calibrate(unseen: Matrix, sample: Sample) -> Calibration:
    """The line of log-odds on raw scores; rows scored in several repeats count once."""
    scored = ~np.isnan(unseen)
    weight = np.tile(sample.weight, (len(unseen), 1)) / np.maximum(scored.sum(axis=0), 1)
    outcome = np.tile(sample.outcome, (len(unseen), 1))
    intercept, slope = platt(unseen[scored], outcome[scored], weight=weight[scored])
    return Calibration(intercept, slope)


def interval_of(unseen: Matrix, sample: Sample) -> VennAbers:
    """The tables of the probability's interval; of an entity with several rows nearly one is drawn."""
    scored = ~np.isnan(unseen).any(axis=0)
    raw, outcome, entity = unseen[:, scored].mean(axis=0), sample.outcome[scored], sample.entity[scored]
    if len(np.unique(entity)) < len(entity):
        drawn = nearly_one_each(entity, raw)
        raw, outcome = raw[drawn], outcome[drawn]
    return venn_abers(raw, outcome)
