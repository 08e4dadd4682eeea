"""From records to the standing: a record that breaks a rule has no effect and is reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.registry.chain import Refused
from service.registry.errors import RegistryRefusal
from service.registry.records import (
    Approved,
    DriftMeasured,
    Planned,
    Promoted,
    Record,
    Registered,
    Role,
    RolledBack,
    Stopped,
    Validated,
)
from service.registry.rules import check
from service.registry.standing import Model, Move, Standing


def derive(records: Iterable[Record], foreign: Sequence[Refused] = ()) -> Standing:
    """The standing after all records. A record that breaks a rule is refused, and those after it are judged without."""
    standing = Standing(refused=list(foreign))
    for record in records:
        standing.records += 1
        standing.head = record.digest
        try:
            check(standing, model=record.model, actor=record.actor, content=record.content)
        except RegistryRefusal as refusal:
            standing.refused.append(Refused(record.sequence, record.kind.value, record.model, refusal.sentence()))
            continue
        _apply(standing, record)
    return standing


def _apply(standing: Standing, record: Record) -> None:
    content = record.content
    match content:
        case Registered():
            standing.models[record.model] = Model(record.model, record)
        case Validated():
            standing.models[record.model].validations.append(record)
        case Approved():
            standing.models[record.model].approvals.append(record)
        case Promoted():
            _move(standing, record, content.scope, content.role, rollback=False)
        case RolledBack():
            _move(standing, record, content.scope, Role.CHAMPION, rollback=True)
        case DriftMeasured():
            standing.drift.append(record)
        case Planned():
            standing.plans.setdefault(content.key, record)
        case Stopped():
            standing.stops.append(record)
        case _:
            pass


def _move(standing: Standing, record: Record, scope: str, role: Role, *, rollback: bool) -> None:
    standing.holders[scope, role] = record.model
    standing.moves.append(Move(record.at, scope, role, record.model, record, rollback))
    if role is Role.CHAMPION and standing.holders.get((scope, Role.CHALLENGER)) == record.model:
        del standing.holders[scope, Role.CHALLENGER]
