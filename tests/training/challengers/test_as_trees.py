"""Step functions written as a LightGBM model: the same sum, the same contributions, missing values routed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.challengers.as_trees import Matrix, Steps, Term, as_booster, sum_of

NAMES = ("a", "b", "c")
finite = st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=True)


@st.composite
def steps(draw: st.DrawFn, column: int, most: int = 12) -> Steps:
    """A step function's cuts, anywhere, also at zero and next to each other."""
    cuts = draw(st.lists(st.one_of(finite, st.sampled_from([0.0, 1.0, -1.0, 1e-300])), max_size=most))
    usable = tuple(sorted({0.0 if abs(cut) < 1e-34 else cut for cut in cuts}))
    return Steps(column, usable, draw(st.one_of(st.none(), st.integers(0, len(usable)))))


@st.composite
def terms(draw: st.DrawFn) -> list[Term]:
    """Main effects of some columns and up to two pairs, with some empty bins and some equal neighbours."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    wanted = [(column,) for column in draw(st.sets(st.integers(0, 2), min_size=1))]
    pairs = draw(st.lists(st.sampled_from([(0, 1), (1, 2)]), max_size=2, unique=True))
    made = []
    for columns in (*wanted, *pairs):
        held = tuple(draw(steps(column, 12 if len(columns) == 1 else 4)) for column in columns)
        shape = tuple(step.count for step in held)
        values = rng.choice(np.round(rng.normal(size=5), 3), shape) if draw(st.booleans()) else rng.normal(size=shape)
        made.append(Term(held, values.astype(np.float64), rng.integers(0, 50, shape)))
    return made


def rows_for(terms: list[Term], seed: int) -> Matrix:
    """Rows at every cut, next to it on either side, elsewhere, and missing."""
    points: list[float] = [np.nan, 0.0, 1e300, -1e300]
    for cut in {cut for term in terms for step in term.steps for cut in step.cuts}:
        points += [cut, float(np.nextafter(cut, -np.inf)), float(np.nextafter(cut, np.inf))]
    return np.random.default_rng(seed).choice(np.array(points), (300, len(NAMES)))


@settings(max_examples=40, deadline=None)
@given(terms(), st.floats(-5, 5), st.integers(0, 1000))
def test_the_model_predicts_the_sum_of_the_steps(terms: list[Term], intercept: float, seed: int) -> None:
    """At, beside and beyond every cut, and for missing values, to 1e-12; also after a round trip through its text."""
    matrix = rows_for(terms, seed)
    booster = as_booster(terms, intercept, NAMES)
    expected = sum_of(terms, intercept, matrix)
    np.testing.assert_allclose(booster.predict(matrix, raw_score=True), expected, atol=1e-12, rtol=0)
    again = type(booster)(model_str=booster.model_to_string())
    assert (again.predict(matrix, raw_score=True) == booster.predict(matrix, raw_score=True)).all()
    assert again.model_to_string() == booster.model_to_string()


@settings(max_examples=40, deadline=None)
@given(terms(), st.floats(-5, 5), st.integers(0, 1000))
def test_contributions_are_the_terms_less_their_average(terms: list[Term], intercept: float, seed: int) -> None:
    """Of a sum of main effects: value of the bin minus mean over the training rows; the base is the mean score."""
    mains = [term for term in terms if len(term.steps) == 1]
    matrix = rows_for(mains, seed)
    table = as_booster(mains, intercept, NAMES).predict(matrix, pred_contrib=True)
    expected = np.zeros((len(matrix), len(NAMES)))
    base = intercept
    for term in mains:
        rows = np.maximum(term.rows, 1)
        average = float(rows @ term.log_odds / rows.sum())
        expected[:, term.steps[0].column] = term.values(matrix) - average
        base += average
    np.testing.assert_allclose(table[:, :-1], expected, atol=1e-10, rtol=0)
    np.testing.assert_allclose(table[:, -1], base, atol=1e-10, rtol=0)


@settings(max_examples=30, deadline=None)
@given(terms(), st.integers(0, 1000))
def test_contributions_of_pairs_add_up(terms: list[Term], seed: int) -> None:
    """With terms of two columns too, base and contributions are the score, and nothing is NaN."""
    matrix = rows_for(terms, seed)
    booster = as_booster(terms, 0.5, NAMES)
    table = booster.predict(matrix, pred_contrib=True)
    np.testing.assert_allclose(table.sum(axis=1), sum_of(terms, 0.5, matrix), atol=1e-9, rtol=0)


def test_gain_is_the_spread_of_a_term() -> None:
    """The importance by gain is the squared deviation over the training rows, so that terms can be compared."""
    rows: NDArray[np.int64] = np.array([10, 20, 30, 5])
    term = Term((Steps(1, (0.0, 1.0)),), np.array([-1.0, 0.25, 2.0, 0.5]), rows)
    mean = rows @ term.log_odds / rows.sum()
    gains = as_booster([term], 0.0, NAMES).feature_importance("gain")
    np.testing.assert_allclose(gains, [0.0, rows @ (term.log_odds - mean) ** 2, 0.0], rtol=1e-5)
