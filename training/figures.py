"""The figures of a card: each learner on the same unseen rows, and the champion minus each of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from training import clustered
from training.clustered import Clusters
from training.discrimination import Estimate
from training.learner import Learner
from training.sample import Sample, Words
from training.unseen import Unseen

Matrix = NDArray[np.float64]
BAR = "bar"  # one number and no model
INTERVAL = "95 %, between enterprises; the luck of the training sample is not in it"


def figures(scores: Matrix, outcome: Matrix, clusters: Clusters) -> dict[str, Any]:
    """AUC, Gini, KS, Brier, calibration of calibrated log-odds, each with its 95 % interval clustered by enterprise."""
    return {
        **ordering(scores, outcome, clusters),
        "brier": clustered.brier(scores, outcome, clusters).as_dict(),
        "calibration": clustered.calibration(scores, outcome, clusters),
        "tenths": clustered.tenths(scores, outcome),
    }


def ordering(scores: Matrix, outcome: Matrix, clusters: Clusters) -> dict[str, Any]:
    """AUC, Gini and KS of anything that orders risk."""
    area = clustered.auc(scores, outcome, clusters)
    gini = Estimate(*(2 * value - 1 for value in (area.value, area.low, area.high)))
    return {
        "auc": area.as_dict(),
        "gini": gini.as_dict(),
        "ks": clustered.ks_estimate(scores, outcome, clusters).as_dict(),
    }


def compare(unseen: Unseen, champion: Learner, others: Sequence[Learner], sample: Sample) -> dict[str, Any]:
    """The champion's figures, and everything it is held against on the same rows.

    `comparison` has a line for every other learner and for the bar, with the champion minus it, and a verdict that
    follows the paired interval and nothing else.
    """
    outcome, clusters = unseen.outcome, unseen.clusters
    scores = unseen.scores[champion.name]
    rate = float(outcome.mean())
    lines = []
    for other in others:
        found = figures(unseen.scores[other.name], outcome, clusters)
        difference = clustered.auc_difference(scores, unseen.scores[other.name], outcome, clusters)
        error = clustered.brier_difference(scores, unseen.scores[other.name], outcome, clusters)
        lines.append(
            {
                "name": other.name,
                "words": dict(other.words),
                **found,
                "champion_minus_it": difference.as_dict(),
                "brier_champion_minus_it": error.as_dict(),
                "verdict": verdict(difference, other.words),
            }
        )
    if sample.bar is not None:
        bar = sample.bar[unseen.tested]
        difference = clustered.auc_difference(scores, bar, outcome, clusters)
        lines.append(
            {
                "name": BAR,
                "words": dict(sample.bar_words),
                **ordering(bar, outcome, clusters),
                "champion_minus_it": difference.as_dict(),
                "verdict": verdict(difference, sample.bar_words),
            }
        )
    return {
        "champion": champion.name,
        "words": dict(champion.words),
        "rows": len(outcome),
        "enterprises": clusters.count,
        "defaults": int(outcome.sum()),
        "repeats": len(scores),
        "interval": INTERVAL,
        **figures(scores, outcome, clusters),
        "auc_by_repeat": [round(clustered.auc(row, outcome, clusters).value, 6) for row in scores],
        "brier_of_the_rate_alone": round(rate * (1 - rate), 6),
        "comparison": lines,
    }


def by_feed(sample: Sample, unseen: Unseen, name: str) -> list[dict[str, Any]]:
    """For each family, mean PD and observed rate of the tested rows with and without its feed: is either wronged?"""
    matrix, log_odds, rows = sample.matrix[unseen.tested], unseen.scores[name], []
    for family in dict.fromkeys(sample.families):
        columns = [place for place, of in enumerate(sample.families) if of == family]
        connected = ~np.isnan(matrix[:, columns]).all(axis=1)
        entry: dict[str, Any] = {"family": family}
        for side, where in (("connected", connected), ("not_connected", ~connected)):
            count = int(where.sum())
            entry[side] = {
                "rows": count,
                "mean_pd": round(float(expit(log_odds[:, where]).mean()), 6) if count else None,
                "observed_rate": round(float(unseen.outcome[where].mean()), 6) if count else None,
                "defaults": int(unseen.outcome[where].sum()),
            }
        rows.append(entry)
    return rows


def verdict(difference: Estimate, words: Words) -> dict[str, str]:
    """Whether the model is worth having beside something simpler, from the paired interval and nothing else."""
    numbers = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    if difference.low > 0:
        return {
            "zh": f"区分能力高于{words['zh']}：AUC 差 {numbers}。",
            "en": f"The model orders defaults better than {words['en']}: AUC difference {numbers}.",
        }
    if difference.high < 0:
        return {
            "zh": f"区分能力低于{words['zh']}：AUC 差 {numbers}；应优先使用简单方法。",
            "en": f"The model orders defaults worse than {words['en']}: AUC difference {numbers}. "
            "Prefer the simple one.",
        }
    return {
        "zh": f"{words['zh']}与本模型区分能力相当：AUC 差 {numbers}，区间包含 0。",
        "en": f"On this sample {words['en']} is as good: AUC difference {numbers} holds 0.",
    }
