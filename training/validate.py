"""Repeated stratified cross-validation of the whole procedure, beside a logistic regression and turnover alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from training.benchmark import Logistic
from training.dataset import TURNOVER, TrainingSet
from training.discrimination import Estimate, Scores, auc, auc_difference, ks
from training.fit import fit
from training.reliability import brier, calibration_line, calibration_table


@dataclass(frozen=True)
class OutOfFold:
    """Scores of enterprises that the scoring model had not seen: log-odds of default, one row a repeat."""

    model: Scores
    logistic: Scores
    turnover: Scores  # minus net valid sales, the same in every repeat
    rounds: tuple[int, ...]  # trees that the inner folds chose, per fold

    @property
    def repeats(self) -> int:
        """How often every enterprise was scored."""
        return len(self.model)


def cross_validate(
    data: TrainingSet, *, repeats: int, folds: int, seed: int, progress: Callable[[], None] = lambda: None
) -> OutOfFold:
    """Fit on folds - 1 parts and score the part left out; shuffled, stratified by outcome, `repeats` times over.

    Every choice (sign check, number of trees, calibration, penalty, medians) is made inside the training part; the
    logistic regression gets the features that passed the sign check there, the same as the trees.
    """
    model = np.empty((repeats, len(data.outcome)))
    logistic = np.empty_like(model)
    money = [feature.unit == "fen" for feature in data.features]
    chosen: list[int] = []
    for repeat in range(repeats):
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed * 1000 + repeat)
        for learn, held in splitter.split(data.matrix, data.outcome):
            rows, outcome = data.matrix[learn], data.outcome[learn]
            fitted = fit(
                rows, outcome, names=data.names, directions=data.directions, feeds=data.feeds, seed=seed, folds=folds
            )
            model[repeat, held] = fitted.log_odds(data.matrix[held])
            chosen.append(fitted.rounds)
            plain = Logistic([money[column] for column in fitted.kept], seed=seed, folds=folds)
            plain.fit(rows[:, fitted.kept], outcome)
            logistic[repeat, held] = plain.log_odds(data.matrix[held][:, fitted.kept])
            progress()
    return OutOfFold(model, logistic, -data.turnover[None, :], tuple(chosen))


def figures(unseen: OutOfFold, outcome: NDArray[np.float64]) -> dict[str, Any]:
    """Every figure of the card, all out of fold."""
    rate = float(outcome.mean())
    beside_logistic = auc_difference(unseen.model, unseen.logistic, outcome)
    beside_turnover = auc_difference(unseen.model, unseen.turnover, outcome)
    return {
        "interval": "95 %, DeLong over enterprises (AUC on its log-odds); the luck of the training sample is not in it",
        "auc": {
            "model": auc(unseen.model, outcome).as_dict(),
            "logistic_regression": auc(unseen.logistic, outcome).as_dict(),
            "turnover_alone": auc(unseen.turnover, outcome).as_dict(),
        },
        "auc_difference": {
            "model_minus_logistic_regression": beside_logistic.as_dict(),
            "model_minus_turnover_alone": beside_turnover.as_dict(),
        },
        "auc_by_repeat": [round(auc(row[None, :], outcome).value, 6) for row in unseen.model],
        "ks": {
            "model": round(ks(unseen.model, outcome), 6),
            "logistic_regression": round(ks(unseen.logistic, outcome), 6),
            "turnover_alone": round(ks(unseen.turnover, outcome), 6),
        },
        "brier": {
            "model": brier(unseen.model, outcome).as_dict(),
            "logistic_regression": brier(unseen.logistic, outcome).as_dict(),
            "default_rate_alone": round(rate * (1 - rate), 6),
        },
        "calibration": {
            "model": calibration_line(unseen.model, outcome),
            "logistic_regression": calibration_line(unseen.logistic, outcome),
            "table": calibration_table(unseen.model, outcome),
        },
        "verdict": [
            verdict(beside_logistic, "逻辑回归（相同特征）", "a logistic regression on the same features"),
            verdict(beside_turnover, f"仅用净销售额（{TURNOVER}）", f"turnover alone ({TURNOVER})"),
        ],
    }


def verdict(difference: Estimate, zh: str, en: str) -> dict[str, str]:
    """Whether the model is worth having beside something simpler, from the paired interval and nothing else."""
    numbers = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    if difference.low > 0:
        return {
            "zh": f"区分能力高于{zh}：AUC 差 {numbers}。",
            "en": f"The model orders defaults better than {en}: AUC difference {numbers}.",
        }
    if difference.high < 0:
        return {
            "zh": f"区分能力低于{zh}：AUC 差 {numbers}；应优先使用简单方法。",
            "en": f"The model orders defaults worse than {en}: AUC difference {numbers}. Prefer the simple one.",
        }
    return {
        "zh": f"{zh}与本模型区分能力相当：AUC 差 {numbers}，区间包含 0。",
        "en": f"On this sample {en} is as good: AUC difference {numbers} holds 0.",
    }
