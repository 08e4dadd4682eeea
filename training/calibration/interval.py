"""Venn-Abers tables from scores of unseen rows: what the data themselves say of a score, without a curve.

For every score two isotonic regressions are asked, one that counts the scored row as no default and one that counts it
as a default; the rates they give are the interval. It is wide where few rows have such scores, whatever the model
believes. Vovk, Petej, Fedorova (2015), arXiv:1511.00213: one of the two rates is calibrated in whatever sample size if
the rows are exchangeable. The tables come from out-of-fold scores while the model in force has seen all rows, and from
rows thinned to nearly one an enterprise, so for us the guarantee holds approximately.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from models.calibration import VennAbers

Column = NDArray[np.float64]
_DIGITS = 12  # kept of a rate, so that runs of equal rates are found in spite of rounding


def venn_abers(raw: Column, outcome: Column) -> VennAbers:
    """The tables of unseen raw scores [N] and their outcomes [N]; exact, with one entry per step.

    The two isotonic regressions are the library's (`calc_p0p1`: the rate is constant between scores, and taken from the
    right for the lower and from the left for the upper one).
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():  # importing the library sets numpy's global error state
        warnings.simplefilter("ignore", RuntimeWarning)
        from venn_abers.venn_abers import calc_p0p1  # noqa: PLC0415

        lower, upper, scores = calc_p0p1(np.column_stack([raw, raw]), outcome)
    low_from, low = _steps(scores, lower[:, 1])
    high_above, high = _steps(scores, upper[:, 1])
    return VennAbers(low_from, low, high_above, high, rows=len(raw), defaults=int(outcome.sum()))


def nearly_one_each(entity: NDArray[np.str_], raw: Column) -> NDArray[np.int64]:
    """Rows, about as many as there are entities, drawn evenly along the entities (systematic sampling).

    Rows of one entity tell nearly the same story, and isotonic regression would take them for as many. Every row has
    the same chance to be drawn, so the default rate stays what it is; an entity with twice the average number of rows
    gives two. Within an entity the rows are ordered by score, so that the draw is spread over them.
    """
    order = np.lexsort((raw, entity))
    count = len(np.unique(entity))
    step = len(order) / count
    return np.sort(order[np.floor((np.arange(count) + 0.5) * step).astype(np.int64)])


def _steps(scores: Column, rates: Column) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The scores at which the rate changes, and the rates; `rates[i]` holds between scores[i - 1] and scores[i]."""
    rounded = np.maximum.accumulate(np.clip(np.round(rates, _DIGITS), 0.0, 1.0))
    changes = np.flatnonzero(np.diff(rounded))
    return tuple(scores[changes].tolist()), (float(rounded[0]), *rounded[changes + 1].tolist())
