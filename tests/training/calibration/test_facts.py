"""What a validation is told of a calibration."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from scipy.special import logit

from models.policy import load_policy
from training.calibration.applied import SAMPLE, YEARS, Tendency
from training.calibration.facts import calibration_facts
from training.calibration.tendency import Cohort, central_tendency

POLICY = load_policy(date(2026, 1, 1))


def section(tendency: Tendency) -> dict[str, Any]:
    line = {"pooled_obligors": 200, "pooled_defaults": 0, "upper_pd": 0.00691}
    return {
        "central_tendency": tendency.as_dict(),
        "sample_rate": 0.05,
        "low_default_confidence": 0.75,
        "grades": [{"grade": "G1", "few_defaults": True, **line}, {"grade": "G2", "few_defaults": False, **line}],
    }


def test_the_margins_add_up_to_the_move_from_the_average() -> None:
    """In log-odds, A, B and C together lead from the long-run average to the tendency; deficits are in the words."""
    found = central_tendency([Cohort(date(2020 + year, 1, 1), 1000, 20 + year) for year in range(3)], POLICY)
    assert found is not None
    facts = calibration_facts(section(Tendency(YEARS, found.rate, found)))
    assert facts.central_tendency == found.rate
    assert set(facts.margin) == {"A", "B", "C"}
    assert sum(facts.margin.values()) == pytest.approx(logit(found.rate) - logit(found.long_run), abs=1e-5)
    assert "Only 3 years" in facts.en
    assert "3 years, one each" in facts.en
    assert [row["grade"] for row in facts.low_default] == ["G1"]
    assert facts.low_default[0]["obligors"] == 200


def test_without_a_move_the_facts_say_so() -> None:
    """No tendency, no margin, and words in both languages."""
    facts = calibration_facts(section(Tendency(SAMPLE)))
    assert (facts.central_tendency, dict(facts.margin)) == (None, {})
    assert facts.en.startswith("Not moved")
    assert facts.zh.startswith("未移动")
