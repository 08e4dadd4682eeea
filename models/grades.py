"""Default probability to grade: twelve performing grades and one class for worse.

The bounds are policy (`grading.upper_pd`, DOMAIN section 7); only the names are code. A grade is stored as an index
into `GRADES` so that it is a column; -1 says that the probability is not known, which is never a bad grade.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.errors import AssetlightError

PERFORMING: tuple[str, ...] = tuple(f"G{number}" for number in range(1, 13))
WORSE = "D"
GRADES: tuple[str, ...] = (*PERFORMING, WORSE)
UNKNOWN = -1

GradeColumn: TypeAlias = "npt.NDArray[np.int16]"


class ProbabilityOutOfRange(AssetlightError):
    """A default probability is not a number from 0 to 1."""


def grade_index(pd: npt.NDArray[np.float64], upper_pd: Sequence[float]) -> GradeColumn:
    """Index into `GRADES` for each probability: the best grade whose upper bound is not below it; NaN gives -1.

    `upper_pd` holds one bound per performing grade, rising; a probability above the last one is the class for worse.
    """
    if len(upper_pd) != len(PERFORMING):
        raise ValueError(f"the master scale has {len(PERFORMING)} performing grades, got {len(upper_pd)} bounds")
    known = ~np.isnan(pd)
    outside = known & ((pd < 0.0) | (pd > 1.0))
    if outside.any():
        row = int(np.argmax(outside))
        raise ProbabilityOutOfRange(
            "a default probability is outside 0 to 1", expected="0 <= pd <= 1", found=float(pd[row]), where=f"row {row}"
        )
    index = np.searchsorted(np.asarray(upper_pd, dtype=np.float64), pd, side="left").astype(np.int16)
    index[~known] = UNKNOWN
    return index


def grade_of(pd: float, upper_pd: Sequence[float]) -> str | None:
    """The name of the grade of one probability by the rule of `grade_index`, which checks `upper_pd`; None for NaN."""
    if math.isnan(pd):
        return None
    return GRADES[bisect_left(upper_pd, pd)]


def grade_name(index: int) -> str | None:
    """The name of a grade index, None where the grade is not known."""
    return None if index == UNKNOWN else GRADES[index]
