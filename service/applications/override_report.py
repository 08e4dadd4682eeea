"""How often people overrode what was computed, by direction and reason, against the bands of the policy."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from service.applications.listing import end_of, in_reach, start_of
from service.applications.office import Office
from service.people import Principal
from service.store.application_schema import APPLICATION_OVERRIDES, APPLICATIONS

PLACES = Decimal("0.0001")


def override_report(office: Office, caller: Principal, first_day: date, last_day: date) -> dict[str, Any]:
    """Of the applications in reach made in the days: how many were overridden, how, why. Rates are fractions."""
    made = (
        in_reach(caller),
        APPLICATIONS.c.created_at >= start_of(first_day),
        APPLICATIONS.c.created_at < end_of(last_day),
    )
    counted = APPLICATION_OVERRIDES.c
    chosen = (
        select(counted.application_id, counted.what, counted.direction, counted.reason)
        .join(APPLICATIONS, APPLICATIONS.c.id == counted.application_id)
        .where(*made)
    )
    with office.store.reading() as connection:
        applications = connection.execute(select(func.count()).select_from(APPLICATIONS).where(*made)).scalar_one()
        found = connection.execute(chosen).all()
    rules = office.rules()
    rate = share(len({row.application_id for row in found}), applications)
    return {
        "from": first_day.isoformat(),
        "to": last_day.isoformat(),
        "applications": applications,
        "overridden": len({row.application_id for row in found}),
        "rate": str(rate),
        "band": "red" if rate > rules.rate_red else "amber" if rate >= rules.rate_amber else "green",
        "bands": {"amber_from": str(rules.rate_amber), "red_above": str(rules.rate_red)},
        "by_direction": {
            direction: {
                "overrides": sum(row.direction == direction for row in found),
                "applications": len({row.application_id for row in found if row.direction == direction}),
                "rate": str(
                    share(len({row.application_id for row in found if row.direction == direction}), applications)
                ),
            }
            for direction in ("up", "down")
        },
        "by_what": dict(sorted(Counter(row.what for row in found).items())),
        "by_reason": dict(sorted(Counter(row.reason for row in found).items())),
    }


def share(part: int, whole: int) -> Decimal:
    """A fraction to four places; nought of nothing."""
    return (Decimal(part) / whole).quantize(PLACES) if whole else Decimal(0).quantize(PLACES)
