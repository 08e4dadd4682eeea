"""The plain alternative that stands beside every model: a logistic regression on the same features.

Newton's method in a few lines instead of scikit-learn's LogisticRegressionCV (a test holds them equal): on 100 rows the
latter spends twenty times the arithmetic on checking its input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold

from training.sample import CATEGORY, Sample, Words
from training.screening import agreeing, learn_fills

Matrix = NDArray[np.float64]

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0)  # inverse L2 penalties that inner folds choose among
_MOST_STEPS = 100


class Logistic:
    """Standardised, median-imputed logistic regression, log1p of money, L2 by inner cross-validated log-loss."""

    def __init__(self, money: Sequence[bool], *, seed: int, folds: int = 5) -> None:
        self._money = np.array(money, dtype=bool)
        self._seed = seed
        self._folds = folds

    def fit(self, matrix: Matrix, outcome: Matrix, weight: Matrix | None = None) -> Logistic:
        """Learn medians, scales, penalty and coefficients from the rows; `weight` counts a row so many times."""
        counts = np.ones(len(outcome)) if weight is None else weight
        self._median = np.array([_median(column) for column in matrix.T])
        plain = self._plain(matrix)
        self._mean, spread = plain.mean(axis=0), plain.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        rows = (plain - self._mean) / self._spread
        losses = np.zeros(len(STRENGTHS))
        splitter = StratifiedKFold(self._folds, shuffle=True, random_state=self._seed)
        for learn, held in splitter.split(rows, outcome):
            for position, strength in enumerate(STRENGTHS):
                line = _line(rows[held], penalised(rows[learn], outcome[learn], strength, counts[learn]))
                losses[position] += float(counts[held] @ (np.logaddexp(0.0, line) - outcome[held] * line))
        self.strength = STRENGTHS[int(losses.argmin())]
        self._coefficients = penalised(rows, outcome, self.strength, counts)
        return self

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Log-odds of default."""
        return _line((self._plain(matrix) - self._mean) / self._spread, self._coefficients)

    def _plain(self, matrix: Matrix) -> Matrix:
        known = np.where(np.isnan(matrix), self._median, matrix)
        return np.where(self._money, np.sign(known) * np.log1p(np.abs(known)), known)


@dataclass(frozen=True)
class FittedLogistic:
    """A logistic regression of the columns that passed the sign check."""

    model: Logistic
    kept: tuple[int, ...]
    settings: Mapping[str, Any]

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Log-odds of default of rows with every column of the sample."""
        return self.model.log_odds(matrix[:, self.kept])


class LogisticRegression:
    """The learner: the same columns that the trees' sign check keeps."""

    name: ClassVar[str] = "logistic_regression"
    words: ClassVar[Words] = {"zh": "逻辑回归（相同特征）", "en": "a logistic regression on the same features"}

    def fit(self, sample: Sample, *, seed: int) -> FittedLogistic:
        """Sign check, then the penalised regression."""
        fills = learn_fills(sample.matrix, sample.directions, sample.feeds, [kind == CATEGORY for kind in sample.kinds])
        kept = agreeing(fills.learned_from(sample.matrix), sample.outcome, sample.directions)
        model = Logistic([sample.units[column] == "fen" for column in kept], seed=seed)
        model.fit(sample.matrix[:, kept], sample.outcome, sample.weight)
        return FittedLogistic(model, kept, {"l2_strength": model.strength})


def penalised(rows: Matrix, outcome: Matrix, strength: float, weight: Matrix | None = None) -> Matrix:
    """Intercept (free) and slopes that minimise 0.5 |slopes|^2 + strength * log-loss, by damped Newton steps."""
    counts = np.ones(len(rows)) if weight is None else weight
    design = np.column_stack([np.ones(len(rows)), rows])
    penalty = np.array([0.0] + [1.0] * rows.shape[1])

    def objective(coefficients: Matrix) -> float:
        line = design @ coefficients
        misfit = float(counts @ (np.logaddexp(0.0, line) - outcome * line))
        return strength * misfit + 0.5 * float(penalty @ coefficients**2)

    coefficients = np.zeros(design.shape[1])
    present = objective(coefficients)
    for _ in range(_MOST_STEPS):
        chance = expit(design @ coefficients)
        gradient = strength * (design.T @ (counts * (chance - outcome))) + penalty * coefficients
        curvature = strength * (design.T * (counts * chance * (1 - chance))) @ design + np.diag(penalty + 1e-12)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (following := objective(coefficients - size * step)) > present and size > 1e-6:
            size /= 2
        coefficients = coefficients - size * step
        if present - following < 1e-10 * (1.0 + abs(present)):
            break
        present = following
    return np.asarray(coefficients, dtype=np.float64)


def _median(column: Matrix) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


def _line(rows: Matrix, coefficients: Matrix) -> Matrix:
    return np.asarray(coefficients[0] + rows @ coefficients[1:], dtype=np.float64)
