"""The one road: sample -> audit -> split -> fit -> calibrate -> figures on unseen rows -> bundle with its card.

A file of labels on one day, the panel of the loan records and a prepared table differ in how their rows come about
(`Gathered`), and in nothing after that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.bundle import Bundle
from models.calibration import PointsScale
from models.errors import AssetlightError
from models.monitoring.reference import CARD_KEY, reference_of
from models.policy import Policy, PolicyValueNotInForce, load_policy
from training.calibrated import CalibratedModel, fit_calibrated
from training.calibration.applied import calibration_section, tendency_for
from training.calibration.shift import rate_of, shifted
from training.card import card_of
from training.card_text import card_text
from training.challengers.points_table import PointsRow, points_table
from training.challengers.roster import roster
from training.challengers.scorecard import FittedScorecard, Scorecard
from training.clustered import auc, auc_difference
from training.figures import by_feed, compare
from training.gathered import PANEL, Gathered, Subset
from training.leakage import Finding, audit, refuse_leaks
from training.learner import Learner, Publishable
from training.monotone import check_monotone
from training.outcomes import check_outcomes, check_side
from training.plan import Plan
from training.reference_population import with_populations
from training.rejected import WithRejected, check_rejected, learned_before, said_of
from training.sample import Sample
from training.search import SearchingTrees, search
from training.skill import grades_of
from training.split import Split, split_sample
from training.trees import Trees
from training.unseen import Unseen, score_unseen

Progress = Callable[[str, int, int], None]  # what is being done (English / Chinese), steps done, steps in all
WITHOUT_REJECTED = {"zh": "不含拒绝推断", "en": "without the rejected"}


class NothingLearned(AssetlightError):
    """The model found nothing that tells enterprises apart: all would score the same."""


@dataclass(frozen=True)
class Trained:
    """A bundle, and everything its figures stand on."""

    bundle: Bundle
    gathered: Gathered
    split: Split
    unseen: Unseen
    model: CalibratedModel
    findings: tuple[Finding, ...]
    learners: tuple[Learner, ...]  # the champion first
    points: tuple[PointsRow, ...] = ()  # of the scorecard fitted to the learned rows, where one learned


def train(gathered: Gathered, plan: Plan, progress: Progress = lambda *_: None) -> Trained:
    """A bundle with its card; nothing is written.

    The model is fitted to every row that may be learned from; its figures are those of the same procedure on rows that
    it did not see. Raises LeakFound, OneClassOnly, TooFewDefaults, TooFewDays, FoldsNotUsable, SplitOverlaps,
    NothingLearned, TendencyNotUsable, ModelNotMonotone.
    """
    sample = gathered.sample
    check_outcomes(sample.outcome)
    findings = (*audit(sample), *gathered.findings)
    refuse_leaks(findings)
    split = split_sample(
        sample, seed=plan.seed, folds=plan.folds_for(over_time=len(sample.days) > 1), repeats=plan.repeats,
        test_from=plan.test_from or gathered.test_from, entities_apart=plan.entities_apart,
    )  # fmt: skip
    learned = sample.rows(split.learned)
    if split.days is not None:
        check_side("learn from", learned.outcome)
        check_side("test on", sample.outcome[split.tested])
    policy = _policy(gathered)
    tendency = tendency_for(sample, plan.central_tendency, policy, by_years=gathered.source == PANEL)
    trees, searched = _trees(learned, split, plan, progress)
    plain, *beside = roster(plan.champion, plan.challengers, trees)
    champion, *others = _with_rejected(gathered, split, plan, (plain, *beside))
    subsets = [subset for subset in gathered.subsets if 0 < len(subset.columns) < len(sample.names)]
    inferred = isinstance(champion, WithRejected)
    steps = _Steps(progress, len(split.parts) * (1 + len(others) + len(subsets) + inferred) + 1)
    unseen = score_unseen(
        sample, split, (champion, *others), seed=plan.seed, inner=plan.inner, progress=steps.done
    )  # fmt: skip
    measured = compare(unseen, champion, others, sample)
    measured["by_feed"] = by_feed(sample, unseen, champion.name)
    measured["without"] = [
        _without(subset, sample, split, unseen, champion, plan, steps.done) for subset in subsets
    ]  # fmt: skip
    if inferred:
        accepted = Subset("without_rejected", WITHOUT_REJECTED, sample.names)
        measured["without"].append(_without(accepted, sample, split, unseen, plain, plan, steps.done))
    measured["grades"] = None if policy is None else grades_of(unseen.scores[champion.name], policy)
    model = fit_calibrated(champion, learned, plan.final_inner.parts(learned, plan.seed), seed=plan.seed)
    steps.done()
    rate = rate_of(model.unseen, learned.outcome, learned.weight)
    if tendency.rate is not None:
        model = replace(model, calibration=shifted(model.calibration, tendency.rate, rate))
    bundle = with_populations(_bundle(gathered, learned, model), learned)
    points = _points(model, learned, plan, plain, (plain, *beside), tendency.rate)
    sweep = check_monotone(bundle, learned.columns(bundle.features).matrix)
    card = card_of(
        bundle, gathered=gathered, learned=learned, split=split, model=model, measured=measured,
        settings_by_part=unseen.settings[champion.name], findings=findings, sweep=sweep, plan=plan,
        calibration=calibration_section(
            bundle, tendency, rate, sample.rows(split.tested), unseen.log_odds(champion.name), policy
        ),
        points=points,
        searched=searched,
        rejected=said_of(champion) if isinstance(champion, WithRejected) else None,
    )  # fmt: skip
    seen = learned.columns(bundle.features).matrix
    log_odds = bundle.calibration.log_odds(model.fitted.log_odds(learned.matrix))
    card[CARD_KEY] = reference_of(bundle.features, seen, log_odds, len(np.unique(learned.entity))).as_dict()
    whole = replace(bundle, card=card, card_text=card_text(card))
    return Trained(whole, gathered, split, unseen, model, findings, (champion, *others), points)


def _with_rejected(gathered: Gathered, split: Split, plan: Plan, learners: Sequence[Learner]) -> tuple[Learner, ...]:
    """Every learner, with the rejected where there are any."""
    if gathered.rejected is None:
        return tuple(learners)
    odds = check_rejected(gathered.rejected, gathered.sample, plan.rejected_odds)
    rows = learned_before(gathered.rejected, split.days.learned if split.days else ())
    return tuple(WithRejected(learner, rows, odds) for learner in learners)


def _trees(learned: Sample, split: Split, plan: Plan, progress: Progress) -> tuple[Learner, dict[str, Any] | None]:
    """The trees with searched settings, and the record of the search.

    Out of time: searched once on the learned rows. In folds: searched anew in each part, and only if asked for.
    """
    if not {"lightgbm"} & {plan.champion, *plan.challengers} or (split.days is None and not plan.search.asked):
        return Trees(), None
    parts = plan.final_inner.parts(learned, plan.seed)
    found = search(
        learned, parts, plan.search, seed=plan.seed, progress=lambda done, total: progress(SEARCHING, done, total)
    )
    if found is None:
        return Trees(), None
    if split.days is None:
        return SearchingTrees(plan.search, plan.inner), found.record
    return Trees(found.settings), found.record


def _without(
    subset: Subset, sample: Sample, split: Split, unseen: Unseen, champion: Learner, plan: Plan,
    progress: Callable[[], None],
) -> dict[str, Any]:  # fmt: skip
    """The same procedure with fewer columns, and what the others add."""
    fewer = score_unseen(
        sample.columns(subset.columns), split, [champion], seed=plan.seed, inner=plan.inner, progress=progress
    )
    scores = unseen.scores[champion.name], fewer.scores[champion.name]
    return {
        "name": subset.name,
        "words": dict(subset.words),
        "columns": len(subset.columns),
        "auc": auc(scores[1], unseen.outcome, unseen.clusters).as_dict(),
        "with_minus_without": auc_difference(*scores, unseen.outcome, unseen.clusters).as_dict(),
    }


def _policy(gathered: Gathered) -> Policy | None:
    """The policy of the day, None where it has no master scale by then."""
    try:
        policy = load_policy(gathered.as_of)
        policy.in_force("grading.upper_pd")
    except PolicyValueNotInForce:
        return None
    return policy


def _points(
    model: CalibratedModel, learned: Sample, plan: Plan, champion: Learner, others: Sequence[Learner],
    tendency: float | None,
) -> tuple[PointsRow, ...]:  # fmt: skip
    """The points table of the champion, if it is a scorecard, else of the scorecard that learned beside it."""
    if not isinstance(champion, Scorecard):
        beside = next((other for other in others if isinstance(other, Scorecard)), None)
        if beside is None:
            return ()
        model = fit_calibrated(beside, learned, plan.inner.parts(learned, plan.seed), seed=plan.seed)
        rate = rate_of(model.unseen, learned.outcome, learned.weight)
        if tendency is not None:
            model = replace(model, calibration=shifted(model.calibration, tendency, rate))
    if not isinstance(model.fitted, FittedScorecard):
        return ()
    return tuple(points_table(model.fitted, model.calibration, PointsScale()))


def _bundle(gathered: Gathered, learned: Sample, model: CalibratedModel) -> Bundle:
    fitted = model.fitted
    if not isinstance(fitted, Publishable):
        raise TypeError("only what can be written as trees fits into a bundle")
    names = tuple(learned.names[column] for column in fitted.kept)
    if not fitted.gains.any():
        raise NothingLearned(
            "the model found nothing to tell enterprises apart by: all would score the same",
            found=f"{len(learned)} rows, {int(learned.outcome.sum())} defaults",
            expected="more enterprises, or features that differ between them",
        )
    return Bundle(
        features=names,
        directions=tuple(learned.directions[column] for column in fitted.kept),
        missing_as=fitted.fills.missing,
        feeds=fitted.fills.feeds,
        absent_as=fitted.fills.absent,
        booster_text=fitted.booster_text(names),
        interval=model.interval,
        calibration=model.calibration,
        points=PointsScale(),
        data_origin=learned.data_origin,
        label_origin=learned.label_origin,
        trained_as_of=learned.days[-1] if learned.days else gathered.as_of,
    )


class _Steps:
    """Counts fits, so that a bar can show them."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._count = progress, total, 0
        progress(FITTING, 0, total)

    def done(self) -> None:
        self._count += 1
        self._progress(FITTING, self._count, self._total)


SEARCHING = "searching settings / 搜索参数"
FITTING = "fitting and testing / 拟合与检验"
