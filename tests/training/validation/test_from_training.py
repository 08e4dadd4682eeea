"""From a run to its evidence: which policy judges it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.validation_evidence import sample
from training.gathered import PANEL, Gathered
from training.validation.from_training import lineage_of, policy_of


@pytest.mark.parametrize(
    ("day", "judged_on"),
    [(date(2014, 3, 18), date(2015, 1, 1)), (date(2015, 1, 1), date(2015, 1, 1)), (date(2024, 5, 5), date(2024, 5, 5))],
)
def test_rows_from_before_any_policy_are_judged_by_the_first(day: date, judged_on: date) -> None:
    """Older public data has no policy of its day; later days have theirs."""
    assert policy_of(day).on == judged_on


def test_the_report_names_every_feature_left_out() -> None:
    """Also those that the fitting left out against their sign, which the card names and the sample does not."""
    rows = replace(sample(20, ("2023-03-31",), seed=1), left_out={"constant": "the same for every row"})
    gathered = Gathered(
        source=PANEL, title={"zh": "面板", "en": "panel"}, sample=rows, as_of=date(2024, 3, 31), facts={}
    )
    facts = lineage_of(gathered, None, {"void_rate_12m": "against its sign"})
    assert facts.left_out == {"constant": "the same for every row", "void_rate_12m": "against its sign"}
