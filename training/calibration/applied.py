"""Which central tendency a run takes, and the card's section on calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from models.bundle import Bundle
from models.policy import Policy
from training.calibrate import prior_shift
from training.calibration.grades import grade_lines
from training.calibration.tendency import MONTHS, CentralTendency, central_tendency, yearly_cohorts
from training.sample import Sample

YEARS, GIVEN, SAMPLE = "years", "given", "sample"
OFF = "off"


@dataclass(frozen=True)
class Tendency:
    """The rate that probabilities are moved to. `how`: YEARS of records, GIVEN by a person, or SAMPLE: not moved."""

    how: str
    rate: float | None = None
    years: CentralTendency | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the card."""
        return {"how": self.how, "rate": self.rate, "long_run": self.years.as_dict() if self.years else None}


def tendency_for(sample: Sample, chosen: float | str | None, policy: Policy | None, *, by_years: bool) -> Tendency:
    """The rate given by a person; `OFF` or nothing to go by: none; else the long-run average of the sample's years.

    `by_years`: whether the rows are cohorts, all performing borrowers of a day, as a panel's are. All days count, those
    tested on too: a long-run average is not learned from features, and the figures of the card are at the rate of the
    sample. `policy`: None where its values are not in force by then. Raises TendencyNotUsable.
    """
    if isinstance(chosen, float):
        prior_shift(chosen, 0.5)  # raises where it is no rate
        return Tendency(GIVEN, chosen)
    if chosen == OFF or not by_years or policy is None or sample.day is None or sample.horizon_months != MONTHS:
        return Tendency(SAMPLE)
    found = central_tendency(yearly_cohorts(sample.day, sample.outcome), policy)
    return Tendency(SAMPLE) if found is None else Tendency(YEARS, found.rate, found)


def calibration_section(
    bundle: Bundle, tendency: Tendency, sample_rate: float, tested: Sample, log_odds: np.ndarray, policy: Policy | None
) -> dict[str, Any]:
    """The card's section. `log_odds` [T]: of the tested rows at the rate of the sample; they are moved like the bundle.

    `grades`: obligors, defaults, upper bounds and stated probabilities by grade after the move; none without a scale.
    """
    moved = expit(log_odds + bundle.calibration.prior_shift)
    table = bundle.interval
    return {
        "central_tendency": tendency.as_dict(),
        "sample_rate": round(sample_rate, 8),
        "prior_shift": bundle.calibration.prior_shift,
        "mean_pd_after_shift": round(float(moved.mean()), 8),
        "interval": None
        if table is None
        else {"method": "inductive Venn-Abers", "rows": table.rows, "defaults": table.defaults,
              "steps": len(table.low) + len(table.high)},
        "low_default_confidence": None
        if policy is None
        else float(policy.number("calibration.low_default_confidence")),
        "grades": None
        if policy is None
        else [line.as_dict() for line in grade_lines(moved, tested.outcome, tested.entity, policy)],
    }  # fmt: skip
