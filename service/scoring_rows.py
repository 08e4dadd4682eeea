"""A probability for a row of features that somebody else has computed: the one scoring path from the model on.

Nothing is read of any enterprise and nothing is kept; it is a score and no decision, for which records are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.bundle import Bundle
from models.errors import AssetlightError
from models.policy import Policy
from models.scoring import RowScore, score_row
from service.bundles import BundleShelf

REMEMBERED_S = 1.0  # which model and policy are in force is looked up again after this time


class FeaturesRefused(AssetlightError):
    """The row does not name the features of the model in force, each once."""


@dataclass(frozen=True)
class InForce:
    """What scores, and until when it need not be looked up again."""

    bundle: Bundle
    policy: Policy
    names: frozenset[str]
    until: float


class RowScorer:
    """Scores one row at a time. Safe to use from several threads."""

    def __init__(
        self,
        bundles: BundleShelf,
        policy_on: Callable[[date], Policy],
        today: Callable[[], date],
        monotonic: Callable[[], float],
    ) -> None:
        self._bundles = bundles
        self._policy_on = policy_on
        self._today = today
        self._monotonic = monotonic
        self._known: InForce | None = None

    def at_hand(self) -> InForce | None:
        """The model and policy in force, where they were looked up a moment ago."""
        known = self._known
        return known if known is not None and self._monotonic() < known.until else None

    def look_up(self) -> InForce:
        """The model and policy in force; may load a model. Raises what `BundleShelf.current` raises."""
        bundle, policy = self._bundles.current(), self._policy_on(self._today())
        score_row(np.full(len(bundle.features), np.nan), bundle, policy)  # tables and compiled code are made here
        found = InForce(bundle, policy, frozenset(bundle.features), self._monotonic() + REMEMBERED_S)
        self._known = found
        return found

    @staticmethod
    def score(features: Mapping[str, float | None], by: InForce) -> RowScore:
        """The score of a row that names every feature of the model, null where unknown. Raises FeaturesRefused."""
        try:
            values = list(map(features.__getitem__, by.bundle.features))
        except KeyError:
            values = []
        if not len(values) == len(features) == len(by.names):
            missing, unknown = sorted(by.names - features.keys()), sorted(features.keys() - by.names)
            raise FeaturesRefused(
                "the features are not those of the model in force",
                field="features",
                expected="every feature of the model, null where it is not known: " + ", ".join(by.bundle.features),
                found="; ".join(
                    part
                    for part in (
                        f"missing: {', '.join(missing)}" if missing else "",
                        f"unknown: {', '.join(unknown)}" if unknown else "",
                    )
                    if part
                ),
            )
        row = np.array(values, dtype=np.float64)  # None becomes NaN
        return score_row(row, by.bundle, by.policy)
