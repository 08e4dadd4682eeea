"""The standing of the registry as plain facts: what the command line prints, the API answers and a machine reads."""

from __future__ import annotations

from typing import Any

from models.bundle import SIMULATED, SIMULATED_CAUTION
from service.registry.records import Record, Registered, moment_text
from service.registry.standing import Model, Move, Standing


def standing_facts(standing: Standing) -> dict[str, Any]:
    """Every model with its roles, who has which role, and the rows that have no effect."""
    return {
        "governed": standing.governs,
        "roles": [
            {"scope": scope, "role": role.value, "model": digest}
            for (scope, role), digest in sorted(standing.holders.items())
        ],
        "models": [model_line(standing, model) for model in standing.models.values()],
        "records": standing.records,
        "head": standing.head,
        "refused": [one.as_dict() for one in standing.refused],
    }


def model_line(standing: Standing, model: Model) -> dict[str, Any]:
    """One model in one line."""
    latest = model.validation
    facts = model.facts
    return {
        "digest": model.digest,
        "roles": [{"scope": scope, "role": role.value} for scope, role in standing.roles_of(model.digest)],
        "developer": facts.developer,
        "registered_at": moment_text(model.registered.at),
        "trained_as_of": facts.trained_as_of.isoformat(),
        "features": facts.features,
        "data_origin": list(facts.data_origin),
        "label_origin": facts.label_origin,
        "simulated": is_simulated(facts),
        "validated": latest is not None,
        "gates": 0 if latest is None else len(latest.content.gates),
        "gates_passed": 0 if latest is None else sum(gate.passed for gate in latest.content.gates),
        "failed_gates": [] if latest is None else list(latest.content.failed),
        "approved": bool(model.valid_approvals),
    }


def model_facts(standing: Standing, model: Model) -> dict[str, Any]:
    """One model with everything that people have said about it."""
    return {
        **model_line(standing, model),
        "caution": dict(SIMULATED_CAUTION) if is_simulated(model.facts) else None,
        "registration": record_facts(model.registered),
        "validations": [record_facts(one) for one in model.validations],
        "approvals": [record_facts(one) for one in model.approvals],
        "moves": [move_facts(move) for move in standing.moves if move.model == model.digest],
    }


def record_facts(record: Record) -> dict[str, Any]:
    """One record."""
    return {
        "sequence": record.sequence,
        "kind": record.kind.value,
        "model": record.model,
        "actor": record.actor,
        "identified_by": record.identified_by,
        "at": moment_text(record.at),
        "digest": record.digest,
        **record.content.model_dump(mode="json", exclude={"schema_version"}),
    }


def move_facts(move: Move) -> dict[str, Any]:
    """One change of what has a role."""
    return {**record_facts(move.record), "scope": move.scope, "role": move.role.value, "rollback": move.rollback}


def is_simulated(facts: Registered) -> bool:
    """Whether any record or label of a model was simulated."""
    return any(SIMULATED in origin for origin in (*facts.data_origin, facts.label_origin))
