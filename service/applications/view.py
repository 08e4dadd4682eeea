"""An application as it is shown: nothing that was moved by a person is ever shown as if it were computed."""

from __future__ import annotations

import json
from typing import Any

from models.money import yuan_text
from models.policy import Policy
from models.policy.approval_rules import ApprovalRules
from service.applications.application import Application, Approval, Override, Standing
from service.applications.idempotency import Answer
from service.applications.rows import instant
from service.applications.since import changed_since, words
from service.applications.transitions import possible


def facts_of(standing: Standing, rules: ApprovalRules, policy: Policy) -> dict[str, Any]:
    """The application as plain facts."""
    application = standing.application
    proposed = standing.proposed_fen(policy)
    total = standing.total_fen(proposed, policy)
    return {
        "id": application.id,
        "version": application.version,
        "state": application.state.value,
        "state_zh": application.state.zh,
        "enterprise_id": application.enterprise_id,
        "product": application.product,
        "amount_yuan": yuan_text(application.amount_fen),
        "tenor_months": application.tenor_months,
        "purpose": application.purpose,
        "branch": application.branch,
        "park": application.park,
        "officer": application.officer,
        "created_at": zulu(instant(application.created_at)),
        "updated_at": zulu(instant(application.updated_at)),
        "assessment": {
            "id": application.assessment_id,
            "href": f"/v1/assessments/{application.assessment_id}",
            "as_of": application.as_of.isoformat(),
            "outcome": application.outcome,
            "grade": application.grade,
            "limit_yuan": yuan_text(application.limit_fen),
        },
        "overridden": bool(standing.counting),
        "overrides": [override_facts(one, standing) for one in standing.overrides],
        "grade": standing.grade,
        "proposed_yuan": yuan_text(proposed),
        "approvals": [approval_facts(one) for one in application.approvals],
        "approvals_needed": rules.approvers_needed(total),
        "approved_yuan": None if application.approved_fen is None else yuan_text(application.approved_fen),
        "replaces": application.replaces,
        "ends_on": None if application.ends_on is None else application.ends_on.isoformat(),
        "exposure": shown_exposure(standing, policy),
        "lines": [line_facts(one, standing) for one in standing.beside.lines],
        "other_applications": [other_facts(one, standing, policy) for one in standing.beside.open],
        "actions": [action.value for action in possible(application.state)],
    }


def shown_exposure(standing: Standing, policy: Policy) -> dict[str, Any]:
    """The exposure with the proposed amount, as assessed, and what has changed since."""
    total = standing.total_fen(standing.proposed_fen(policy), policy)
    return {**exposure_facts(standing, total, policy), "changed": changed_facts(standing, total)}


def exposure_facts(standing: Standing, total_fen: int, policy: Policy) -> dict[str, Any]:
    """What the approval would come on top of, and what it would all be together: authority is measured by that."""
    counted = standing.application.exposure
    return {
        "own_yuan": yuan_text(counted.own_fen),
        "group_yuan": None if counted.group_fen is None else yuan_text(counted.group_fen),
        "replaced_yuan": None if counted.replaced_fen is None else yuan_text(counted.replaced_fen),
        "other_applications_yuan": yuan_text(standing.open_fen(policy)),
        "total_yuan": yuan_text(total_fen),
    }


def changed_facts(standing: Standing, total_fen: int) -> dict[str, Any] | None:
    """What the bank committed itself to after the assessment, what the exposure is with it, and what to do."""
    changed = changed_since(standing)
    if changed is None:
        return None
    zh, en = words(changed, standing.application.state)
    more = changed.own_now_fen - standing.application.exposure.own_fen
    return {
        "committed_since_yuan": yuan_text(changed.committed_fen),
        "replaced_gone_yuan": yuan_text(changed.gone_fen),
        "own_now_yuan": yuan_text(changed.own_now_fen),
        "total_now_yuan": yuan_text(total_fen + more),
        "zh": zh,
        "en": en,
    }


def line_facts(line: Application, standing: Standing) -> dict[str, Any]:
    """A line of the enterprise that counts today; its id only for whom it is in reach."""
    return {
        "id": line.id if line.id in standing.beside.in_reach else None,
        "state": line.state.value,
        "product": line.product,
        "approved_yuan": yuan_text(line.approved_fen or 0),
        "ends_on": None if line.ends_on is None else line.ends_on.isoformat(),
        "replaced": line.id == standing.application.replaces,
    }


def other_facts(other: Standing, standing: Standing, policy: Policy) -> dict[str, Any]:
    """Another application of the enterprise that is not decided; its id only for whom it is in reach."""
    application = other.application
    return {
        "id": application.id if application.id in standing.beside.in_reach else None,
        "state": application.state.value,
        "product": application.product,
        "amount_yuan": yuan_text(application.amount_fen),
        "proposed_yuan": yuan_text(other.proposed_fen(policy)),
        "created_at": zulu(instant(application.created_at)),
    }


def override_facts(override: Override, standing: Standing) -> dict[str, Any]:
    """One override, whether or not it counts now."""
    ended, own = override.withdrawn, override.application_id == standing.application.id
    in_reach = override.application_id in standing.beside.in_reach
    return {
        "id": override.id,
        "at": zulu(instant(override.at)),
        "actor": override.actor,
        "what": override.what,
        "direction": override.direction,
        "before": override.before,
        "after": override.after,
        "reason": override.reason,
        "explanation": override.explanation,
        "evidence": override.evidence,
        "expires_on": override.expires_on.isoformat(),
        "assessment_id": override.assessment_id,
        "application_id": override.application_id if own or in_reach else None,
        "level": override.level,
        "counts": override in standing.counting,
        "withdrawn": None
        if ended is None
        else {
            "at": zulu(instant(ended.at)),
            "actor": ended.actor,
            "reason": ended.reason,
            "explanation": ended.explanation,
        },
    }


def approval_facts(approval: Approval) -> dict[str, Any]:
    """One yes."""
    return {
        "approver": approval.approver,
        "level": approval.level,
        "amount_yuan": yuan_text(approval.amount_fen),
        "at": zulu(approval.at),
    }


def zulu(kept: str) -> str:
    """A kept moment as the API writes it."""
    return kept.replace("+00:00", "Z")


def answer_of(standing: Standing, rules: ApprovalRules, policy: Policy, status: int, **headers: str) -> Answer:
    """The application as an answer, with its tag."""
    body = json.dumps(facts_of(standing, rules, policy), ensure_ascii=False).encode()
    return Answer(status, body, {"ETag": standing.application.etag, **headers})
