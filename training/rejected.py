"""Rejected applicants, whose outcome nobody knows: learned from on a declared assumption, off unless asked for.

Parcelling (Siddiqi 2017, on reject inference): a model of the accepted alone scores the rejected, a declared factor on
the odds says how much worse they are than accepted ones of the same score, and in each stretch of score so many of them
count as defaults as that expects. The same learner then learns from both. What follows is as good as the factor, which
no data of the bank can check; so tested rows and calibration are of accepted ones (the factor moves the order, not the
level of the accepted), and the model without stands beside. Parcels come from a model of all rows learned from, so
inner choices are a little flattered; tests are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import expit

from models.errors import AssetlightError
from training.calibrated import LearnsOnFolds, fit_calibrated, score_parts
from training.folds import Part
from training.learner import Fitted, Learner, Matrix
from training.sample import Sample, Words

METHOD = "parcelling"
FITS_APART = "learns from the rejected only with folds to calibrate on"


class RejectedNotUsable(AssetlightError):
    """The rejected are not other entities than the accepted, or nothing says how much worse they are."""


@dataclass(frozen=True)
class WithRejected:
    """A learner that learns from the rejected too. `rates`: of each fit, the share of them that counted as defaults."""

    learner: Learner
    rejected: Sample
    odds: float
    rates: list[float] = field(default_factory=list, compare=False)

    @property
    def name(self) -> str:
        """That of the learner."""
        return self.learner.name

    @property
    def words(self) -> Words:
        """What a person reads: that the rejected were learned from."""
        words = self.learner.words
        return {"zh": f"{words['zh']}，含拒绝推断", "en": f"{words['en']}, with reject inference"}

    def fit(self, sample: Sample, *, seed: int) -> Fitted:  # noqa: ARG002
        """Not asked for: `fit_on_folds` is there. Raises TypeError."""
        raise TypeError(FITS_APART)

    def fit_on_folds(self, sample: Sample, *, seed: int, parts: Sequence[Part]) -> tuple[Fitted, Matrix]:
        """The fit to accepted and rejected, and the raw scores of held accepted rows, [repeats, N]."""
        accepted = fit_calibrated(self.learner, sample, parts, seed=seed)
        outcome = parcels(expit(accepted.log_odds(self.rejected.matrix) + np.log(self.odds)))
        self.rates.append(float(outcome.mean()))
        both = _together(sample, replace(self.rejected, outcome=outcome))
        added = np.arange(len(sample), len(both))
        wider = [Part(part.repeat, np.concatenate([part.learn, added]), part.held) for part in parts]
        if isinstance(self.learner, LearnsOnFolds):
            fitted, unseen = self.learner.fit_on_folds(both, seed=seed, parts=wider)
        else:
            fitted, unseen = self.learner.fit(both, seed=seed), score_parts(self.learner, both, wider, seed=seed)
        return fitted, unseen[:, : len(sample)]


def parcels(pd: Matrix) -> Matrix:
    """Outcomes of rows with these probabilities: along the score as many defaults as expected, give or take a half.

    >>> parcels(np.array([0.5, 0.1, 0.5, 0.9])).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    order = np.argsort(pd, kind="stable")
    whole = np.floor(np.cumsum(pd[order]) + 0.5)
    outcome = np.zeros(len(pd))
    outcome[order] = np.diff(whole, prepend=0.0) > 0
    return outcome


def check_rejected(rejected: Sample, sample: Sample, odds: float | None) -> float:
    """The declared factor. Raises RejectedNotUsable: there is none, or an entity was both accepted and rejected."""
    if odds is None or not odds > 0:
        raise RejectedNotUsable(
            "nothing says how much worse the rejected are than accepted ones of the same score",
            field="rejected_odds",
            expected="a factor on the odds of default above 0, such as 1.5; 1 is as good",
            found=odds,
            advice="--rejected-odds FACTOR: it is an assumption, so the bank states it",
        )
    shared = np.intersect1d(rejected.entity, sample.entity)
    if len(shared):
        raise RejectedNotUsable(
            "some of the rejected are among the rows with an outcome",
            expected="other entities, so that no tested one is learned from",
            found=f"{len(shared)}, such as {', '.join(shared[:3].tolist())}",
            field="rejected",
        )
    return odds


def learned_before(rejected: Sample, days: Sequence[Any]) -> Sample:
    """Those of the rejected who applied on or before the last day learned from; all where rows have no day."""
    if rejected.day is None or not days:
        return rejected
    return rejected.rows(rejected.day <= np.datetime64(max(days), "D"))


def said_of(learner: WithRejected) -> Mapping[str, Any]:
    """For the card: method, assumption, and how many of how many counted as defaults in the model that is kept."""
    share = learner.rates[-1]
    return {
        "method": METHOD,
        "odds": learner.odds,
        "rows": len(learner.rejected),
        "counted_as_defaults": round(share * len(learner.rejected)),
        "zh": f"拒绝推断（分段分配）：假设被拒者的违约几率为同分获批者的 {learner.odds:g} 倍；该假设无法由数据检验。",
        "en": f"Reject inference by parcelling: the odds of default of the rejected are assumed to be {learner.odds:g} "
        "times those of accepted ones of the same score; no data can check that.",
    }


def _together(sample: Sample, rejected: Sample) -> Sample:
    """Accepted rows, then rejected ones."""
    day = None if sample.day is None or rejected.day is None else np.concatenate([sample.day, rejected.day])
    return replace(
        sample,
        matrix=np.concatenate([sample.matrix, rejected.matrix]),
        outcome=np.concatenate([sample.outcome, rejected.outcome]),
        entity=np.concatenate([sample.entity, rejected.entity]),
        weight=np.concatenate([sample.weight, np.full(len(rejected), sample.weight.mean())]),
        day=day,
        segments={},
        bar=None,
    )
