"""How good a procedure is on days and enterprises that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from training import clustered
from training.clustered import Clusters
from training.discrimination import Estimate
from training.panel.fit import fit_panel
from training.panel.panel import Panel
from training.split import TimeSplit, check_apart, entity_folds

FOLDS = 4
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Unseen:
    """Log-odds of default of the tested rows, from models that knew neither their days nor their enterprises."""

    tested: NDArray[np.bool_]  # over the rows of the panel
    log_odds: Matrix  # of the tested rows
    outcome: Matrix
    clusters: Clusters
    rounds: tuple[int, ...]  # trees, per fold


def on_days(panel: Panel, days: tuple[Any, ...]) -> NDArray[np.bool_]:
    """The rows of some days."""
    return np.isin(panel.as_of, np.array(days, dtype="datetime64[D]"))


def score_unseen(
    panel: Panel, split: TimeSplit, *, seed: int, folds: int = FOLDS, progress: Callable[[], None] = lambda: None
) -> Unseen:
    """Fit to the learned days without a fold of enterprises, score that fold on the tested days; for every fold.

    Raises SplitOverlaps where the two sides share anything.
    """
    learned, tested = on_days(panel, split.learned), on_days(panel, split.tested)
    fold_of = entity_folds(panel.enterprise_ids, folds, seed)
    log_odds = np.full(len(panel), np.nan)
    rounds = []
    for fold in range(folds):
        learn, held = learned & (fold_of != fold), tested & (fold_of == fold)
        check_apart(
            learned_ids=panel.enterprise_ids[learn],
            tested_ids=panel.enterprise_ids[held],
            split=split,
            horizon_months=panel.horizon_months,
        )
        model = fit_panel(panel.rows(learn), seed)
        log_odds[held] = model.log_odds(panel.matrix[held])
        rounds.append(model.rounds)
        progress()
    return Unseen(tested, log_odds[tested], panel.outcome[tested], Clusters(panel.enterprise[tested]), tuple(rounds))


def figures(unseen: Unseen) -> dict[str, Any]:
    """AUC, Gini, KS, Brier, calibration, each with its 95 % interval clustered by enterprise."""
    scores, outcome, clusters = unseen.log_odds, unseen.outcome, unseen.clusters
    area = clustered.auc(scores, outcome, clusters)
    gini = Estimate(*(2 * value - 1 for value in (area.value, area.low, area.high)))
    return {
        "rows": len(outcome),
        "enterprises": clusters.count,
        "defaults": int(outcome.sum()),
        "interval": "95 %, between enterprises; the luck of the training sample is not in it",
        "auc": area.as_dict(),
        "gini": gini.as_dict(),
        "ks": clustered.ks_estimate(scores, outcome, clusters).as_dict(),
        "brier": clustered.brier(scores, outcome, clusters).as_dict(),
        "brier_of_the_rate_alone": round(float(outcome.mean() * (1 - outcome.mean())), 6),
        "calibration": clustered.calibration(scores, outcome, clusters),
        "tenths": clustered.tenths(scores, outcome),
    }


def by_feed(panel: Panel, unseen: Unseen) -> list[dict[str, Any]]:
    """For each family, mean PD and observed rate of the tested rows with and without its feed: is either wronged?"""
    matrix, rows = panel.matrix[unseen.tested], []
    for family in dict.fromkeys(feature.family for feature in panel.features):
        columns = [place for place, feature in enumerate(panel.features) if feature.family == family]
        connected = ~np.isnan(matrix[:, columns]).all(axis=1)
        entry: dict[str, Any] = {"family": family}
        for name, where in (("connected", connected), ("not_connected", ~connected)):
            count = int(where.sum())
            entry[name] = {
                "rows": count,
                "mean_pd": round(float(expit(unseen.log_odds[where]).mean()), 6) if count else None,
                "observed_rate": round(float(unseen.outcome[where].mean()), 6) if count else None,
                "defaults": int(unseen.outcome[where].sum()),
            }
        rows.append(entry)
    return rows
