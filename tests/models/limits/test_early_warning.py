"""Early warning: a committed line is watched as a loan is, and the signals that fired are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.decision import parse
from models.decision.told import told_caps, told_reasons
from models.explanation.amount_words import WARNING_SIGNALS
from models.limits import Status
from models.limits.ceilings.early_warning import LEVELS, early_warning, fired_triggers, triggers, warning_level
from tests.limit_cases import cases

GOLDEN = Path(__file__).parents[2] / "golden" / "decision_v2.json"
WAN = 1_000_000
FALLEN = {"sales_growth_3m_yoy": -0.8, "days_since_last_sale": 49.0}


def level(row: dict[str, Any]) -> str:
    return LEVELS[int(warning_level(cases(row))[0])]


@pytest.mark.parametrize("held", ["debt_own_loans", "lines_committed_fen", "lines_exposure_fen"])
def test_a_committed_line_is_watched_as_a_loan_is(held: str) -> None:
    """Sales down by 80 % freeze whom the bank has lent or committed to; of a new applicant they say nothing here."""
    assert level(FALLEN) == "normal"
    assert level({**FALLEN, held: 0.0}) == "normal"
    assert level({**FALLEN, held: 100.0 * WAN}) == level({**FALLEN, "debt_own_loans": 1.0}) == "orange"


YELLOW = {"sales_12m_fen": 800.0 * WAN, "pd": 0.003, "product": "technology_credit", "bureau_days_past_due": 7.0}


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        pytest.param({}, None, id="a-new-applicant"),
        pytest.param({"lines_committed_fen": 100.0, "lines_exposure_fen": 100.0}, 0, id="approved-and-not-drawn"),
        pytest.param({"lines_committed_fen": 100.0, "lines_exposure_fen": 130.0}, 0, id="lent-beside-it"),
        pytest.param(
            {"lines_committed_fen": 100.0, "lines_exposure_fen": 100.0, "line_replaced_fen": 100.0}, 100, id="renewed"
        ),
        pytest.param(
            {"lines_committed_fen": 150.0, "lines_exposure_fen": 150.0, "line_replaced_fen": 90.0},
            90,
            id="one-of-two",
        ),
        pytest.param({"debt_own_line_fen": 100.0, "debt_own_exposure_fen": 40.0}, 60, id="of-the-loan-books"),
        pytest.param(
            {"debt_own_line_fen": 100.0, "lines_committed_fen": 70.0, "lines_exposure_fen": 70.0}, 30, id="of-both"
        ),
    ],
)
def test_yellow_adds_nothing_to_what_the_bank_bound_itself_to(facts: dict[str, float], left: int | None) -> None:
    """Drawn or not, from its approval on; a line is renewed at its own amount, and a new applicant is not held."""
    found = early_warning(cases({**YELLOW, **{name: value * WAN for name, value in facts.items()}}))
    assert level(YELLOW) == "yellow"
    assert (found.status[0] == Status.NOT_APPLICABLE) == (left is None)
    assert int(found.value[0]) == (left or 0) * WAN


def test_the_signals_that_fired_have_value_and_threshold() -> None:
    """Only those of the worst level, and every one has words."""
    held = cases({**FALLEN, "debt_own_loans": 1.0})
    drop, gap = fired_triggers(held, 0)
    assert (drop.rule, drop.value[0], drop.unit) == ("early_warning.sales_drop", -0.8, "fraction")
    assert (gap.rule, gap.value[0], gap.threshold, gap.unit) == ("early_warning.sales_gap_days", 49, 45, "days")
    assert fired_triggers(cases(FALLEN), 0) == ()
    known = {trigger.rule for place in (1, 2, 3) for trigger in triggers(held, place)}
    assert known == set(WARNING_SIGNALS)


def test_an_officer_reads_what_warned() -> None:
    """In the words of the reason, and beside the other inputs of the cap; the record is as it was."""
    record = parse(GOLDEN.read_bytes())
    kept = record.reasons[0].model_copy(
        update={"fact": "early_warning", "about": "evidence", "zh": "预警", "en": "warned"}
    )
    (told,) = told_reasons(record.model_copy(update={"reasons": (kept,)}), cases({**FALLEN, "debt_own_loans": 1.0}))
    assert "sales of 3 months against a year before -80.0% (≤ -" in told.en
    assert "time since the last sale 49 days (> 45 days)" in told.en
    assert "距最近一次开票 49天（> 45天）" in told.zh
    (inputs,) = (
        cap.inputs
        for cap in told_caps(record, cases({**FALLEN, "lines_committed_fen": 1.0 * WAN}))
        if cap.code == "early_warning"
    )
    assert inputs["signal.early_warning.sales_gap_days"] == "49"
    assert inputs["threshold.early_warning.sales_gap_days"] == "45"
    assert told_caps(record, cases({})) == record.caps
