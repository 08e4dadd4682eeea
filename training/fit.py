"""Fitting: shallow monotone trees for few defaults, their number by inner cross-validation, calibrated out of fold.

Why these settings, fixed before any cross-validated figure was seen (docs/decisions has the experiments):
- depth 2 (two-way interactions at most): 27 defaults cannot carry more, and exact contributions stay table look-ups;
- a leaf must hold so many rows that it is expected to hold two defaults;
- slow learning with row and feature sampling: one booster that averages many small opinions, which is bagging inside
  boosting; strong L2, so that a leaf of ten rows says little;
- directions from the catalogue, method "basic" ("advanced" is not monotone in LightGBM 4.7, measured), after a sign
  check on the training rows;
- only the number of trees is left to the data, by the log-loss of inner folds: the score shrinks if there is little
  to learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from models.calibration import Calibration, VennAbers
from training.calibrate import platt
from training.calibration.interval import venn_abers
from training.screening import Fills, agreeing, learn_fills

Matrix = NDArray[np.float64]

ROUNDS = (50, 100, 150, 200, 300, 400)  # numbers of trees that inner cross-validation chooses among
EXPECTED_DEFAULTS_PER_LEAF = 2.0
TREES: dict[str, Any] = {
    "objective": "binary",
    "max_depth": 2,
    "num_leaves": 4,
    "learning_rate": 0.03,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "min_data_in_bin": 1,
    "monotone_constraints_method": "basic",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "feature_pre_filter": False,
    "verbosity": -1,
}


@dataclass(frozen=True)
class FittedModel:
    """Trees with their calibration. `kept`: the columns of the given matrix that passed the sign check."""

    booster: lightgbm.Booster
    kept: tuple[int, ...]
    fills: Fills  # of the kept columns
    calibration: Calibration
    interval: VennAbers  # from the same unseen scores
    rounds: int
    settings: dict[str, Any]

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds before calibration; `matrix` has every given column and may have missing values."""
        return raw_scores(self.booster, self.fills.into(matrix[:, self.kept]))

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Calibrated log-odds of default."""
        return self.calibration.log_odds(self.raw(matrix))


def fit(
    matrix: Matrix,
    outcome: Matrix,
    *,
    names: Sequence[str],
    directions: Sequence[int],
    seed: int,
    feeds: Sequence[str | None] | None = None,
    folds: int = 5,
    repeats: int = 1,
) -> FittedModel:
    """The whole procedure on one sample: number of trees and calibration from inner folds, then trees on all rows.

    Cross-validation calls this very function on each training part, so its figures are those of the procedure; the sign
    check and the fills are made anew inside every inner fold too.
    """
    learner = Learner(
        tuple(names),
        tuple(directions),
        tuple(feeds or (None,) * len(names)),
        {**TREES, "min_data_in_leaf": smallest_leaf(outcome), "seed": seed},
    )
    unseen = np.empty((len(ROUNDS), repeats, len(outcome)))
    for repeat in range(repeats):
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed * 1000 + 500 + repeat)
        for learn, held in splitter.split(matrix, outcome):
            booster, kept, fills = learner.learn(matrix[learn], outcome[learn], ROUNDS[-1])
            rows = fills.into(matrix[held][:, kept])
            for stage, rounds in enumerate(ROUNDS):
                unseen[stage, repeat, held] = raw_scores(booster, rows, rounds)
    losses = (np.logaddexp(0.0, unseen) - outcome * unseen).mean(axis=(1, 2))
    best = int(losses.argmin())
    intercept, slope = platt(unseen[best].ravel(), np.tile(outcome, repeats), weight=1.0 / repeats)
    booster, kept, fills = learner.learn(matrix, outcome, ROUNDS[best])
    interval = venn_abers(unseen[best].mean(axis=0), outcome)
    return FittedModel(booster, kept, fills, Calibration(intercept, slope), interval, ROUNDS[best], learner.settings)


@dataclass(frozen=True)
class Learner:
    """What is fixed before any row is seen: names, directions, feeds and settings of the trees."""

    names: tuple[str, ...]
    directions: tuple[int, ...]
    feeds: tuple[str | None, ...]
    settings: dict[str, Any]

    def learn(self, matrix: Matrix, outcome: Matrix, rounds: int) -> tuple[lightgbm.Booster, tuple[int, ...], Fills]:
        """Sign check, fills and trees from these rows alone."""
        every = learn_fills(matrix, self.directions, self.feeds)
        kept = agreeing(every.learned_from(matrix), outcome, self.directions)
        fills = every.of(kept)
        settings = {**self.settings, "monotone_constraints": [self.directions[column] for column in kept]}
        rows = fills.learned_from(matrix[:, kept])
        data = lightgbm.Dataset(rows, outcome, feature_name=[self.names[column] for column in kept], params=settings)
        return lightgbm.train(settings, data, num_boost_round=rounds), kept, fills


def smallest_leaf(outcome: Matrix) -> int:
    """Rows that a leaf must hold to be expected to hold two defaults (and two good ones); at most a quarter of all."""
    rarer = min(float(outcome.mean()), 1.0 - float(outcome.mean()))
    return max(5, min(math.ceil(EXPECTED_DEFAULTS_PER_LEAF / rarer), len(outcome) // 4))


def raw_scores(booster: lightgbm.Booster, matrix: Matrix, rounds: int | None = None) -> Matrix:
    """Raw scores of the first `rounds` trees, or of all."""
    return np.asarray(booster.predict(matrix, raw_score=True, num_iteration=rounds, num_threads=1), dtype=np.float64)
