"""Own columns beside rows that are about a day: of each entity the latest row that was known by then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.prepared.errors import WhenKnownNotSaid
from models.prepared.rows import PreparedRows


def known_by(rows: PreparedRows, entity: NDArray[np.str_], day: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """For each (entity, day) the place of the row that counts then, -1 where none was known.

    A row counts from the later of its day and the day it was known; the latest such row wins, and of equal ones the
    later in the file. Raises WhenKnownNotSaid.
    """
    since = _counts_from(rows)
    names, codes = np.unique(np.concatenate([rows.entity, entity]), return_inverse=True)
    del names
    own, asked = codes[: len(rows)], codes[len(rows) :]
    days = since.astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((np.arange(len(rows)), days, own))
    low = min(days.min(initial=0), day.astype("datetime64[D]").astype(np.int64).min(initial=0))
    width = max(days.max(initial=0), day.astype("datetime64[D]").astype(np.int64).max(initial=0)) - low + 2
    keys = own[order].astype(np.int64) * width + (days[order] - low)
    wanted = asked.astype(np.int64) * width + (day.astype("datetime64[D]").astype(np.int64) - low)
    place = np.searchsorted(keys, wanted, side="right") - 1
    found = np.full(len(entity), -1, dtype=np.int64)
    inside = place >= 0
    same = np.zeros(len(entity), dtype=bool)
    same[inside] = own[order[place[inside]]] == asked[inside]
    found[same] = order[place[same]]
    return found


def _counts_from(rows: PreparedRows) -> NDArray[np.datetime64]:
    if rows.known_at is None:
        raise WhenKnownNotSaid(
            "the table does not say from which day on its values were known",
            field="known_at",
            expected="a column of days in the schema: known_at: COLUMN",
            advice="Without it a value learned after the outcome would be learned from",
        )
    return rows.known_at if rows.day is None else np.maximum(rows.known_at, rows.day)
