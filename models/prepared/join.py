"""Own columns beside rows that are about a day: of each entity the latest row that was known by then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.prepared.errors import EntityDayRepeated, WhenKnownNotSaid
from models.prepared.rows import PreparedRows


def known_by(rows: PreparedRows, entity: NDArray[np.str_], day: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """For each (entity, day) the place of the row that counts then, -1 where none was known.

    A row counts from the later of its day and the day it was known; the latest such row wins, and of those that count
    from the same day the one about the later day. Raises WhenKnownNotSaid, EntityDayRepeated.
    """
    since = _counts_from(rows)
    names, codes = np.unique(np.concatenate([rows.entity, entity]), return_inverse=True)
    del names
    own, asked = codes[: len(rows)], codes[len(rows) :]
    days = since.astype("datetime64[D]").astype(np.int64)
    about = days if rows.day is None else rows.day.astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((np.arange(len(rows)), about, days, own))
    _check_keys(rows, order, np.column_stack([own, days, about])[order])
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


def _check_keys(rows: PreparedRows, order: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    """Refuse two rows of one entity and day that say different things: which of them counts would be a guess."""
    same = (keys[1:] == keys[:-1]).all(axis=1)
    if not same.any():
        return
    differ = np.zeros(len(same), dtype=bool)
    first, second = order[:-1], order[1:]
    for values in (*rows.numbers.values(), *rows.categories.values()):
        one, other = values[first], values[second]
        alike = one == other
        if values.dtype.kind == "f":
            alike |= np.isnan(one) & np.isnan(other)
        differ |= same & ~alike
    if differ.any():
        place = int(differ.argmax())
        pair = sorted((int(rows.lines[first[place]]), int(rows.lines[second[place]])))
        raise EntityDayRepeated(
            "two rows of one entity count from the same day and say different things",
            where=f"{rows.origin}, rows {pair[0]} and {pair[1]}",
            field=rows.schema.known_at,
            expected="one row for each entity and day",
            found=f"{rows.entity[order[place]]}, {int(differ.sum())} such pairs",
            advice="Keep the row that is right, or give a corrected row the day on which the correction was known",
        )
