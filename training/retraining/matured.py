"""Who borrows, and who has defaulted since, by the rules that make and label a panel."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from models.lake import Lake
from training.panel.population import NoMatureDay, population


def borrowers(home: str, as_of: str) -> list[str]:
    """Whom a panel would hold on a day: enterprises with an open loan, as far as was known, that have not defaulted."""
    day = date.fromisoformat(as_of)
    people = population(Lake(Path(home)).tables(), [day], horizon_months=0, until=day)
    return [str(name) for name in people.enterprise_ids.to_pylist()]


def matured_outcomes(home: str, as_of: str, until: str, horizon_months: int) -> dict[str, bool]:
    """enterprise_id -> whether it defaulted within the horizon after `as_of`, as far as was known by `until`.

    Borrowers of the day that had not defaulted yet; empty where the window is not over by `until` or nobody borrowed.
    """
    day, last = date.fromisoformat(as_of), date.fromisoformat(until)
    try:
        people = population(Lake(Path(home)).tables(), [day], horizon_months=horizon_months, until=last)
    except NoMatureDay:
        return {}
    return dict(zip(people.enterprise_ids.to_pylist(), (people.outcome == 1).tolist(), strict=True))
