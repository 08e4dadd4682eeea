"""Links of the OpenAPI document (section 4.8.20): where the id in an answer leads."""

from __future__ import annotations

from typing import Any

ID, QUARANTINE = "$response.body#/id", "$response.body#/quarantine/id"
OF_ASSESSMENT = {
    "read": ("GET", "/v1/assessments/{assessment_id}"),
    "explain": ("GET", "/v1/assessments/{assessment_id}/explanation"),
    "whatIf": ("POST", "/v1/assessments/{assessment_id}/what-if"),
}
OF_APPLICATION = {
    "read": ("GET", "/v1/applications/{application_id}"),
    "move": ("POST", "/v1/applications/{application_id}/transitions"),
    "override": ("POST", "/v1/applications/{application_id}/overrides"),
    "comment": ("POST", "/v1/applications/{application_id}/comments"),
    "attach": ("POST", "/v1/applications/{application_id}/attachments"),
    "attachments": ("GET", "/v1/applications/{application_id}/attachments"),
    "events": ("GET", "/v1/applications/{application_id}/events"),
}
# Operation and status that gives an id, the parameter that takes it, its place in the answer, and where it leads.
LINKS: tuple[tuple[str, str, str, str, str, dict[str, tuple[str, str]]], ...] = (
    ("POST", "/v1/assessments", "201", "assessment_id", ID, OF_ASSESSMENT),
    ("POST", "/v1/applications", "201", "application_id", ID, OF_APPLICATION),
    (
        *("POST", "/v1/records/{kind}", "200", "quarantine_id", QUARANTINE),
        {"quarantined": ("GET", "/v1/quarantine/{quarantine_id}")},
    ),
)


def document(openapi: dict[str, Any]) -> None:
    """Write the links into the document."""
    paths = openapi["paths"]
    for method, path, status, parameter, place, targets in LINKS:
        answer = paths[path][method.lower()]["responses"][status]
        answer["links"] = {
            name: {"operationId": paths[to][how.lower()]["operationId"], "parameters": {parameter: place}}
            for name, (how, to) in targets.items()
        }
