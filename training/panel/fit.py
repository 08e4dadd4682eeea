"""Fitting to a panel: deeper monotone trees than for a small sample, their number by later days of other enterprises.

Fixed before any out-of-time figure was seen: depth 4 (the explanation allows 6), 12 leaves, a leaf expected to hold ten
defaults, learning rate 0.05, rows 0.7, columns 0.4, L2 10, monotone "basic". Only the number of trees comes from data:
the last third of the days is scored from the earlier ones, each fold of enterprises from the others, and the number
with the least log-loss there is taken; the same scores give the calibration.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration
from training.calibrate import platt
from training.calibration.interval import nearly_one_each, venn_abers
from training.fit import TREES, FittedModel, Learner, raw_scores
from training.panel.panel import Panel
from training.split import entity_folds

ROUNDS = (25, 50, 75, 100, 150, 200, 300, 400)
EXPECTED_DEFAULTS_PER_LEAF = 10.0
INNER_FOLDS = 3
PANEL_TREES: dict[str, Any] = {
    **TREES,
    "max_depth": 4,
    "num_leaves": 12,
    "learning_rate": 0.05,
    "lambda_l2": 10.0,
    "bagging_fraction": 0.7,
    "feature_fraction": 0.4,
    "min_data_in_bin": 3,
}


def fit_panel(panel: Panel, seed: int) -> FittedModel:
    """The whole procedure on the rows to learn from: trees, their number and calibration, all from these rows alone."""
    settings = {**PANEL_TREES, "min_data_in_leaf": _smallest_leaf(panel), "seed": seed}
    learner = Learner(panel.names, panel.directions, panel.feeds, settings)
    later = _later(panel)
    folds = entity_folds(panel.enterprise_ids, INNER_FOLDS, seed + 1)
    unseen = np.full((len(ROUNDS), len(panel)), np.nan)
    for fold in range(INNER_FOLDS):
        learn = (folds != fold) & (~later if later.any() else True)
        held = np.flatnonzero((folds == fold) & (later if later.any() else True))
        booster, kept, fills = learner.learn(panel.matrix[learn], panel.outcome[learn], ROUNDS[-1])
        rows = fills.into(panel.matrix[held][:, kept])
        for stage, rounds in enumerate(ROUNDS):
            unseen[stage, held] = raw_scores(booster, rows, rounds)
    scored = ~np.isnan(unseen[0])
    outcome = panel.outcome[scored]
    losses = (np.logaddexp(0.0, unseen[:, scored]) - outcome * unseen[:, scored]).mean(axis=1)
    best = int(losses.argmin())
    intercept, slope = platt(unseen[best, scored], outcome)
    booster, kept, fills = learner.learn(panel.matrix, panel.outcome, ROUNDS[best])
    drawn = nearly_one_each(panel.enterprise_ids[scored], unseen[best, scored])
    interval = venn_abers(unseen[best, scored][drawn], outcome[drawn])
    return FittedModel(booster, kept, fills, Calibration(intercept, slope), interval, ROUNDS[best], learner.settings)


def _later(panel: Panel) -> NDArray[np.bool_]:
    """The rows of the last third of the days; none where there is one day only."""
    days = np.unique(panel.as_of)
    first = days[len(days) - len(days) // 3] if len(days) >= 3 else days[-1]
    later: NDArray[np.bool_] = panel.as_of >= first if len(days) > 1 else np.zeros(len(panel), dtype=bool)
    return later


def _smallest_leaf(panel: Panel) -> int:
    rate = float(panel.outcome.mean())
    rarer = max(min(rate, 1 - rate), 1e-6)
    return max(20, min(math.ceil(EXPECTED_DEFAULTS_PER_LEAF / rarer), len(panel) // 8))
