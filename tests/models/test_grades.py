"""Probability to grade on the master scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.grades import GRADES, PERFORMING, UNKNOWN, ProbabilityOutOfRange, grade_index, grade_name, grade_of
from tests.limit_cases import default_policy

SCALE = [float(bound) for bound in default_policy().fractions_by_grade("grading.upper_pd")]


def test_the_master_scale_is_geometric_as_published() -> None:
    """DOMAIN section 7: twelve grades from 0.05 % to 20 %, ratio 1.724, to the three printed figures."""
    assert len(SCALE) == len(PERFORMING) == 12
    exact = [0.0005 * 400 ** (step / 11) for step in range(12)]
    assert np.allclose(SCALE, exact, rtol=0.005)


@pytest.mark.parametrize(
    ("pd", "grade"),
    [
        (0.0, "G1"),
        (0.0005, "G1"),
        (0.000501, "G2"),
        (0.0226, "G8"),
        (0.0227, "G9"),
        (0.20, "G12"),
        (0.2001, "D"),
        (1.0, "D"),
    ],
)
def test_a_bound_belongs_to_the_better_grade(pd: float, grade: str) -> None:
    """A probability on the bound still has the better grade; above the last bound is the class for worse."""
    assert GRADES[grade_index(np.array([pd]), SCALE)[0]] == grade


def test_an_unknown_probability_is_no_grade() -> None:
    """Not known is not bad: NaN has no grade."""
    index = grade_index(np.array([np.nan, 0.5]), SCALE)
    assert index.tolist() == [UNKNOWN, GRADES.index("D")]
    assert grade_name(UNKNOWN) is None


@pytest.mark.parametrize("pd", [-0.01, 1.01, np.inf])
def test_a_number_that_is_no_probability_is_refused(pd: float) -> None:
    """A probability outside 0 to 1 is a defect upstream, with its row."""
    with pytest.raises(ProbabilityOutOfRange, match=r"outside 0 to 1.*row 1"):
        grade_index(np.array([0.5, pd]), SCALE)


@given(pd=st.floats(0.0, 1.0) | st.sampled_from([*SCALE, np.nan]))
def test_one_probability_has_the_grade_that_it_has_in_a_column(pd: float) -> None:
    """On the bounds and between them."""
    assert grade_of(pd, SCALE) == grade_name(int(grade_index(np.array([pd]), SCALE)[0]))
