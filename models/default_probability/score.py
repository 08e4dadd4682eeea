"""One scoring path: rows of features to calibrated PD, points and signed contributions, as columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from models.bundle import Bundle
from models.default_probability.comparison import population_of
from models.default_probability.contributions import raw_contributions, row_contributions
from models.default_probability.matrix import feature_matrix, filled
from models.reference_population import ReferencePopulation


@dataclass(frozen=True)
class ProbabilityColumns:
    """PD and its explanation for N enterprises.

    `points` is higher for the safer; `base_points + contributions.sum(axis=1)` equals `points` to 1e-9. A negative
    contribution is points lost against whom the enterprise is compared with: `against`, one of the bundle's
    populations, or the average of training where that is None. `values` are the features as they came, NaN where
    missing. `low` and `high` hold the probability between them: what the calibration data themselves say of such a
    score; NaN where the bundle has no tables for it.
    """

    enterprise_id: pa.Array
    pd: NDArray[np.float64]
    points: NDArray[np.float64]
    base_points: NDArray[np.float64]
    contributions: NDArray[np.float64]
    feature_names: tuple[str, ...]
    values: NDArray[np.float64]
    low: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    high: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    against: ReferencePopulation | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.full(len(self.pd), np.nan))

    def __len__(self) -> int:
        return len(self.pd)


def score_features(features: pa.Table, bundle: Bundle, compared_with: str | None = None) -> ProbabilityColumns:
    """Score a table with `enterprise_id` and the bundle's features.

    Raises FeatureColumnsDiffer, FeatureNotFinite, PopulationNotInBundle.
    """
    return score_matrix(_enterprise_ids(features), feature_matrix(features, bundle), bundle, compared_with)


def score_matrix(
    enterprise_id: pa.Array, values: NDArray[np.float64], bundle: Bundle, compared_with: str | None = None
) -> ProbabilityColumns:
    """Score finite rows of the bundle's features in its order, float64[N, F], NaN where missing.

    `compared_with` names one of the bundle's populations; None: the average of training. Raises PopulationNotInBundle.
    """
    against = population_of(bundle, compared_with)
    scored = raw_contributions(filled(values, bundle), bundle, against)
    log_odds = bundle.calibration.log_odds(scored.raw)
    per_log_odds = bundle.points.per_log_odds
    base_log_odds = bundle.calibration.intercept + bundle.calibration.slope * scored.base
    pd = expit(log_odds)
    low, high = _interval(scored.raw, pd, bundle)
    return ProbabilityColumns(
        enterprise_id=enterprise_id,
        pd=pd,
        points=bundle.points.at_even_odds - per_log_odds * log_odds,
        base_points=bundle.points.at_even_odds - per_log_odds * base_log_odds,
        contributions=(-per_log_odds * bundle.calibration.slope) * scored.contributions,
        feature_names=bundle.features,
        values=values,
        low=low,
        high=high,
        against=against,
    )


@dataclass(frozen=True)
class RowProbability:
    """`ProbabilityColumns` of one row; `contributions` [F]."""

    pd: float
    low: float
    high: float
    points: float
    base_points: float
    contributions: NDArray[np.float64]


def score_one(values: NDArray[np.float64], bundle: Bundle, compared_with: str | None = None) -> RowProbability:
    """`score_matrix` of one finite row float64[F], to the last bit, without making columns of it.

    Raises PopulationNotInBundle.
    """
    against = population_of(bundle, compared_with)
    raw, base, contributions = row_contributions(filled(values[np.newaxis, :], bundle)[0], bundle, against)
    log_odds = bundle.calibration.log_odds(raw)
    per_log_odds, at_even_odds = bundle.points.per_log_odds, bundle.points.at_even_odds
    pd = float(expit(log_odds))
    low = high = np.nan
    if bundle.interval is not None:
        low, high = (bundle.calibration.shifted(rate) for rate in bundle.interval.interval_of(raw))
        low, high = min(low, pd), max(high, pd)
    return RowProbability(
        pd=pd,
        low=low,
        high=high,
        points=at_even_odds - per_log_odds * log_odds,
        base_points=at_even_odds - per_log_odds * (bundle.calibration.intercept + bundle.calibration.slope * base),
        contributions=(-per_log_odds * bundle.calibration.slope) * contributions,
    )


def _interval(
    raw: NDArray[np.float64], pd: NDArray[np.float64], bundle: Bundle
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Venn-Abers interval moved to the central tendency like the PD, and widened to hold the PD.

    The PD is a smooth curve through the same scores; where it leaves the steps, that disagreement is uncertainty too.
    """
    if bundle.interval is None:
        return np.full(len(pd), np.nan), np.full(len(pd), np.nan)
    low, high = bundle.interval.interval(raw)
    return np.minimum(bundle.calibration.shifted(low), pd), np.maximum(bundle.calibration.shifted(high), pd)


def _enterprise_ids(features: pa.Table) -> pa.Array:
    column = features.column("enterprise_id").cast(pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
