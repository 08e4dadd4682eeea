"""Champion and challenger on the very same rows, as the service scores: by their stored bundles, none fitted again.

Out of time both bundles score the tested days. Where the rows have no days the challenger's bundle has learned from all
of them, so its scores are those of its folds. Differences are paired and their intervals clustered by enterprise.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.bundle import Bundle
from models.default_probability import score_features
from models.features.windows import months_before
from training.clustered import Clusters, auc, auc_difference, brier, brier_difference, calibration
from training.discrimination import Estimate
from training.gathered import Gathered
from training.plan import Plan
from training.retraining.tested_rows import tested_rows
from training.running import Request
from training.split import Split, split_sample

STORED, FOLDS = "stored_bundle", "models_of_folds"
YEAR = 12
Column = NDArray[np.float64]


def compare_bundles(
    challenger: Bundle, champion: Bundle, gathered: Gathered, plan: Plan, rows: Request, unseen: Column
) -> dict[str, Any]:
    """Each figure of both and their paired difference, positive where the challenger is better.

    `unseen`: log-odds of the tested rows by models of the challenger's folds. `champion_saw_test` says that outcomes of
    the tested rows were known when the champion was trained: the comparison then favours the champion. `identical`:
    both score every row alike, to the last bit. Raises NotComparable, RowsNotTheSame.
    """
    sample = gathered.sample
    split = split_sample(
        sample, seed=plan.seed, folds=plan.folds_for(over_time=len(sample.days) > 1), repeats=plan.repeats,
        test_from=plan.test_from or gathered.test_from, entities_apart=plan.entities_apart,
    )  # fmt: skip
    tested = np.flatnonzero(split.tested)
    outcome = sample.outcome[tested]
    clusters = Clusters(sample.enterprise[tested])
    by_bundle = {
        "challenger": _log_odds(tested_rows(challenger, gathered, rows, tested), challenger),
        "champion": _log_odds(tested_rows(champion, gathered, rows, tested), champion),
    }
    identical = bool((by_bundle["challenger"] == by_bundle["champion"]).all())
    odds, in_folds = dict(by_bundle), split.days is None and not identical
    if in_folds:
        odds["challenger"] = unseen + challenger.calibration.prior_shift
    better = auc_difference(odds["challenger"], odds["champion"], outcome, clusters)
    worse = brier_difference(odds["challenger"], odds["champion"], outcome, clusters)
    seen = champion.trained_as_of > _outcomes_known(gathered, split)
    days = [] if split.days is None else [day.isoformat() for day in split.days.tested]
    return {
        "champion": champion.digest,
        "challenger": challenger.digest,
        "test": split.name,
        "tested_days": days,
        "rows": len(tested),
        "defaults": int(outcome.sum()),
        "champion_saw_test": seen,
        "identical": identical,
        "scored": _scored(champion.digest, len(tested), days, seen=seen, in_folds=in_folds),
        "auc": {
            **{who: auc(values, outcome, clusters).as_dict() for who, values in odds.items()},
            "gain": better.as_dict(),
        },
        "brier": {
            **{who: brier(values, outcome, clusters).as_dict() for who, values in odds.items()},
            "gain": Estimate(-worse.value + 0.0, -worse.high + 0.0, -worse.low + 0.0).as_dict(),
        },
        "calibration": {who: calibration(values, outcome, clusters) for who, values in odds.items()},
    }


def _outcomes_known(gathered: Gathered, split: Split) -> date:
    """A model trained as of a later day may know outcomes of the tested rows; without a window a year is supposed."""
    if split.days is not None:
        return months_before(split.days.tested[0], gathered.sample.horizon_months or 0)
    return months_before(gathered.as_of, gathered.sample.horizon_months or YEAR)


def _scored(champion: str, rows: int, days: list[str], *, seen: bool, in_folds: bool) -> dict[str, Any]:
    """How both were scored, for a machine and in words."""
    on = (f"{days[0]} 至 {days[-1]} 的", f" of {days[0]} to {days[-1]}") if days else ("", "")
    zh = f"两者均在{on[0]}同样 {rows:,} 行上打分；现用模型 {champion[:12]} 用其已存模型包打分，与服务相同，未重新拟合；"
    en = (
        f"Both on the same {rows:,} rows{on[1]}. The champion {champion[:12]} by its stored bundle, as the service "
        "scores, not fitted again; "
    )
    if days:
        zh += "挑战者用其已存模型包，仅由更早的时点拟合。"
        en += "the challenger by its stored bundle, fitted to earlier days alone."
    elif not in_folds:
        zh += "挑战者用其已存模型包，与现用模型逐行相同，故无需各折模型。"
        en += "the challenger by its stored bundle, which gives the very same scores."
    else:
        zh += "挑战者由未见过该企业的各折模型打分，因为其模型包学习过这些行。"
        en += (
            "the challenger by models of its folds that had not seen the enterprise, for its bundle learned from these "
            "rows."
        )
    if seen:
        zh += "现用模型训练时这些结果可能已知，比较对其有利。"
        en += " These outcomes may have been known when the champion was trained: the comparison then favours it."
    by = FOLDS if in_folds else STORED
    return {"champion": STORED, "challenger": by, "champion_refitted": False, "same_rows": True, "zh": zh, "en": en}


def _log_odds(table: pa.Table, bundle: Bundle) -> Column:
    points = score_features(table, bundle).points
    return np.asarray((bundle.points.at_even_odds - points) / bundle.points.per_log_odds, dtype=np.float64)
