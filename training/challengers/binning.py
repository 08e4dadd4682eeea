"""Bins of one column by OptBinning: the best monotone cut into few bins, found by an exact solver."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

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

    `trend`: +1 risk rises from bin to bin, -1 it falls, 0 the bins are groups of levels. A category has one step for
    each level then, and `groups` says in which bin each of them is.
    """

    steps: Steps
    rows: Matrix  # weighted where the sample is
    defaults: Matrix
    trend: int
    groups: tuple[int, ...] = ()

    @property
    def by_step(self) -> Matrix:
        """The evidence of each step, which is that of its bin."""
        return self.evidence[list(self.groups)] if self.groups else self.evidence

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
    found = _binning(
        values[known], outcome[known], weight[known], column=column, dtype="numerical", smallest=smallest,
        monotonic_trend=_TREND[direction],
    )  # fmt: skip
    if found is None or not len(found.splits):
        return None
    steps = Steps(column, tuple(np.asarray(found.splits, dtype=float).tolist()))
    rows, defaults = _counts(steps, values, outcome, weight)
    rate = defaults[:-1] / rows[:-1]
    return Bins(_at_home(steps, missing_as), rows, defaults, trend=1 if rate[-1] > rate[0] else -1)


def group_levels(
    values: Matrix, outcome: Matrix, weight: Matrix, *, column: int, levels: int, missing_as: float, smallest: float
) -> Bins | None:
    """The bins of a category: levels of like risk together; rare ones, and those never seen, in one bin.

    None where no grouping tells risk apart.
    """
    known = ~np.isnan(values)
    found = _binning(
        values[known], outcome[known], weight[known], column=column, dtype="categorical", smallest=smallest,
        cat_cutoff=_RARE_LEVEL,
    )  # fmt: skip
    if found is None or len(found.splits) < 2:
        return None
    groups = np.full(levels, len(found.splits) - 1)  # the last one holds the rare levels
    for number, members in enumerate(found.splits):
        groups[np.asarray(members, dtype=float).astype(np.int64)] = number
    steps = Steps(column, tuple(place + 0.5 for place in range(levels - 1)))
    rows, defaults = (
        np.append(np.bincount(groups, weights=each[:-1], minlength=len(found.splits)), each[-1])
        for each in _counts(steps, values, outcome, weight)
    )
    return Bins(_at_home(steps, missing_as), rows, defaults, trend=0, groups=tuple(groups.tolist()))


def _binning(
    values: Matrix,
    outcome: Matrix,
    weight: Matrix,
    *,
    column: int,
    dtype: str,
    smallest: float,
    **options: Any,  # noqa: ANN401
) -> Any | None:  # noqa: ANN401
    """OptBinning's solution; None where there is one outcome alone or no solution."""
    if outcome.min(initial=1.0) == outcome.max(initial=0.0):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library and its solver warn of what they deprecate, on every machine
        from optbinning import OptimalBinning  # noqa: PLC0415  (takes two seconds)

        found = OptimalBinning(
            name=str(column), dtype=dtype, solver="cp", max_n_bins=MOST_BINS, min_prebin_size=smallest,
            min_bin_size=smallest, min_bin_n_event=1, min_bin_n_nonevent=1, time_limit=_SECONDS, **options,
        )  # fmt: skip
        found.fit(values, outcome.astype(int), sample_weight=weight)
    return found if found.status == "OPTIMAL" else None


def _counts(steps: Steps, values: Matrix, outcome: Matrix, weight: Matrix) -> tuple[Matrix, Matrix]:
    place = steps.bins(values)
    rows = np.bincount(place, weights=weight, minlength=steps.count)
    defaults = np.bincount(place, weights=weight * outcome, minlength=steps.count)
    return rows.astype(np.float64), defaults.astype(np.float64)


def _at_home(steps: Steps, missing_as: float) -> Steps:
    """The steps with missing values in the bin of the value that they are scored at."""
    return Steps(steps.column, steps.cuts, int(steps.bins(np.array([missing_as]))[0]))
