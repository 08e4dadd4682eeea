"""Rows of a matrix as the table that the one scoring path takes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.bundle import Bundle
from training.sample import Matrix


def feature_rows(matrix: Matrix, bundle: Bundle) -> pa.Table:
    """A table with an id for each row and the bundle's features; NaN becomes null."""
    ids = pa.array([str(row) for row in range(len(matrix))], pa.string())
    columns = {
        name: pa.array(np.ascontiguousarray(matrix[:, at]), pa.float64(), from_pandas=True)
        for at, name in enumerate(bundle.features)
    }
    return pa.table({"enterprise_id": ids, **columns})
