"""The explainable boosting machine: a sum of monotone step functions, one a column, learned by boosting in turn.

Monotone by the direction of the catalogue. A pair of columns may add a term of its own where neither has a direction:
interpret leaves signed columns out of pairs, since a pair could turn a direction around. Missing values as in the
trees: scored at the fill of their column (docs/decisions/0010), whatever boosting made of the bin for them. A category
is learned by the rank of its levels' default rates.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.challengers.as_trees import Matrix, Steps, Term
from training.challengers.fitted import FittedTerms
from training.sample import CATEGORY, Sample, Words
from training.screening import Fills, agreeing, learn_fills, rank_statistic

MOST_COLUMNS = 40  # those that order defaults best alone; boosting over all of them costs minutes and gains nothing
MOST_PAIRS = 3
PRIOR_ROWS = 50.0  # by which the default rate of a level is drawn to the mean before levels are ranked
SETTINGS: dict[str, Any] = {
    "max_bins": 32,  # a tree over them has depth 5
    "max_interaction_bins": 8,
    "outer_bags": 4,
    "learning_rate": 0.03,
    "max_rounds": 1500,
    "early_stopping_rounds": 30,
    "max_leaves": 3,
    "missing": "separate",
    "n_jobs": 1,
}


class Ebm:
    """The learner, with a fixed seed for its bags."""

    name = "ebm"
    words: Words = MappingProxyType({"zh": "单调可解释提升机（EBM）", "en": "monotone EBM"})

    def fit(self, sample: Sample, *, seed: int) -> FittedTerms:
        """Shape functions from these rows alone."""
        kept, fills = _kept(sample)
        ranks = _ranks(sample, kept)
        learned = _ranked(fills.learned_from(sample.matrix[:, kept]), ranks)
        machine = _boosted(sample, learned, kept, seed)
        scored = fills.into(sample.matrix[:, kept])
        terms = [
            _term(machine, number, columns, fills, scored, ranks, [sample.directions[column] for column in kept])
            for number, columns in enumerate(machine.term_features_)
        ]
        return FittedTerms(
            terms=tuple(terms),
            intercept=float(machine.intercept_[0]),
            names=tuple(sample.names[column] for column in kept),
            kept=kept,
            fills=fills,
            settings={**SETTINGS, "columns": len(kept), "terms": len(terms), "seed": seed},
        )


@dataclass(frozen=True)
class _Ranked:
    column: int
    strength: float


def _kept(sample: Sample) -> tuple[tuple[int, ...], Fills]:
    """The columns that pass the sign check, the most telling of them, in the sample's order."""
    every = learn_fills(sample.matrix, sample.directions, sample.feeds, [kind == CATEGORY for kind in sample.kinds])
    rows = every.into(sample.matrix)
    agreed = agreeing(every.learned_from(sample.matrix), sample.outcome, sample.directions)
    ranked = [_Ranked(column, abs(rank_statistic(rows[:, column], sample.outcome))) for column in agreed]
    best = sorted(ranked, key=lambda each: (-each.strength, each.column))[:MOST_COLUMNS]
    kept = tuple(sorted(each.column for each in best))
    return kept, every.of(kept)


def _boosted(sample: Sample, learned: Matrix, kept: tuple[int, ...], seed: int) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of missing values and of columns with few levels
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415  (takes a second)

        logging.getLogger("interpret").setLevel(logging.ERROR)
        machine = ExplainableBoostingClassifier(
            feature_names=[sample.names[column] for column in kept],
            feature_types=["continuous"] * len(kept),
            interactions=MOST_PAIRS if sum(not sample.directions[column] for column in kept) > 1 else 0,
            monotone_constraints=[sample.directions[column] for column in kept],
            random_state=seed,
            min_samples_leaf=max(4, len(sample) // 200),
            **SETTINGS,
        )
        machine.fit(learned, sample.outcome.astype(int), sample_weight=sample.weight if sample.weighted else None)
    return machine


def _ranks(sample: Sample, kept: tuple[int, ...]) -> dict[int, Matrix]:
    """Of each kept category, by place, the rank of every level by its default rate, few rows drawn to the mean."""
    ranks = {}
    for place, column in enumerate(kept):
        if sample.kinds[column] == CATEGORY:
            values = sample.matrix[:, column]
            known = ~np.isnan(values)
            level, weight = values[known].astype(np.int64), sample.weight[known]
            count = len(sample.levels[sample.names[column]])
            rows = np.bincount(level, weights=weight, minlength=count)
            defaults = np.bincount(level, weights=weight * sample.outcome[known], minlength=count)
            rate = (defaults + PRIOR_ROWS * sample.default_rate) / (rows + PRIOR_ROWS)
            ranks[place] = np.argsort(np.argsort(rate, kind="stable"), kind="stable").astype(np.float64)
    return ranks


def _ranked(matrix: Matrix, ranks: dict[int, Matrix]) -> Matrix:
    """The matrix with levels replaced by their ranks; NaN stays."""
    changed = matrix.copy()
    for place, rank in ranks.items():
        known = ~np.isnan(matrix[:, place])
        changed[known, place] = rank[matrix[known, place].astype(np.int64)]
    return changed


def _term(
    machine: Any,  # noqa: ANN401
    number: int,
    columns: tuple[int, ...],
    fills: Fills,
    scored: Matrix,
    ranks: dict[int, Matrix],
    directions: list[int],
) -> Term:
    """A term without the bins of missing and unknown values; missing ones belong to the bin of their fill.

    A category, learned by rank, gets one step for each level.
    """
    scores = np.asarray(machine.term_scores_[number], dtype=np.float64)[(slice(1, -1),) * len(columns)]
    if len(columns) == 1:
        scores = _monotone(scores, directions[columns[0]])
    steps = []
    for axis, column in enumerate(columns):
        bins = machine.bins_[column]
        cuts = tuple(np.asarray(bins[min(len(columns), len(bins)) - 1], dtype=float).tolist())
        if column in ranks:
            scores = scores.take(Steps(column, cuts).bins(ranks[column]), axis=axis)
            cuts = tuple(place + 0.5 for place in range(len(ranks[column]) - 1))
        home = Steps(column, cuts, 0).bins(np.array([fills.absent[column]]))
        steps.append(Steps(column, cuts, int(home[0])))
    shape = tuple(step.count for step in steps)
    places = np.ravel_multi_index([step.bins(scored[:, step.column]) for step in steps], shape)
    rows: NDArray[np.int64] = np.bincount(places, minlength=int(np.prod(shape))).reshape(shape)
    return Term(tuple(steps), scores, rows)


def _monotone(scores: Matrix, direction: int) -> Matrix:
    """The scores with what averaging over bags may undo in the last bit put right."""
    return np.asarray(direction * np.maximum.accumulate(direction * scores) if direction else scores)
