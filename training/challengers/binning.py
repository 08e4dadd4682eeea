"""Bins of one column by OptBinning: the best monotone cut into few bins, found by an exact solver."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from training.challengers.as_trees import Matrix, Steps

MOST_BINS = 6
SMALLEST_SHARE = 0.05  # of the rows, in a bin
_TREND = {1: "ascending", -1: "descending", 0: "auto_asc_desc"}
_RARE_LEVEL = 0.02  # share of the rows below which levels of a category are taken together
_SECONDS = 20  # for one column; the solver needs some hundredths


@dataclass(frozen=True)
class Bins:
    """A column cut into bins. `rows`, `defaults`: by bin as learned, missing values apart at the end.

    `trend`: +1 risk rises from bin to bin, -1 it falls, 0 the bins are levels without order.
    """

    steps: Steps
    rows: Matrix  # weighted where the sample is
    defaults: Matrix
    trend: int

    @property
    def evidence(self) -> Matrix:
        """Weight of evidence of risk: ln(share of the defaults in the bin / share of the others in the bin).

        Levels may have no default or nothing else: half a row is added to each. The solver leaves no such bin, and
        rates that rise or fall; what rounding may undo of that is put right.
        """
        defaults, others = self._shares
        evidence = np.log(defaults) - np.log(others)
        return np.asarray(self.trend * np.maximum.accumulate(self.trend * evidence) if self.trend else evidence)

    @property
    def information_value(self) -> Matrix:
        """IV of each bin; missing values have none, because they are scored like the bin they belong to."""
        defaults, others = self._shares
        return np.asarray((defaults - others) * self.evidence)

    @property
    def _shares(self) -> tuple[Matrix, Matrix]:
        prior = 0.0 if self.trend else 0.5
        defaults, others = self.defaults[:-1] + prior, (self.rows - self.defaults)[:-1] + prior
        return defaults / defaults.sum(), others / others.sum()


def cut_column(
    values: Matrix, outcome: Matrix, weight: Matrix, *, column: int, direction: int, missing_as: float, smallest: float
) -> Bins | None:
    """The bins of a numeric column, risk rising or falling by its direction (either where it has none).

    `missing_as`: the value that missing ones are scored at; they belong to its bin. `smallest`: share of the rows that
    a bin must hold. None where no cut tells risk apart.
    """
    known = ~np.isnan(values)
    if outcome[known].min(initial=1.0) == outcome[known].max(initial=0.0):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library and its solver warn of what they deprecate, on every machine
        from optbinning import OptimalBinning  # noqa: PLC0415  (takes two seconds)

        found = OptimalBinning(
            name=str(column), dtype="numerical", solver="cp", monotonic_trend=_TREND[direction], max_n_bins=MOST_BINS,
            min_prebin_size=smallest, min_bin_size=smallest, min_bin_n_event=1, min_bin_n_nonevent=1,
            time_limit=_SECONDS,
        )  # fmt: skip
        found.fit(values[known], outcome[known].astype(int), sample_weight=weight[known])
    if found.status != "OPTIMAL" or not len(found.splits):
        return None
    steps = Steps(column, tuple(np.asarray(found.splits, dtype=float).tolist()))
    rows, defaults = _counts(steps, values, outcome, weight)
    rate = defaults[:-1] / rows[:-1]
    return Bins(_at_home(steps, missing_as), rows, defaults, trend=1 if rate[-1] > rate[0] else -1)


def group_levels(
    values: Matrix, outcome: Matrix, weight: Matrix, *, column: int, levels: int, missing_as: float
) -> Bins | None:
    """The bins of a category: one for each level that is frequent enough, and one for the others after them.

    Levels are stored in order of frequency, so the frequent ones come first.
    """
    known = values[~np.isnan(values)]
    share = np.bincount(known.astype(np.int64), minlength=levels) / max(len(known), 1)
    frequent = int((np.minimum.accumulate(share) >= _RARE_LEVEL).sum())
    cuts = tuple(place + 0.5 for place in range(min(frequent, levels - 1)))
    if not cuts:
        return None
    steps = Steps(column, cuts)
    return Bins(_at_home(steps, missing_as), *_counts(steps, values, outcome, weight), trend=0)


def _counts(steps: Steps, values: Matrix, outcome: Matrix, weight: Matrix) -> tuple[Matrix, Matrix]:
    place = steps.bins(values)
    rows = np.bincount(place, weights=weight, minlength=steps.count)
    defaults = np.bincount(place, weights=weight * outcome, minlength=steps.count)
    return rows.astype(np.float64), defaults.astype(np.float64)


def _at_home(steps: Steps, missing_as: float) -> Steps:
    """The steps with missing values in the bin of the value that they are scored at."""
    return Steps(steps.column, steps.cuts, int(steps.bins(np.array([missing_as]))[0]))
