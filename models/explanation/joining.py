"""Columns of texts joined row by row, missing ones left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def text_where(mask: npt.NDArray[np.bool_], text: str) -> pa.Array:
    """The text where the mask is true, else missing."""
    return pc.if_else(pa.array(mask), pa.scalar(text), pa.scalar(None, pa.string()))


def joined_texts(parts: Sequence[pa.Array], separator: str, rows: int) -> pa.Array:
    """The texts of each row with a separator between; an empty text where a row has none.

    Arrow's join drops a row in which everything is missing: each row starts with an empty text that is cut off again.
    """
    start = pa.repeat(pa.scalar(""), rows)
    joined = pc.binary_join_element_wise(start, *parts, separator, null_handling="skip")
    return pc.utf8_slice_codeunits(joined, start=len(separator))
