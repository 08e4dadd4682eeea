"""Whether there are enough outcomes of both kinds to learn from and to test on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError

FEWEST_OF_A_CLASS = 10  # where every row is tested in turn
FEWEST_ON_A_SIDE = 30  # to learn from, and to test on, where the test is out of time


class OneClassOnly(AssetlightError):
    """Every row has the same outcome."""


class TooFewDefaults(AssetlightError):
    """The rarer outcome is too rare to fit anything to, or to test on."""


def check_outcomes(outcome: NDArray[np.float64]) -> None:
    """Raises OneClassOnly, TooFewDefaults."""
    defaults, good = int(outcome.sum()), int((1 - outcome).sum())
    if not defaults or not good:
        raise OneClassOnly(
            "every enterprise to train on has the same outcome",
            expected="some that defaulted and some that did not",
            found=f"{defaults} defaults, {good} without default",
            advice="Labels may be one-sided, or the records may be missing for one side",
        )
    if min(defaults, good) < FEWEST_OF_A_CLASS:
        raise TooFewDefaults(
            "too few enterprises of one outcome to fit and to check a model",
            expected=f"at least {FEWEST_OF_A_CLASS} of each; below 50 defaults every figure stays uncertain",
            found=f"{defaults} defaults, {good} without default",
            advice="Add labels, or use an expert scale until there are more",
        )


def check_side(words: str, outcome: NDArray[np.float64]) -> None:
    """One side of a split in time; `words` is what it is for, such as `test on`. Raises TooFewDefaults."""
    rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    if rarer < FEWEST_ON_A_SIDE:
        raise TooFewDefaults(
            f"too few rows of one outcome to {words}",
            expected=f"at least {FEWEST_ON_A_SIDE} defaults and as many without",
            found=f"{int(outcome.sum())} defaults in {len(outcome)} rows",
            advice="Take more days, import more history, test from another day, or train on one day with --labels",
        )
