"""From a run to its evidence: which policy judges it."""

from __future__ import annotations

from datetime import date

import pytest

from training.validation.from_training import policy_of


@pytest.mark.parametrize(
    ("day", "judged_on"),
    [(date(2014, 3, 18), date(2015, 1, 1)), (date(2015, 1, 1), date(2015, 1, 1)), (date(2024, 5, 5), date(2024, 5, 5))],
)
def test_rows_from_before_any_policy_are_judged_by_the_first(day: date, judged_on: date) -> None:
    """Older public data has no policy of its day; later days have theirs."""
    assert policy_of(day).on == judged_on
