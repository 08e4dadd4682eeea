"""An application as it is shown: nothing that was moved by a person is ever shown as if it were computed."""

from __future__ import annotations

import json
from typing import Any

from models.money import yuan_text
from models.policy import Policy
from models.policy.approval_rules import ApprovalRules
from service.applications.application import Approval, Override, Standing
from service.applications.idempotency import Answer
from service.applications.rows import instant
from service.applications.transitions import possible


def facts_of(standing: Standing, rules: ApprovalRules, policy: Policy) -> dict[str, Any]:
    """The application as plain facts."""
    application = standing.application
    proposed = standing.proposed_fen(policy)
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
        "approvals_needed": rules.approvers_needed(proposed),
        "approved_yuan": None if application.approved_fen is None else yuan_text(application.approved_fen),
        "actions": [action.value for action in possible(application.state)],
    }


def override_facts(override: Override, standing: Standing) -> dict[str, Any]:
    """One override, whether or not it counts now."""
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
        "counts": override in standing.counting,
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
