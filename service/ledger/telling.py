"""What an entry tells of a row of `assessments`."""

from __future__ import annotations

from typing import Any

from models.canonical import sha256_hex
from service.ledger.entry import Kind

TELLING = (Kind.ASSESSMENT.value, Kind.ADOPTED.value)  # kinds of entries that tell of one


def told_of(row: Any) -> dict[str, str]:  # noqa: ANN401
    """What an entry says of a row of `assessments`: every column, long ones by SHA-256."""
    return {
        "created_at": row.created_at,
        "enterprise_id": row.enterprise_id,
        "as_of": row.as_of,
        "decision_id": row.decision_id,
        "decision_sha256": sha256_hex(bytes(row.decision)),
        "request_sha256": sha256_hex(bytes(row.request)),
    }
