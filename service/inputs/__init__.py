"""What a decision was made from, as contents of the ledger, and back: rows, model files, policy files."""

from __future__ import annotations

from service.inputs.evidence import Evidence, evidence_of
from service.inputs.files import KeptFiles, bundle_content, kept_bundle, kept_policy, policy_content
from service.inputs.rows import KeptRows, kept_tables, rows_content, visible_content

__all__ = [
    "Evidence",
    "KeptFiles",
    "KeptRows",
    "bundle_content",
    "evidence_of",
    "kept_bundle",
    "kept_policy",
    "kept_tables",
    "policy_content",
    "rows_content",
    "visible_content",
]
