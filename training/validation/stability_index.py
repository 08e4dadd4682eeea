"""Population stability index with critical values that know the sample size.

For two samples of N and M rows from one population in B bins, PSI is about (1/N + 1/M) times a chi-square with B - 1
degrees of freedom (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14(4); see also arXiv 2303.01227). The
crude lines 0.10 and 0.25 know neither N nor B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr
from scipy.stats import chi2

Matrix = NDArray[np.float64]
BINS = 10
_HALF = 0.5  # rows added to every bin, so that an empty one does not make the index infinite


@dataclass(frozen=True)
class Stability:
    """A PSI. `critical`: what chance alone exceeds with the probability `significance`."""

    psi: float
    critical: float
    p_value: float
    bins: int
    missing_before: float
    missing_after: float


def stability(
    before: Matrix, after: Matrix, *, size_before: int, size_after: int, significance: float, bins: int = BINS
) -> Stability:
    """PSI of `after` against `before`, in bins of equal shares of `before` and one for missing values.

    `size_before`, `size_after`: numbers of independent units. Rows of one enterprise on neighbouring days say nearly
    the same, so where rows repeat it is the number of enterprises.
    """
    edges = _edges(before, bins)
    first, second = _counts(before, edges), _counts(after, edges)
    used = (first + second) > 0
    expected, actual = _shares(first[used]), _shares(second[used])
    psi = float(np.sum(rel_entr(actual, expected) + rel_entr(expected, actual)))
    freedom = int(used.sum()) - 1
    scale = 1.0 / size_before + 1.0 / size_after
    return Stability(
        psi=psi,
        critical=float(scale * chi2.ppf(1.0 - significance, freedom)) if freedom else 0.0,
        p_value=float(chi2.sf(psi / scale, freedom)) if freedom else 1.0,
        bins=int(used.sum()),
        missing_before=float(np.isnan(before).mean()),
        missing_after=float(np.isnan(after).mean()),
    )


def _edges(values: Matrix, bins: int) -> Matrix:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.linspace(0.0, 1.0, bins + 1)[1:-1]))


def _counts(values: Matrix, edges: Matrix) -> NDArray[np.float64]:
    known = values[~np.isnan(values)]
    inside = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(inside, len(values) - len(known)).astype(np.float64)


def _shares(counts: Matrix) -> Matrix:
    shares: Matrix = (counts + _HALF) / (counts.sum() + _HALF * len(counts))
    return shares
