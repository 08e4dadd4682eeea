"""Scores of rows by models that had not seen them: the same parts and the same calibration for every learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from training.calibrated import fit_calibrated
from training.clustered import Clusters
from training.folds import Inner
from training.learner import Learner
from training.sample import Sample
from training.split import Split

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Unseen:
    """Calibrated log-odds of default of the tested rows, by learner, [repeats, T]."""

    tested: NDArray[np.bool_]  # over the rows of the sample
    scores: Mapping[str, Matrix]
    outcome: Matrix  # [T]
    clusters: Clusters
    settings: Mapping[str, tuple[Mapping[str, Any], ...]]  # of each learner's fits, one a part
    interval: Matrix  # lower and upper rate by the first learner, [2, repeats, T]

    def rates(self) -> tuple[Matrix, Matrix]:
        """Ends of the first learner's interval, mean over repeats, wide enough to hold its PD, each [T]."""
        pd = expit(next(iter(self.scores.values())).mean(axis=0))
        low, high = self.interval.mean(axis=1)
        return np.minimum(low, pd), np.maximum(high, pd)

    def log_odds(self, name: str) -> Matrix:
        """The log-odds of one learner, mean over repeats, [T]."""
        return np.asarray(self.scores[name].mean(axis=0))

    def rounds(self, name: str) -> tuple[int, ...]:
        """How many trees each fit chose; none where the learner has none."""
        return tuple(int(each["trees"]) for each in self.settings[name] if "trees" in each)


def score_unseen(
    sample: Sample,
    split: Split,
    learners: Sequence[Learner],
    *,
    seed: int,
    inner: Inner,
    progress: Callable[[], None] = lambda: None,
) -> Unseen:
    """Fit every learner to each part of the split and score the rows it holds back.

    Every choice (sign check, number of trees, calibration, penalty, bins) is made from the rows that are learned from.
    """
    places = np.cumsum(split.tested) - 1  # of a row among the tested ones
    scores = {learner.name: np.full((split.repeats, int(split.tested.sum())), np.nan) for learner in learners}
    settings: dict[str, list[Mapping[str, Any]]] = {learner.name: [] for learner in learners}
    interval = np.full((2, *scores[learners[0].name].shape), np.nan)
    for part in split.parts:
        learned = sample.rows(part.learn)
        parts = inner.parts(learned, seed)
        for learner in learners:
            model = fit_calibrated(learner, learned, parts, seed=seed)
            raw = model.fitted.log_odds(sample.matrix[part.held])
            scores[learner.name][part.repeat, places[part.held]] = model.calibration.log_odds(raw)
            if learner is learners[0] and model.interval is not None:
                interval[:, part.repeat, places[part.held]] = model.interval.interval(raw)
            settings[learner.name].append(model.fitted.settings)
            progress()
    return Unseen(
        split.tested,
        scores,
        sample.outcome[split.tested],
        Clusters(sample.enterprise[split.tested]),
        {name: tuple(each) for name, each in settings.items()},
        interval,
    )
