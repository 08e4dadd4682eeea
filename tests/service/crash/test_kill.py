"""Kill -9 under load: no acknowledged decision is lost, none is half written, the chain verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.crash.harness import hammer


def test_three_kills(home: Path, database_url: str) -> None:
    """Three lives on the same data, on each database; every life answered somebody."""
    crashes = hammer(home, database_url, 3, seed=1)
    assert crashes.lives_with_answers == crashes.kills == 3


@pytest.mark.soak
def test_two_hundred_kills(home: Path, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two hundred lives on the same data, on each database."""
    crashes = hammer(home, database_url, 200, seed=2)
    assert crashes.kills == 200
    with capsys.disabled():
        print(f"\n{database_url[:6]}...: 200 kills, {len(crashes.told)} acknowledged decisions, none lost")
