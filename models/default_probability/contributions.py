"""Raw scores and their exact Shapley contributions: path dependent, or against a population of the bundle.

The one place that knows how contributions are computed: by table where the trees fit into tables, by LightGBM's own
TreeSHAP where they do not (path dependent only). Either way rows are independent, so one row alone gives the same bits
as among many, and `base + contributions.sum(axis=1)` is `raw` but for rounding. Whom a row is compared with changes its
contributions and never its score.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.default_probability.comparison import Compared, PopulationNotInBundle, compared
from models.default_probability.exact import ExactContributions, NotByTable, contributions_of
from models.reference_population import ReferencePopulation

_ROWS_FOR_ONE_THREAD = 4096  # below this a second thread costs more (and delays the one row) than it gives
BY_TABLE, BY_LIGHTGBM = "table", "lightgbm"


class RawContributions(NamedTuple):
    """Log-odds of the booster before calibration."""

    raw: NDArray[np.float64]  # [N]
    base: NDArray[np.float64]  # [N]: the mean score of whom the row is compared with
    contributions: NDArray[np.float64]  # [N, F]


class RowContributions(NamedTuple):
    """The same of one row."""

    raw: float
    base: float
    contributions: NDArray[np.float64]  # [F]


@dataclass(frozen=True)
class Method:
    """How a bundle's contributions are computed. `because`: why not by table, empty where they are."""

    name: str
    because: str = ""


def contribution_method(bundle: Bundle) -> Method:
    """Whether the bundle's contributions come from tables or, some hundred times slower, from LightGBM, and why."""
    tables = _tables(_ByDigest(bundle))
    return Method(BY_TABLE) if isinstance(tables, ExactContributions) else Method(BY_LIGHTGBM, str(tables))


def raw_contributions(
    matrix: NDArray[np.float64], bundle: Bundle, against: ReferencePopulation | None = None
) -> RawContributions:
    """Score rows of the bundle's features (float64[N, F], missing values already filled where the bundle says so).

    `against`: one of the bundle's populations; None: the average of training. The score itself is the sum of leaf
    values in tree order, bit for bit LightGBM's prediction, and not the sum of contributions: so monotone trees stay
    monotone to the last bit. Raises PopulationNotInBundle where the trees do not fit into tables.
    """
    threads = 1 if len(matrix) < _ROWS_FOR_ONE_THREAD else os.cpu_count() or 1
    key = _ByDigest(bundle)
    if against is not None:
        return RawContributions(*_compared(key, against.name).of(matrix, threads))
    tables = _tables(key)
    if isinstance(tables, ExactContributions):
        raw, base, contributions = tables.of(matrix, threads)
        return RawContributions(raw, np.full(len(matrix), base), contributions)
    return _by_lightgbm(matrix, bundle)


def row_contributions(
    row: NDArray[np.float64], bundle: Bundle, against: ReferencePopulation | None = None
) -> RowContributions:
    """`raw_contributions` of one filled row float64[F], the same bits; quicker, for it makes no columns."""
    key = _ByDigest(bundle)
    tables = _tables(key) if against is None else _compared(key, against.name).table_of(row)
    if isinstance(tables, ExactContributions):
        contributions = np.empty(len(row))
        return RowContributions(tables.of_one(row, contributions), tables.base, contributions)
    found = _by_lightgbm(row[np.newaxis, :], bundle)
    return RowContributions(float(found.raw[0]), float(found.base[0]), found.contributions[0])


def _by_lightgbm(matrix: NDArray[np.float64], bundle: Bundle) -> RawContributions:
    booster = bundle.booster
    count, width = matrix.shape
    if count == 0:
        return RawContributions(np.empty(0), np.empty(0), np.empty((0, width)))
    threads = 1 if count < _ROWS_FOR_ONE_THREAD else 0
    raw = np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)
    table = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=threads), dtype=np.float64)
    return RawContributions(raw, table[:, -1], table[:, :-1])


class _ByDigest:
    """A bundle as a key: two loads of the same bundle share their tables."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __hash__(self) -> int:
        return hash(self.bundle.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and self.bundle.digest == other.bundle.digest


@lru_cache(maxsize=8)  # a champion, a challenger, and what replays ask for
def _tables(key: _ByDigest) -> ExactContributions | NotByTable:
    try:
        return contributions_of(key.bundle.booster)
    except NotByTable as reason:
        return reason


@lru_cache(maxsize=8)
def _compared(key: _ByDigest, name: str) -> Compared:
    try:
        return compared(key.bundle, next(each for each in key.bundle.populations if each.name == name))
    except NotByTable as reason:
        raise PopulationNotInBundle(
            "the model's trees do not fit into tables, so nobody can be compared with a population",
            found=str(reason),
            where=f"bundle {key.bundle.digest[:12]}",
            advice="Name training_average in the policy, or train a shallower model",
            field="explanation.reference",
        ) from None
