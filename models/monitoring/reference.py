"""What the training population looked like, small enough for a model card: bin edges and shares, nobody's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.errors import AssetlightError
from models.monitoring.expected import expected_auc
from models.monitoring.stability import critical_stability, population_stability, quantile_edges, shares

Matrix = NDArray[np.float64]
CARD_KEY = "reference"
SCORE = "score"


class ReferenceMissing(AssetlightError):
    """The bundle's card does not say what its training population looked like."""


@dataclass(frozen=True)
class Distribution:
    """Shares of a population by bin; the last one is that of missing values."""

    edges: Matrix
    shares: Matrix

    def as_dict(self) -> dict[str, list[float]]:
        """For a card."""
        return {"edges": self.edges.tolist(), "shares": self.shares.tolist()}


@dataclass(frozen=True)
class Shift:
    """How far a variable has moved. `critical`: what chance alone exceeds one time in a hundred."""

    psi: float
    critical: float
    missing_before: float
    missing_now: float

    @property
    def beyond_chance(self) -> bool:
        """Whether so large a value is no accident of small samples."""
        return self.psi > self.critical


@dataclass(frozen=True)
class Reference:
    """The training population: each feature as it came (not filled), and the calibrated log-odds of default.

    `units`: independent units among the rows; the quarters of one enterprise are one. `expected_auc`: see
    `models.monitoring.expected`, for the same comparison later.
    """

    rows: int
    units: int
    expected_auc: float | None
    features: Mapping[str, Distribution]
    score: Distribution

    def as_dict(self) -> dict[str, Any]:
        """For a card."""
        return {
            "rows": self.rows,
            "units": self.units,
            "expected_auc": self.expected_auc,
            "features": {name: one.as_dict() for name, one in self.features.items()},
            SCORE: self.score.as_dict(),
        }

    def shifts(self, names: Sequence[str], matrix: Matrix, log_odds: Matrix) -> dict[str, Shift]:
        """How far each feature and the score of a current population have moved; the score is named `score`."""
        found = {name: self.shift_of(name, matrix[:, at]) for at, name in enumerate(names)}
        return {**found, SCORE: self.shift_of(SCORE, log_odds)}

    def shift_of(self, name: str, values: Matrix) -> Shift:
        """How far one feature has moved, or the log-odds (`score`)."""
        return self._shift(self.score if name == SCORE else self.features[name], values)

    def _shift(self, before: Distribution, values: Matrix) -> Shift:
        now = shares(values, before.edges)
        return Shift(
            psi=population_stability(before.shares, now),
            critical=critical_stability(before.shares, self.units, len(values)),
            missing_before=float(before.shares[-1]),
            missing_now=float(now[-1]),
        )


def reference_of(names: Sequence[str], matrix: Matrix, log_odds: Matrix, units: int) -> Reference:
    """The reference of a training population: its features as they came and its calibrated log-odds of default."""
    return Reference(
        rows=len(matrix),
        units=units,
        expected_auc=expected_auc(expit(log_odds)),
        features={name: _distribution(matrix[:, at]) for at, name in enumerate(names)},
        score=_distribution(log_odds),
    )


def read_reference(card: Mapping[str, Any], names: Sequence[str]) -> Reference:
    """The reference that a card holds, of these features. Raises ReferenceMissing."""
    stored = card.get(CARD_KEY)
    lacking = [name for name in names if not isinstance(stored, Mapping) or name not in stored.get("features", {})]
    if not isinstance(stored, Mapping) or lacking:
        raise ReferenceMissing(
            "the model card does not say what the training population looked like",
            expected=f"`{CARD_KEY}` with bin edges and shares of every feature",
            found=", ".join(lacking[:5]) or None,
            advice="train the model again with this release",
        )
    return Reference(
        rows=int(stored["rows"]),
        units=int(stored["units"]),
        expected_auc=stored["expected_auc"],
        features={name: _read(stored["features"][name]) for name in names},
        score=_read(stored[SCORE]),
    )


def _distribution(values: Matrix) -> Distribution:
    edges = quantile_edges(values)
    return Distribution(edges, shares(values, edges))


def _read(stored: Mapping[str, Sequence[float]]) -> Distribution:
    return Distribution(np.asarray(stored["edges"], dtype=np.float64), np.asarray(stored["shares"], dtype=np.float64))
