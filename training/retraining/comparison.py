"""Champion and challenger on the very same rows: days after either was allowed to learn, scored as the service scores.

Both bundles score the rows by `models.default_probability`, from the same table of features, missing values and all.
Differences are paired and their intervals clustered by enterprise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.bundle import Bundle
from models.default_probability import score_features
from models.errors import AssetlightError
from models.features import CATALOGUE
from models.features.windows import months_before
from models.lake import Lake
from training.clustered import Clusters, auc, auc_difference, brier, brier_difference, calibration
from training.gathered import Gathered
from training.panel.command import PanelRequest, days_of
from training.panel.features import panel_features
from training.panel.population import population
from training.plan import Plan
from training.split import split_sample


class RowsNotTheSame(AssetlightError):
    """The rows to compare on are not those that the challenger was tested on."""


def compare_bundles(
    challenger: Bundle, champion: Bundle, gathered: Gathered, plan: Plan, request: PanelRequest
) -> dict[str, Any]:
    """Each figure of both and their paired difference, positive where the challenger is better.

    `champion_saw_test` says that outcomes of the tested days were known when the champion was trained: the comparison
    then favours the champion.
    """
    sample = gathered.sample
    split = split_sample(
        sample, seed=plan.seed, folds=plan.folds_for(over_time=len(sample.days) > 1), repeats=plan.repeats,
        test_from=plan.test_from or gathered.test_from, entities_apart=plan.entities_apart,
    )  # fmt: skip
    tested = np.flatnonzero(split.tested)
    table = _features(request).take(pa.array(tested))
    if table.column("enterprise_id").to_pylist() != sample.entity[tested].tolist():
        raise RowsNotTheSame("the features of the tested rows come in another order", found=f"{len(tested)} rows")
    outcome = sample.outcome[tested]
    clusters = Clusters(sample.enterprise[tested])
    odds = {"challenger": _log_odds(table, challenger), "champion": _log_odds(table, champion)}
    better = auc_difference(odds["challenger"], odds["champion"], outcome, clusters)
    worse = brier_difference(odds["challenger"], odds["champion"], outcome, clusters)
    days = split.days
    seen = None
    if days is not None:
        seen = champion.trained_as_of > months_before(days.tested[0], sample.horizon_months or 0)
    return {
        "champion": champion.digest,
        "challenger": challenger.digest,
        "test": split.name,
        "tested_days": [] if days is None else [day.isoformat() for day in days.tested],
        "rows": len(tested),
        "defaults": int(outcome.sum()),
        "champion_saw_test": seen,
        "auc": {
            **{who: auc(values, outcome, clusters).as_dict() for who, values in odds.items()},
            "gain": better.as_dict(),
        },
        "brier": {
            **{who: brier(values, outcome, clusters).as_dict() for who, values in odds.items()},
            "gain": {"value": -worse.value, "low": -worse.high, "high": -worse.low},
        },
        "calibration": {who: calibration(values, outcome, clusters) for who, values in odds.items()},
    }


def _features(request: PanelRequest) -> pa.Table:
    """Every feature of the panel's rows, constant ones too: a champion may read what a challenger left out."""
    lake = Lake(request.home)
    people = population(
        lake.tables(), days_of(lake, request), horizon_months=request.horizon_months, until=request.known_until
    )
    return panel_features(lake, people, features=CATALOGUE, neighbourhood=True, cache=request.home / "panels")


def _log_odds(table: pa.Table, bundle: Bundle) -> NDArray[np.float64]:
    columns = table.select(["enterprise_id", *bundle.features])
    points = score_features(columns, bundle).points
    return np.asarray((bundle.points.at_even_odds - points) / bundle.points.per_log_odds, dtype=np.float64)
