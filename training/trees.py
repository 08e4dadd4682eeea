"""The champion's trees: shallow, monotone, explained exactly; how many of them is left to later or unseen rows.

Two sets of settings, both fixed before any out-of-time figure was seen (docs/decisions/0007 and 0017):
- FEW, below FEW_DEFAULTERS entities that ever default: depth 2, a leaf expected to hold two defaults, strong L2, slow
  learning with rows and columns sampled. Only the number of trees comes from data.
- MANY: depth 4 at most 12 leaves, a leaf expected to hold ten defaults. A search (training/search.py) may move these.

In both: directions from the catalogue or the schema, method "basic" ("advanced" is not monotone in LightGBM 4.7,
measured), after a sign check on the rows learned from; fills learned from them too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.folds import Inner, Part
from training.sample import CATEGORY, Sample, Words
from training.screening import Fills, agreeing, learn_fills

Matrix = NDArray[np.float64]

DEEPEST = 6  # exact contributions are 50 to 100 times faster than of deeper trees
FEW_DEFAULTERS = 100
FIXED: dict[str, Any] = {
    "objective": "binary",
    "bagging_freq": 1,
    "monotone_constraints_method": "basic",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "feature_pre_filter": False,
    "verbosity": -1,
}


@dataclass(frozen=True)
class TreeSettings:
    """What may differ between samples. A leaf holds so many rows that `defaults_in_leaf` are expected in it."""

    depth: int = 4
    leaves: int = 12
    learning_rate: float = 0.05
    l2: float = 10.0
    rows: float = 0.7  # sampled for each tree
    columns: float = 0.4
    defaults_in_leaf: float = 10.0
    fewest_in_leaf: int = 20
    largest_leaf_share: float = 1 / 8
    rows_in_bin: int = 3
    rounds: tuple[int, ...] = (25, 50, 75, 100, 150, 200, 300, 400)  # numbers of trees to choose among

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= DEEPEST:
            raise ValueError(f"trees have depth 1 to {DEEPEST}, not {self.depth}")

    def smallest_leaf(self, outcome: Matrix) -> int:
        """Rows that a leaf must hold to be expected to hold so many of the rarer outcome, within bounds."""
        rate = float(outcome.mean())
        rarer = max(min(rate, 1 - rate), 1e-6)
        most = int(len(outcome) * self.largest_leaf_share)
        return max(self.fewest_in_leaf, min(math.ceil(self.defaults_in_leaf / rarer), most))

    def for_lightgbm(self, outcome: Matrix, seed: int) -> dict[str, Any]:
        """The parameters of LightGBM for a sample."""
        return {
            **FIXED,
            "max_depth": self.depth,
            "num_leaves": min(self.leaves, 2**self.depth),
            "learning_rate": self.learning_rate,
            "lambda_l2": self.l2,
            "bagging_fraction": self.rows,
            "feature_fraction": self.columns,
            "min_data_in_bin": self.rows_in_bin,
            "min_data_in_leaf": self.smallest_leaf(outcome),
            "seed": seed,
        }

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "rounds": list(self.rounds)}


MANY = TreeSettings()
FEW = TreeSettings(
    depth=2, leaves=4, learning_rate=0.03, l2=5.0, columns=0.5, defaults_in_leaf=2.0, fewest_in_leaf=5,
    largest_leaf_share=1 / 4, rows_in_bin=1, rounds=(50, 100, 150, 200, 300, 400),
)  # fmt: skip


def few_defaults(sample: Sample) -> bool:
    """Whether the sample is one for the small-sample path: fewer than FEW_DEFAULTERS entities of the rarer outcome."""
    ever = np.zeros(int(sample.enterprise.max()) + 1 if len(sample) else 0)
    np.maximum.at(ever, sample.enterprise, sample.outcome)
    return int(min(ever.sum(), len(ever) - ever.sum())) < FEW_DEFAULTERS


def settings_for(sample: Sample) -> TreeSettings:
    """The settings that a sample of this size starts from."""
    return FEW if few_defaults(sample) else MANY


@dataclass(frozen=True)
class FittedTrees:
    """Trees with the fills they need. `kept`: the columns of the sample that passed the sign check."""

    booster: lightgbm.Booster
    kept: tuple[int, ...]
    fills: Fills  # of the kept columns
    rounds: int
    settings: Mapping[str, Any]

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Log-odds before calibration; `matrix` has every column of the sample and may have missing values."""
        return raw_scores(self.booster, self.fills.into(matrix[:, self.kept]))

    @property
    def gains(self) -> Matrix:
        """What each kept column gained the trees, as shares."""
        gains = np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)
        return gains / gains.sum() if gains.sum() else gains

    def booster_text(self, names: Sequence[str]) -> str:
        """The model for a bundle; `names` are those of the kept columns."""
        if tuple(self.booster.feature_name()) != tuple(names):
            raise ValueError("the trees were learned under other names")
        return str(self.booster.model_to_string())


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees. `settings`: None takes those for the size of the sample."""

    settings: TreeSettings | None = None
    inner: Inner = field(default_factory=Inner)

    name: ClassVar[str] = "lightgbm"
    words: ClassVar[Words] = {"zh": "单调提升树（LightGBM）", "en": "monotone trees (LightGBM)"}

    def fit(self, sample: Sample, *, seed: int) -> FittedTrees:
        """The number of trees from inner folds, then trees on all rows."""
        return self.fit_on_folds(sample, seed=seed, parts=self.inner.parts(sample, seed))[0]

    def fit_on_folds(self, sample: Sample, *, seed: int, parts: Sequence[Part]) -> tuple[FittedTrees, Matrix]:
        """Also the raw scores of the rows held in the parts, [repeats, N], NaN where a row is never held.

        Sign check and fills are made anew inside every part.
        """
        settings = self.settings or settings_for(sample)
        unseen = self.scores_by_rounds(sample, seed=seed, parts=parts)
        best = int(mean_loss(unseen, sample).argmin())
        booster, kept, fills = _learn(sample, settings.for_lightgbm(sample.outcome, seed), settings.rounds[best])
        shown = {**settings.for_lightgbm(sample.outcome, seed), "trees": settings.rounds[best]}
        shown["trees_chosen_among"] = list(settings.rounds)
        return FittedTrees(booster, kept, fills, settings.rounds[best], shown), unseen[best]

    def scores_by_rounds(self, sample: Sample, *, seed: int, parts: Sequence[Part]) -> Matrix:
        """Raw scores of the held rows after each number of trees to choose among, [rounds, repeats, N]."""
        settings = self.settings or settings_for(sample)
        parameters = settings.for_lightgbm(sample.outcome, seed)
        repeats = 1 + max(part.repeat for part in parts)
        unseen = np.full((len(settings.rounds), repeats, len(sample)), np.nan)
        for part in parts:
            booster, kept, fills = _learn(sample.rows(part.learn), parameters, settings.rounds[-1])
            rows = fills.into(sample.matrix[part.held][:, kept])
            for stage, rounds in enumerate(settings.rounds):
                unseen[stage, part.repeat, part.held] = raw_scores(booster, rows, rounds)
        return unseen


def mean_loss(unseen: Matrix, sample: Sample) -> Matrix:
    """Weighted mean log-loss of raw scores [..., repeats, N] over the rows that have one."""
    weight = np.where(np.isnan(unseen), 0.0, sample.weight)
    known = np.nan_to_num(unseen)
    losses = np.logaddexp(0.0, known) - sample.outcome * known
    return np.asarray((losses * weight).sum(axis=(-2, -1)) / weight.sum(axis=(-2, -1)))


def raw_scores(booster: lightgbm.Booster, matrix: Matrix, rounds: int | None = None) -> Matrix:
    """Raw scores of the first `rounds` trees, or of all."""
    return np.asarray(booster.predict(matrix, raw_score=True, num_iteration=rounds, num_threads=1), dtype=np.float64)


def _learn(
    sample: Sample, parameters: Mapping[str, Any], rounds: int
) -> tuple[lightgbm.Booster, tuple[int, ...], Fills]:
    """Sign check, fills and trees from these rows alone."""
    categories = [kind == CATEGORY for kind in sample.kinds]
    every = learn_fills(sample.matrix, sample.directions, sample.feeds, categories)
    kept = agreeing(every.learned_from(sample.matrix), sample.outcome, sample.directions)
    fills = every.of(kept)
    settings = {**parameters, "monotone_constraints": [sample.directions[column] for column in kept]}
    rows = fills.learned_from(sample.matrix[:, kept])
    data = lightgbm.Dataset(
        rows,
        sample.outcome,
        weight=sample.weight if sample.weighted else None,
        feature_name=[sample.names[column] for column in kept],
        categorical_feature=[place for place, column in enumerate(kept) if categories[column]],
        params=settings,
    )
    return lightgbm.train(settings, data, num_boost_round=rounds), kept, fills
