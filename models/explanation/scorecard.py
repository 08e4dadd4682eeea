"""The lines of a scorecard that a decision used: attribute, bin, weight of evidence, points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCORECARD, BASE, MISSING = "scorecard", "base", "missing"
SAME = 1e-6  # points: what a bin gives and what a decision shows are the same sum, added in another order


@dataclass(frozen=True)
class ScorecardLine:
    """One column of the card: the value of the enterprise, the bin that it falls into, and what the bin is worth.

    `woe` is positive for the safer and None for a value that is missing, whose points are those of the bin that it is
    scored with. `points` are added to the base.
    """

    column: str
    zh: str
    en: str
    value: float | None
    bin: str
    woe: float | None
    points: float


def scorecard_lines(
    card: Mapping[str, Any], values: Mapping[str, float | None], contributions: Mapping[str, float]
) -> tuple[ScorecardLine, ...]:
    """The line of each column, in the order of the card; none where the champion of the card is no scorecard.

    A bin is found by what the decision shows: of the bins that are worth the points of the column the one that holds
    the value. `values`: as the decision has them, None where missing.
    """
    if card.get("procedure", {}).get("champion") != SCORECARD:
        return ()
    by_column: dict[str, list[Mapping[str, Any]]] = {}
    for row in card.get(SCORECARD, ()):
        if row["column"] != BASE:
            by_column.setdefault(row["column"], []).append(row)
    lines = []
    for column, rows in by_column.items():
        if column in contributions:
            value = values.get(column)
            row = _line(rows, value, contributions[column])
            lines.append(ScorecardLine(column, row["zh"], row["en"], value, row["bin"], row["woe"], row["points"]))
    return tuple(lines)


def _line(rows: Sequence[Mapping[str, Any]], value: float | None, points: float) -> Mapping[str, Any]:
    worth = [row for row in rows if abs(row["points"] - points) <= SAME] or sorted(
        rows, key=lambda row: abs(row["points"] - points)
    )[:1]
    if value is None or math.isnan(value):
        return next((row for row in worth if row["bin"] == MISSING), worth[0])
    known = [row for row in worth if row["bin"] != MISSING] or worth
    return next((row for row in known if _holds(row["bin"], value)), known[0])


def _holds(text: str, value: float) -> bool:
    """Whether a bin `[from, to)` holds a value; the names of levels hold none."""
    low, comma, high = text.removeprefix("[").removesuffix(")").partition(", ")
    try:
        return bool(comma) and float(low) <= value < float(high)
    except ValueError:
        return False
