"""The logistic regression beside the model is a fair one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from training.benchmark import STRENGTHS, Logistic, penalised
from training.benchmark import LogisticRegression as LogisticLearner
from training.sample import Sample


def rows(seed: int = 0, count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(count, 12))
    return matrix, (rng.uniform(size=count) < 1 / (1 + np.exp(1 - 2 * matrix[:, 0]))).astype(float)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_coefficients_are_scikit_learns(strength: float) -> None:
    """The same objective, minimised by another hand, at every penalty."""
    matrix, outcome = rows()
    oracle = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(matrix, outcome)
    np.testing.assert_allclose(
        penalised(matrix, outcome, strength), [oracle.intercept_[0], *oracle.coef_[0]], atol=2e-4
    )


def test_perfectly_separated_rows_still_end() -> None:
    """A penalty keeps coefficients finite where the classes do not overlap."""
    matrix = np.linspace(-1, 1, 40)[:, None]
    assert np.isfinite(penalised(matrix, (matrix[:, 0] > 0).astype(float), 10.0)).all()


def test_money_is_taken_by_its_logarithm_and_missing_values_by_the_median() -> None:
    """An amount a thousand times larger is a step, not a cliff; a missing one is the typical one."""
    rng = np.random.default_rng(1)
    amounts = rng.lognormal(15, 2, (200, 1))
    outcome = (rng.uniform(size=200) < np.where(np.log(amounts[:, 0]) < 14, 0.6, 0.1)).astype(float)
    model = Logistic([True], seed=0).fit(amounts, outcome)
    at = model.log_odds(np.array([[1e5], [1e8], [np.nan], [np.median(amounts)]]))
    assert at[0] > at[2] > at[1]
    assert at[2] == pytest.approx(at[3])
    assert abs(at[0] - at[1]) < 20


def test_weights_count_as_scikit_learn_counts_them() -> None:
    """Rows weigh as they do for every other learner: the same coefficients by another hand, others than without."""
    matrix, outcome = rows()
    weight = np.random.default_rng(4).uniform(0.1, 3.0, len(outcome))
    model = Logistic([False] * matrix.shape[1], seed=0).fit(matrix, outcome, weight)
    standard = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    oracle = LogisticRegression(C=model.strength, tol=1e-10, max_iter=10_000).fit(standard, outcome, weight)
    np.testing.assert_allclose(model.log_odds(matrix), oracle.decision_function(standard), atol=2e-3)
    plain = Logistic([False] * matrix.shape[1], seed=0).fit(matrix, outcome)
    assert np.abs(plain.log_odds(matrix) - model.log_odds(matrix)).max() > 0.05


def test_the_learner_hands_its_weights_on() -> None:
    """A sample in which late rows count for little is learned from as such."""
    matrix, outcome = rows()
    names = tuple(f"x{place}" for place in range(matrix.shape[1]))
    sample = Sample(
        matrix=matrix, outcome=outcome, names=names, directions=(0,) * len(names),
        entity=np.array([f"E{row}" for row in range(len(outcome))]), data_origin=("test",), label_origin="test",
    )  # fmt: skip
    weight = np.where(np.arange(len(outcome)) < 60, 1.0, 0.01)
    found = LogisticLearner().fit(replace(sample, weight=weight), seed=0).log_odds(matrix)
    assert np.abs(found - LogisticLearner().fit(sample, seed=0).log_odds(matrix)).max() > 0.05
