"""Waits between attempts: doubling, bounded, outlasting a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.outbox.backoff import Backoff


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 0.0, 5), (2, 0.0, 10), (4, 1.0, 20), (11, 0.0, 3600), (60, 0.0, 3600), (60, 1.0, 1800)],
)
def test_waits_double_up_to_an_hour(attempts: int, chance: float, seconds: float) -> None:
    """Each wait is shortened by up to half at random."""
    assert Backoff().wait(attempts, chance) == timedelta(seconds=seconds)


def test_all_attempts_together_outlast_a_day_and_the_consumers_wish_is_heard_within_reason() -> None:
    """The stated span of 25 to 51 hours; Retry-After is heard up to an hour."""
    shortest, longest = (sum((Backoff().wait(n, chance) for n in range(1, 60)), timedelta()) for chance in (1.0, 0.0))
    assert timedelta(hours=24.9) < shortest < longest < timedelta(hours=51)
    assert Backoff().wait(1, 0.0, timedelta(seconds=90)) == timedelta(seconds=90)
    assert Backoff().wait(1, 0.0, timedelta(days=9)) == timedelta(hours=1)
