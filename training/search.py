"""The search for tree settings: a few fixed ones first, then Optuna's TPE, every trial judged on the same inner parts.

The first trials are the settings of the sample's size at each depth; among depths the shallowest is taken whose loss is
within one standard error of the best (the rule of Breiman et al. 1984), for the explanation pays for depth. Trials are
written to a journal as they end, so that a killed search goes on where it was; the proposal of a trial depends on the
seed and the trials that ended before it, so that a search in two pieces ends as one in one piece. With a time budget
the number of trials that fitted in decides: the card states it, and that number as `--trials` gives the same bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import lightgbm
import numpy as np

from models import __version__
from models.canonical import digest
from training.folds import Inner, Part
from training.sample import Matrix, Sample, Words
from training.search_journal import Judged, Study
from training.trees import DEEPEST, FittedTrees, Trees, TreeSettings, few_defaults, mean_loss, settings_for

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

DEPTHS = (4, 3, 2, 6, 5)  # of the first trials, in this order
FIRST_TRIALS = 4  # by default: the settings of the sample's size at the first four depths
FEW_DEPTHS = (2, 1, 3)  # where defaults are few
GROUPS = 40  # of entities, between which the standard error of a difference is taken
SPACE_VERSION = 1  # of what is searched; a journal of another version is another search


@dataclass(frozen=True)
class SearchPlan:
    """How long to search. `trials` None: FIRST_TRIALS where there are many defaults, none where there are few."""

    trials: int | None = None
    budget_seconds: float | None = None
    journals: Path | None = None  # folder; None keeps nothing

    @property
    def asked(self) -> bool:
        """Whether somebody asked for a search."""
        return self.trials is not None or self.budget_seconds is not None

    def trials_for(self, sample: Sample) -> int:
        """The number of trials for a sample; with a budget and no number, as many as fit in."""
        if self.trials is not None:
            return self.trials
        if self.budget_seconds is not None:
            return 10_000
        return 0 if few_defaults(sample) else FIRST_TRIALS


@dataclass(frozen=True)
class Found:
    """The settings to train with, and what the search looked at, as JSON values for the card."""

    settings: TreeSettings
    record: dict[str, Any]


def search(
    sample: Sample,
    parts: Sequence[Part],
    plan: SearchPlan,
    *,
    seed: int,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Found | None:
    """Search on the rows to learn from, judged on their inner parts; None where no trial is asked for.

    Raises JournalInUse.
    """
    asked = plan.trials_for(sample)
    if not asked:
        return None
    start = settings_for(sample)
    trying = _Trying(sample, parts, start, seed)
    began = perf_counter()
    with Study(plan.journals, _key(sample, parts, seed)) as study:
        done = study.completed()
        while len(done) < asked:
            progress(len(done), asked)
            study.run(trying, number=len(done), seed=seed, fixed=first_choice(start, len(done), few=trying.few))
            done = study.completed()
            if plan.budget_seconds is not None and perf_counter() - began >= plan.budget_seconds:
                break
        progress(asked, asked)
        trials = [_Trial.of(each, start) for each in done[:asked]]
    chosen, best, depths = _choose(trials, trying.weight)
    record = {
        "trials": len(trials),
        "judged_on": "log-loss of the inner parts of the rows learned from",
        "best": best.as_dict(),
        "chosen": chosen.as_dict(),
        "depths": depths,
        "rule": "the shallowest depth within one standard error of the best",
    }
    return Found(chosen.settings, record)


def proposal(trial: Trial, start: TreeSettings) -> TreeSettings:
    """Settings that TPE proposes, around those of the sample's size."""
    depth = trial.suggest_int("depth", 1, DEEPEST)
    return replace(
        start,
        depth=depth,
        leaves=trial.suggest_int("leaves", 2, 32, log=True),
        learning_rate=trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
        l2=trial.suggest_float("l2", 0.5, 50.0, log=True),
        rows=trial.suggest_float("rows", 0.4, 1.0),
        columns=trial.suggest_float("columns", 0.15, 1.0),
        defaults_in_leaf=trial.suggest_float("defaults_in_leaf", 2.0, 50.0, log=True),
    )


def first_choice(start: TreeSettings, number: int, *, few: bool) -> dict[str, Any] | None:
    """What the first trials are fixed to: the usual settings at one depth after another; None where TPE proposes."""
    depths = FEW_DEPTHS if few else DEPTHS
    if number >= len(depths):
        return None
    depth = depths[number]
    chosen = {name: getattr(start, name) for name in ("learning_rate", "l2", "rows", "columns", "defaults_in_leaf")}
    return {**chosen, "depth": depth, "leaves": min(2**depth, max(start.leaves, 2 * depth))}


@dataclass(frozen=True)
class _Trial:
    """A trial that ended. `by_group`: sums of loss by group of entities."""

    number: int
    settings: TreeSettings
    loss: float
    trees: int
    by_group: Matrix

    @classmethod
    def of(cls, ended: FrozenTrial, start: TreeSettings) -> _Trial:
        stored = ended.user_attrs["settings"]
        settings = replace(start, **{key: value for key, value in stored.items() if key != "rounds"})
        by_group = np.array(ended.user_attrs["by_group"])
        loss = ended.value if ended.value is not None else float("inf")
        return cls(ended.user_attrs["place"], settings, float(loss), int(ended.user_attrs["trees"]), by_group)

    def as_dict(self) -> dict[str, Any]:
        return {
            "trial": self.number,
            "loss": round(self.loss, 8),
            "trees": self.trees,
            "depth": self.settings.depth,
            "leaves": self.settings.leaves,
            "learning_rate": self.settings.learning_rate,
            "l2": self.settings.l2,
            "rows": self.settings.rows,
            "columns": self.settings.columns,
            "defaults_in_leaf": self.settings.defaults_in_leaf,
        }


@dataclass(frozen=True)
class _Trying:
    """What a trial is judged on."""

    sample: Sample
    parts: Sequence[Part]
    start: TreeSettings
    seed: int

    @property
    def few(self) -> bool:
        return few_defaults(self.sample)

    def __call__(self, trial: Trial) -> Judged:
        """The loss at the best number of trees; also the settings, that number, and the loss by group of entities."""
        settings = proposal(trial, self.start)
        unseen = Trees(settings).scores_by_rounds(self.sample, seed=self.seed, parts=self.parts)
        losses = mean_loss(unseen, self.sample)
        best = int(losses.argmin())
        known = np.nan_to_num(unseen[best])
        by_row = (np.logaddexp(0.0, known) - self.sample.outcome * known) * self.weights
        by_group = np.bincount(self.groups, weights=by_row.sum(axis=0), minlength=GROUPS)
        kept = {
            "settings": settings.as_dict(),
            "trees": settings.rounds[best],
            "by_group": [float(each) for each in by_group],
        }
        return float(losses[best]), kept

    @property
    def weights(self) -> Matrix:
        """Of each row in each repeat; 0 where it is not held."""
        held = np.zeros((1 + max(part.repeat for part in self.parts), len(self.sample)))
        for part in self.parts:
            held[part.repeat, part.held] = self.sample.weight[part.held]
        return held

    @property
    def weight(self) -> float:
        """Sum of the weights of all rows that are judged on."""
        return float(self.weights.sum())

    @property
    def groups(self) -> np.ndarray:
        """The group of each row's entity."""
        return np.asarray(self.sample.enterprise % GROUPS)


def _choose(trials: Sequence[_Trial], weight: float) -> tuple[_Trial, _Trial, list[dict[str, Any]]]:
    """The trial taken, the one of least loss, and the best of each depth beside it."""
    best = min(trials, key=lambda each: (each.loss, each.number))
    lines, taken = [], best
    for depth in sorted({each.settings.depth for each in trials}):
        here = min((each for each in trials if each.settings.depth == depth), key=lambda each: (each.loss, each.number))
        difference = here.by_group - best.by_group
        error = float(np.sqrt(((difference - difference.mean()) ** 2).sum() * GROUPS / (GROUPS - 1)) / weight)
        within = here.loss - best.loss <= error
        lines.append(
            {
                "depth": depth,
                "loss": round(here.loss, 8),
                "above_best": round(here.loss - best.loss, 8),
                "one_standard_error": round(error, 8),
                "costs_nothing": bool(within),
            }
        )
        if within and depth < taken.settings.depth:
            taken = here
    return taken, best, lines


def _key(sample: Sample, parts: Sequence[Part], seed: int) -> str:
    """What a search depends on."""
    return digest(
        {
            "sample": sample.sha256,
            "directions": list(sample.directions),
            "parts": [[part.repeat, len(part.learn), len(part.held), int(part.held.sum())] for part in parts],
            "seed": seed,
            "space": SPACE_VERSION,
            "version": __version__,
            "lightgbm": lightgbm.__version__,
        }
    )[:24]


@dataclass(frozen=True)
class SearchingTrees:
    """Trees whose settings are searched anew on whatever rows they are fitted to: the honest way to test a search.

    Where the test is out of time the settings are searched once, on the learned rows, which no tested day is among.
    """

    plan: SearchPlan
    inner: Inner

    name: ClassVar[str] = Trees.name
    words: ClassVar[Words] = Trees.words

    def fit(self, sample: Sample, *, seed: int) -> FittedTrees:
        """Search, then fit."""
        return self.fit_on_folds(sample, seed=seed, parts=self.inner.parts(sample, seed))[0]

    def fit_on_folds(self, sample: Sample, *, seed: int, parts: Sequence[Part]) -> tuple[FittedTrees, Matrix]:
        """Also the raw scores of the held rows."""
        found = search(sample, parts, self.plan, seed=seed)
        trees = Trees() if found is None else Trees(found.settings)
        return trees.fit_on_folds(sample, seed=seed, parts=parts)
