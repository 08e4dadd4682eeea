"""Training set to bundle: cross-validate the procedure, fit on all rows, check monotonicity, make the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from models.bundle import Bundle, PointsScale
from models.errors import AssetlightError
from models.policy import PolicyValueNotInForce, load_policy
from training.calibrate import prior_shift
from training.card import card_of, card_text
from training.dataset import TrainingSet
from training.fit import FittedModel, fit
from training.labels import Labels
from training.monotone import check_monotone
from training.skill import grades_of
from training.validate import OutOfFold, cross_validate, figures

FINAL_REPEATS = 5  # of the inner folds for the model that is kept: calibration then hangs less on one shuffle


class NothingLearned(AssetlightError):
    """The trees found no split: every enterprise would score the same."""


class FoldsNotUsable(AssetlightError):
    """More folds than enterprises of the rarer outcome."""


@dataclass(frozen=True)
class TrainingPlan:
    """What a person chooses about a training run."""

    seed: int = 7
    repeats: int = 5
    folds: int = 5
    central_tendency: float | None = None

    @property
    def steps(self) -> int:
        """How often `progress` is told that a step is done."""
        return self.repeats * self.folds + 1


def train_bundle(
    data: TrainingSet, labels: Labels, plan: TrainingPlan, progress: Callable[[], None] = lambda: None
) -> Bundle:
    """A bundle with its card; nothing is written. The same data, plan and version give the same digest.

    Raises NothingLearned, FoldsNotUsable, TendencyNotUsable, ModelNotMonotone.
    """
    rarer = int(min(data.outcome.sum(), len(data.outcome) - data.outcome.sum()))
    if plan.folds > rarer * (plan.folds - 1) // plan.folds:
        raise FoldsNotUsable(
            "too many folds for so few of one outcome", found=plan.folds, expected=f"at most {rarer - 1}"
        )
    shift = 0.0 if plan.central_tendency is None else prior_shift(plan.central_tendency, data.default_rate)
    unseen = cross_validate(data, repeats=plan.repeats, folds=plan.folds, seed=plan.seed, progress=progress)
    model = fit(
        data.matrix,
        data.outcome,
        names=data.names,
        directions=data.directions,
        feeds=data.feeds,
        seed=plan.seed,
        folds=plan.folds,
        repeats=FINAL_REPEATS,
    )
    _check_learned(model, data)
    sweep = check_monotone(model, data.matrix, data.names, data.directions)
    kept = [data.features[column] for column in model.kept]
    progress()
    bundle = Bundle(
        features=tuple(feature.name for feature in kept),
        directions=tuple(feature.direction for feature in kept),
        missing_as=model.fills.missing,
        feeds=model.fills.feeds,
        absent_as=model.fills.absent,
        booster_text=model.booster.model_to_string(),
        calibration=replace(model.calibration, intercept=model.calibration.intercept + shift, prior_shift=shift),
        points=PointsScale(),
        interval=model.interval,
        data_origin=data.data_origin,
        label_origin=data.label_origin,
        trained_as_of=data.as_of,
    )
    measured = measured_on(unseen, data)
    card = card_of(
        bundle,
        data=data,
        labels=labels,
        model=model,
        measured=measured,
        rounds_by_fold=unseen.rounds,
        sweep=sweep,
        plan={
            "seed": plan.seed,
            "repeats": plan.repeats,
            "folds": plan.folds,
            "central_tendency": plan.central_tendency,
        },
    )
    return replace(bundle, card=card, card_text=card_text(card))


def measured_on(unseen: OutOfFold, data: TrainingSet) -> dict[str, Any]:
    """The figures of the card, with the grades that the out-of-fold PDs fall into where policy has a scale by then."""
    measured = figures(unseen, data.outcome)
    try:
        measured["grades"] = grades_of(unseen.model, load_policy(data.as_of))
    except PolicyValueNotInForce:
        measured["grades"] = None
    return measured


def _check_learned(model: FittedModel, data: TrainingSet) -> None:
    if not model.booster.feature_importance("split").any():
        raise NothingLearned(
            "the trees found nothing to split on: every enterprise would score the same",
            found=f"{len(data.outcome)} rows, {int(data.outcome.sum())} defaults",
            expected="more enterprises, or features that differ between them",
        )
