"""The population stability index between a reference and a current distribution, over bins fixed beforehand.

PSI = sum over bins of (current - reference) * ln(current / reference), shares floored so that an empty bin is finite
(Siddiqi, Credit Risk Scorecards, 2006, chapter 9). It grows as samples shrink: with nothing changed at all it is about
chi-square(B - 1) * (1/n + 1/m) for B bins and n, m rows (Yurdakul and Naranjo, Statistical properties of the population
stability index, Journal of Risk Model Validation 14(4), 2020), so each PSI comes with the value that chance alone
exceeds one time in a hundred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Vector = NDArray[np.float64]
BINS = 10
SMALLEST_SHARE = 1e-4
BY_CHANCE = 0.01  # how often an unchanged population exceeds the critical value


def quantile_edges(values: Vector, bins: int = BINS) -> Vector:
    """The inner edges of bins of about equal weight; fewer where values repeat, none where they are all the same."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    inner = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf"))
    return np.asarray(inner[inner < known.max()], dtype=np.float64)


def shares(values: Vector, edges: Vector) -> Vector:
    """The share of rows in each bin, an edge belonging to the bin below it; the last share is that of missing ones."""
    missing = np.isnan(values)
    counts = np.bincount(np.searchsorted(edges, values[~missing], side="left"), minlength=len(edges) + 1)
    return np.append(counts, missing.sum()) / max(len(values), 1)


def population_stability(reference: Vector, current: Vector) -> float:
    """PSI of two vectors of shares over the same bins, at least 0."""
    before, now = (np.maximum(side, SMALLEST_SHARE) for side in (reference, current))
    return float(((now - before) * np.log(now / before)).sum())


def critical_stability(reference: Vector, rows_before: int, rows_now: int, by_chance: float = BY_CHANCE) -> float:
    """The PSI that an unchanged population exceeds so often, for this many rows; bins empty before do not count."""
    bins = int((reference > 0).sum())
    if bins < 2 or not rows_before or not rows_now:
        return 0.0
    return float(chi2.ppf(1.0 - by_chance, bins - 1)) * (1.0 / rows_before + 1.0 / rows_now)
