"""From a table of features to the matrix that a bundle's booster expects. LightGBM checks no names: this does."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.bundle import Bundle
from models.default_probability.missing import fill_missing
from models.errors import AssetlightError


class FeatureColumnsDiffer(AssetlightError):
    """The table's columns are not the features the bundle was trained on, or come in another order."""


class OwnColumnsNeeded(FeatureColumnsDiffer):
    """The model reads columns of the bank's own tables, which the stored records do not hold."""


class FeatureNotFinite(AssetlightError):
    """A feature is infinite: a feature is a finite number or missing."""


def feature_matrix(features: pa.Table, bundle: Bundle) -> NDArray[np.float64]:
    """The bundle's features as float64[N, F], NaN where missing.

    The table may hold more columns (the catalogue is larger than one model); the bundle's own must all be there, once,
    in the bundle's order. Raises FeatureColumnsDiffer, FeatureNotFinite.
    """
    _check_own(features, bundle)
    _check_columns(tuple(features.column_names), bundle.features)
    matrix = np.empty((features.num_rows, len(bundle.features)), dtype=np.float64)
    for position, name in enumerate(bundle.features):
        column = features.column(name).cast(pa.float64())
        matrix[:, position] = column.to_numpy()
    infinite = np.isinf(matrix)
    if infinite.any():
        row, position = (int(index) for index in np.argwhere(infinite)[0])
        raise FeatureNotFinite(
            "a feature is infinite",
            expected="a finite number, or null where it is not known",
            field=bundle.features[position],
            found=float(matrix[row, position]),
            where=f"row {row}" + _enterprise(features, row),
        )
    return matrix


def filled(matrix: NDArray[np.float64], bundle: Bundle) -> NDArray[np.float64]:
    """The matrix with each missing value at what the bundle scores it at; NaN stays where the trees decide."""
    return fill_missing(matrix, bundle.missing_as, bundle.absent_as, bundle.feeds)


def _check_own(features: pa.Table, bundle: Bundle) -> None:
    lacking = [name for name in bundle.own_columns if name not in features.column_names]
    if lacking:
        raise OwnColumnsNeeded(
            "the model reads columns of the bank's own tables, which stored records do not hold; nothing was scored, "
            "for taking them as missing would be a guess / 模型使用自备数据列，已存记录中没有，未评分",
            expected=f"own columns {', '.join(lacking)}",
            found="the features of the catalogue alone",
            advice="Score with the tables: assetlight score --table FILE --bundle DIGEST; or put a model in force that "
            "needs none",
        )


def _check_columns(present: tuple[str, ...], expected: tuple[str, ...]) -> None:
    missing = [name for name in expected if name not in present]
    repeated = sorted({name for name in expected if present.count(name) > 1})
    if missing or repeated:
        parts = [
            f"missing: {', '.join(missing)}" if missing else "",
            f"repeated: {', '.join(repeated)}" if repeated else "",
        ]
        raise FeatureColumnsDiffer(
            "the columns are not the features the model was trained on",
            expected=f"{len(expected)} features of the bundle, each once",
            found="; ".join(part for part in parts if part),
            advice="Compute the features with the release that trained the bundle, or train again",
        )
    in_order = [name for name in present if name in set(expected)]
    moved = [name for name, wanted in zip(in_order, expected, strict=True) if name != wanted]
    if moved:
        raise FeatureColumnsDiffer(
            "the feature columns come in another order than the model's",
            expected=", ".join(expected),
            found=f"out of place: {', '.join(moved)}",
            advice="Select the columns in the bundle's order",
        )


def _enterprise(features: pa.Table, row: int) -> str:
    if "enterprise_id" not in features.column_names:
        return ""
    return f", enterprise {features.column('enterprise_id')[row].as_py()}"
