"""One scoring path: rows of features to calibrated PD, points and signed contributions, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from models.bundle import Bundle
from models.default_probability.contributions import raw_contributions
from models.default_probability.matrix import feature_matrix, filled


@dataclass(frozen=True)
class ProbabilityColumns:
    """PD and its explanation for N enterprises.

    `points` is higher for the safer; `base_points + contributions.sum(axis=1)` equals `points` to 1e-9. A negative
    contribution is points lost. `values` are the features as they came, NaN where missing.
    """

    enterprise_id: pa.Array
    pd: NDArray[np.float64]
    points: NDArray[np.float64]
    base_points: float
    contributions: NDArray[np.float64]
    feature_names: tuple[str, ...]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pd)


def score_features(features: pa.Table, bundle: Bundle) -> ProbabilityColumns:
    """Score a table with `enterprise_id` and the bundle's features. Raises FeatureColumnsDiffer, FeatureNotFinite."""
    values = feature_matrix(features, bundle)
    scored = raw_contributions(filled(values, bundle), bundle)
    log_odds = bundle.calibration.log_odds(scored.raw)
    per_log_odds = bundle.points.per_log_odds
    base_log_odds = bundle.calibration.intercept + bundle.calibration.slope * scored.base
    return ProbabilityColumns(
        enterprise_id=_enterprise_ids(features),
        pd=expit(log_odds),
        points=bundle.points.at_even_odds - per_log_odds * log_odds,
        base_points=bundle.points.at_even_odds - per_log_odds * base_log_odds,
        contributions=(-per_log_odds * bundle.calibration.slope) * scored.contributions,
        feature_names=bundle.features,
        values=values,
    )


def _enterprise_ids(features: pa.Table) -> pa.Array:
    column = features.column("enterprise_id").cast(pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
