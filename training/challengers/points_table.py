"""The scorecard as the table a person works with: points of every bin, for the screen, a CSV file and a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np

from models.calibration import Calibration, PointsScale
from models.errors import AssetlightError
from training.challengers.scorecard import Characteristic, FittedScorecard

BASE, MISSING = "base", "missing"
MOST_NAMED = 8


class NoScorecard(AssetlightError):
    """A bundle's card holds no points table."""


@dataclass(frozen=True)
class PointsRow:
    """A bin of a column, or the base. `points` are added to the base; more is safer.

    The base is the score of the average enterprise learned from, and a bin's points are what a decision shows as the
    contribution of its column. `woe` is the usual weight of evidence, positive for the safer; IV is of the bin. Missing
    values show how they fared; their points are those of the bin that they are scored with.
    """

    column: str
    zh: str
    en: str
    bin: str
    rows: float | None
    share: float | None
    defaults: float | None
    default_rate: float | None
    woe: float | None
    iv: float | None
    points: float


def points_table(card: FittedScorecard, calibration: Calibration, scale: PointsScale) -> list[PointsRow]:
    """The table of a scorecard under its calibration: base, then every column's bins, the most telling column first."""
    per_log_odds = -scale.per_log_odds * calibration.slope
    average = [float(term.rows @ term.log_odds / term.rows.sum()) for term in card.terms]
    raw = card.intercept + sum(average)
    base = scale.at_even_odds - scale.per_log_odds * float(calibration.log_odds(np.array([raw]))[0])
    table = [PointsRow(BASE, "基准分", "base points", "", None, None, None, None, None, None, base)]
    ranked = sorted(
        zip(card.characteristics, average, strict=True), key=lambda each: -float(each[0].bins.information_value.sum())
    )
    for item, mean in ranked:
        table += _of(item, per_log_odds * (item.weight * item.bins.evidence - mean))
    return table


def as_records(table: Sequence[PointsRow]) -> list[dict[str, Any]]:
    """The rows as JSON values, for the card and a sheet."""
    return [asdict(row) for row in table]


def as_csv(table: Sequence[PointsRow]) -> str:
    """The rows as CSV with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(PointsRow)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_records(table))
    return out.getvalue()


def no_scorecard(digest: str) -> NoScorecard:
    """The error for a bundle of a run in which none learned."""
    return NoScorecard(
        "no scorecard learned with this model",
        found=f"bundle {digest[:12]}",
        advice="Train again with the scorecard among --challengers, or as --champion",
    )


def _of(item: Characteristic, points: np.ndarray) -> list[PointsRow]:
    bins, total = item.bins, float(item.bins.rows.sum())
    words = item.words["zh"], item.words["en"]
    labels = [*_labels(item), MISSING]
    woe, iv, home = bins.evidence.tolist(), bins.information_value.tolist(), bins.steps.missing or 0
    home = bins.groups[home] if bins.groups else home
    made = []
    for place, label in enumerate(labels):
        rows, defaults = float(bins.rows[place]), float(bins.defaults[place])
        known = place < len(woe)
        made.append(
            PointsRow(
                item.name, *words, label, rows, rows / total, defaults, defaults / rows if rows else 0.0,
                -woe[place] if known else None, iv[place] if known else None,
                float(points[place] if known else points[home]),
            )
        )  # fmt: skip
    return made if bins.rows[-1] else made[:-1]


def _labels(item: Characteristic) -> list[str]:
    """[from, to) of each bin, or the names of its levels (at most MOST_NAMED of them)."""
    if item.bins.groups:
        texts = []
        for number in range(len(item.bins.evidence)):
            names = [name for name, group in zip(item.levels, item.bins.groups, strict=True) if group == number]
            more = f", +{len(names) - MOST_NAMED}" if len(names) > MOST_NAMED else ""
            texts.append(", ".join(names[:MOST_NAMED]) + more)
        return texts
    texts = ["-inf", *(f"{cut:.6g}" for cut in item.bins.steps.cuts), "inf"]
    return [f"[{low}, {high})" for low, high in pairwise(texts)]
