"""What a missing value is scored at: neutral where its feed is not connected, prudent where the feed left it out.

docs/decisions/0010-not-connected-is-neutral.md says why. The same function fills the rows a model learns from and the
rows it scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def fill_missing(
    matrix: Matrix,
    missing_as: Sequence[float | None],
    absent_as: Sequence[float | None],
    feeds: Sequence[str | None],
) -> Matrix:
    """The matrix with each missing value at its fill; None leaves NaN to the trees.

    Columns that name one feed belong together: where all of them are missing in a row, the feed is not connected and
    they are scored at `absent_as`; where one is present, the feed is connected and the others are scored at
    `missing_as`. A column without a feed is always scored at `missing_as`. Rows do not influence each other.
    """
    missing = np.isnan(matrix)
    if not np.count_nonzero(missing):
        return matrix.copy()
    filled = np.where(missing, np.array([_number(fill) for fill in missing_as], dtype=np.float64), matrix)
    for feed in dict.fromkeys(feed for feed in feeds if feed is not None):
        columns = [column for column, of in enumerate(feeds) if of == feed]
        absent = missing[:, columns].all(axis=1)
        if absent.any():
            for column in columns:
                filled[absent, column] = _number(absent_as[column])
    return filled


def _number(fill: float | None) -> float:
    return np.nan if fill is None else fill
