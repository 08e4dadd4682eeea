"""Panel to bundle: audit, score unseen days and enterprises, fit to the learned days, check, and make the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from models.bundle import Bundle, PointsScale
from models.errors import AssetlightError
from training.calibrate import prior_shift
from training.clustered import auc, auc_difference
from training.dataset import TURNOVER
from training.fit import FittedModel
from training.monotone import check_monotone
from training.panel.card import card_of, card_text
from training.panel.evaluate import FOLDS, Unseen, by_feed, figures, on_days, score_unseen
from training.panel.fit import fit_panel
from training.panel.leakage import Finding, refuse_leaks, tells_of_repayment
from training.panel.panel import Panel
from training.split import TimeSplit, split_days
from training.validate import verdict

FEWEST_DEFAULTS = 30  # to learn from, and to test on
LABEL_ORIGIN = "records: 90 days past due or unlikely to pay within the horizon"


class TooFewDefaultsInPanel(AssetlightError):
    """A side of the split has too few defaults, or too few rows without, to say anything."""


class NothingLearnedFromPanel(AssetlightError):
    """The trees found no split."""


@dataclass(frozen=True)
class PanelPlan:
    """What a person chooses about training from a panel."""

    seed: int = 7
    folds: int = FOLDS
    test_from: date | None = None
    central_tendency: float | None = None

    @property
    def steps(self) -> int:
        """How often `progress` is told that a step is done."""
        return 2 * self.folds + 1


def train_from_panel(
    panel: Panel, findings: list[Finding], plan: PanelPlan, progress: Callable[[], None] = lambda: None
) -> Bundle:
    """A bundle with its card; nothing is written. The same panel, plan and version give the same digest.

    The bundle's trees are fitted to the learned days of all enterprises; its figures are those of the same procedure on
    the tested days, each fold of enterprises scored by trees that did not see it. Raises LeakFound, TooFewDays,
    TooFewDefaultsInPanel, SplitOverlaps, ModelNotMonotone, TendencyNotUsable.
    """
    refuse_leaks(findings)
    split = split_days(panel.days, panel.horizon_months, plan.test_from)
    learned = panel.rows(on_days(panel, split.learned))
    _check_outcomes(panel, split)
    rate = float(learned.outcome.mean())
    shift = 0.0 if plan.central_tendency is None else prior_shift(plan.central_tendency, rate)
    unseen = score_unseen(panel, split, seed=plan.seed, folds=plan.folds, progress=progress)
    model = fit_panel(learned, plan.seed)
    if not model.booster.feature_importance("split").any():
        raise NothingLearnedFromPanel("the trees found nothing to split on", found=f"{len(learned)} rows")
    sweep = check_monotone(model, learned.matrix, learned.names, learned.directions)
    progress()
    bundle = _bundle(panel, model, split, shift)
    card = card_of(
        bundle,
        panel=panel,
        split=split,
        model=model,
        measured=_measured(panel, unseen, split, plan, progress),
        findings=findings,
        sweep=sweep,
        plan={"seed": plan.seed, "folds": plan.folds, "central_tendency": plan.central_tendency},
    )
    return replace(bundle, card=card, card_text=card_text(card))


def _bundle(panel: Panel, model: FittedModel, split: TimeSplit, shift: float) -> Bundle:
    kept = [panel.features[column] for column in model.kept]
    return Bundle(
        features=tuple(feature.name for feature in kept),
        directions=tuple(feature.direction for feature in kept),
        missing_as=model.fills.missing,
        feeds=model.fills.feeds,
        absent_as=model.fills.absent,
        booster_text=model.booster.model_to_string(),
        calibration=replace(model.calibration, intercept=model.calibration.intercept + shift, prior_shift=shift),
        points=PointsScale(),
        interval=model.interval,
        data_origin=panel.data_origin,
        label_origin=", ".join([*panel.data_origin, LABEL_ORIGIN]),
        trained_as_of=split.learned[-1],
    )


def _measured(
    panel: Panel, unseen: Unseen, split: TimeSplit, plan: PanelPlan, progress: Callable[[], None]
) -> dict[str, Any]:
    """Figures of the model, of turnover alone, and of the same procedure without the kinds that labels come from."""
    measured = {**figures(unseen), "trees_by_fold": list(unseen.rounds), "by_feed": by_feed(panel, unseen)}
    if TURNOVER in panel.names:
        turnover = -np.nan_to_num(panel.column(TURNOVER)[unseen.tested])
        difference = auc_difference(unseen.log_odds, turnover, unseen.outcome, unseen.clusters)
        measured["turnover_alone"] = {
            "auc": auc(turnover, unseen.outcome, unseen.clusters).as_dict(),
            "model_minus_turnover": difference.as_dict(),
        }
        measured["verdict"] = [verdict(difference, f"仅用净销售额（{TURNOVER}）", f"turnover alone ({TURNOVER})")]
    others = [feature for feature in panel.features if not tells_of_repayment(feature)]
    if 0 < len(others) < len(panel.features):
        without = score_unseen(panel.only(others), split, seed=plan.seed, folds=plan.folds, progress=progress)
        measured["without_label_kinds"] = {
            "families_left_out": sorted({feature.family for feature in panel.features if tells_of_repayment(feature)}),
            "auc": auc(without.log_odds, without.outcome, without.clusters).as_dict(),
            "with_minus_without": auc_difference(
                unseen.log_odds, without.log_odds, unseen.outcome, unseen.clusters
            ).as_dict(),
        }
    else:
        for _ in range(plan.folds):
            progress()
    return measured


def _check_outcomes(panel: Panel, split: TimeSplit) -> None:
    for words, days in (("learn from", split.learned), ("test on", split.tested)):
        outcome = panel.outcome[on_days(panel, days)]
        rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
        if rarer < FEWEST_DEFAULTS:
            raise TooFewDefaultsInPanel(
                f"too few rows of one outcome to {words}",
                expected=f"at least {FEWEST_DEFAULTS} defaults and as many without",
                found=f"{int(outcome.sum())} defaults in {len(outcome)} rows, "
                f"{days[0].isoformat()} to {days[-1].isoformat()}",
                advice="Take more days, import more history, or train with --labels on one day",
            )
