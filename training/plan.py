"""What a person chooses about a training run, whatever the rows come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from training.folds import Inner
from training.search import SearchPlan

FOLDS, FOLDS_OVER_TIME = 5, 4
FINAL_REPEATS = 5  # of the inner folds for the model that is kept: calibration then hangs less on one shuffle


@dataclass(frozen=True)
class Plan:
    """The same data, plan and version give the same bundle."""

    seed: int = 7
    repeats: int = 5  # of the cross-validation, where the rows have no time
    folds: int | None = None  # None: FOLDS, or FOLDS_OVER_TIME where the test is out of time
    test_from: date | None = None
    entities_apart: bool = True
    central_tendency: float | str | None = None  # a rate, "off", or None: the long-run average of a panel's years
    search: SearchPlan = field(default_factory=SearchPlan)
    champion: str = "lightgbm"
    challengers: tuple[str, ...] = ("lightgbm", "scorecard", "ebm", "logistic_regression")
    rejected_odds: float | None = None  # of the rejected, times those of accepted ones of the same score

    def folds_for(self, *, over_time: bool) -> int:
        """How many folds of enterprises."""
        return self.folds or (FOLDS_OVER_TIME if over_time else FOLDS)

    @property
    def inner(self) -> Inner:
        """Inner folds while testing."""
        return Inner(self.folds or FOLDS, 1)

    @property
    def final_inner(self) -> Inner:
        """Inner folds of the model that is kept."""
        return Inner(self.folds or FOLDS, FINAL_REPEATS)

    def as_dict(self) -> dict[str, Any]:
        """As JSON values, for the card."""
        return {
            **{key: value for key, value in asdict(self).items() if key != "search"},  # its record says what was done
            "test_from": self.test_from.isoformat() if self.test_from else None,
            "challengers": [name for name in self.challengers if name != self.champion],
        }
