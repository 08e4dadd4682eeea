"""Each feature alone: how many have it, and whether it orders defaults the way the catalogue says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.features import Feature
from training.clustered import Clusters, auc
from training.discrimination import Estimate
from training.panel.panel import Panel

FEWEST_DEFAULTS = 20


@dataclass(frozen=True)
class Alone:
    """One feature. `auc` is of the value turned so that more is riskier; of a feature without direction as it is."""

    feature: Feature
    known: float  # share of the rows with a value
    defaults: int  # among the rows with a value
    auc: Estimate | None  # None: fewer than FEWEST_DEFAULTS known defaults

    @property
    def verdict(self) -> str:
        """`too few`, `dead` (the interval holds one half), `inverted`, `as expected`, or `tells` without direction."""
        if self.auc is None:
            return "too few"
        if self.auc.low <= 0.5 <= self.auc.high:
            return "dead"
        if not self.feature.direction:
            return "tells"
        return "as expected" if self.auc.value > 0.5 else "inverted"


def each_alone(panel: Panel) -> list[Alone]:
    """Every feature of the panel, over all its rows; intervals clustered by enterprise."""
    found = []
    for place, feature in enumerate(panel.features):
        column = panel.matrix[:, place]
        known = ~np.isnan(column)
        outcome = panel.outcome[known]
        defaults = int(outcome.sum())
        area = None
        if FEWEST_DEFAULTS <= defaults < len(outcome):
            area = auc(column[known] * (feature.direction or 1), outcome, Clusters(panel.enterprise[known]))
        found.append(Alone(feature, float(known.mean()), defaults, area))
    return found
