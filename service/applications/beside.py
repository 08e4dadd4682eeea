"""What stands beside an application: the enterprise's lines, its other undecided applications, overrides that stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from service.applications import rows
from service.applications.application import Application, Beside, Standing
from service.applications.commitments import COMMITTED, is_committed, of_enterprises
from service.applications.rows import Lowered
from service.applications.transitions import State
from service.people import Principal

OPEN = (State.ASSESSED, State.IN_REVIEW)


def standings(
    connection: Connection, applications: Sequence[Application], today: date, caller: Principal
) -> list[Standing]:
    """Applications as of a day, in their order, with everything that bears on them."""
    enterprises = {one.enterprise_id for one in applications}
    others = of_enterprises(connection, enterprises, (*OPEN, *COMMITTED))
    everyone = {one.id: one for one in (*others, *applications)}
    own = rows.overrides(connection, list(everyone))
    down = rows.downward_overrides(connection, enterprises, today)

    def alone(application: Application) -> Standing:
        carried = [one.override for one in down if _carries(application, one)]
        found = sorted((*own[application.id], *carried), key=lambda one: one.id)
        return Standing(application, today, tuple(found))

    undecided = [alone(one) for one in others if one.state in OPEN]
    in_reach = {one.id for one in others if caller.sees(owner=one.officer, branch=one.branch, park=one.park)}
    in_reach |= {
        one.override.application_id for one in down if caller.sees(owner=one.officer, branch=one.branch, park=one.park)
    }

    def beside(application: Application) -> Beside:
        return Beside(
            open=tuple(one for one in undecided if _other(one.application, application)),
            lines=tuple(one for one in others if _other(one, application) and is_committed(one, today)),
            in_reach=frozenset(in_reach),
        )

    return [_with(alone(one), beside(one)) for one in applications]


def _with(standing: Standing, beside: Beside) -> Standing:
    return Standing(standing.application, standing.today, standing.overrides, beside)


def _other(one: Application, application: Application) -> bool:
    return one.enterprise_id == application.enterprise_id and one.id != application.id


def _carries(application: Application, lowered: Lowered) -> bool:
    """Whether an override of another case bears on this one: a grade is the enterprise's, an amount the product's."""
    override = lowered.override
    if lowered.enterprise_id != application.enterprise_id or override.application_id == application.id:
        return False
    return override.what == "grade" or lowered.product == application.product
