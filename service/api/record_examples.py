"""What the OpenAPI document says about posted batches: a schema and a worked example for every kind."""

from __future__ import annotations

import json
from typing import Any

from models.records import KINDS
from models.records.kind import RecordKind
from service.api.record_messages import RECORD_MESSAGES, example_record

REF = "#/components/schemas/{model}"


def batch_schemas() -> dict[str, Any]:
    """The schema of a row of each kind, and of a batch of rows."""
    rows = {model.__name__: model.model_json_schema(ref_template=REF) for model in RECORD_MESSAGES.values()}
    batch = {
        "title": "RecordsBatch",
        "description": "Rows of one kind, the kind of the path.",
        "type": "object",
        "required": ["rows"],
        "additionalProperties": False,
        "properties": {
            "rows": {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"$ref": REF.format(model=name)} for name in rows]},
            }
        },
    }
    return {**rows, "RecordsBatch": batch}


def example(kind: RecordKind, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """One named example of a body."""
    return {"summary": f"{kind.name}: {kind.zh} / {kind.en}", "value": value}


JSON_EXAMPLES = {name: example(kind, {"rows": [example_record(kind)]}) for name, kind in KINDS.items()}
NDJSON_EXAMPLES = {
    name: example(kind, json.dumps(example_record(kind), ensure_ascii=False) + "\n") for name, kind in KINDS.items()
}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "JSON for batches that fit in memory, NDJSON (an object a line) for long ones; not compressed.",
    "content": {
        "application/json": {"schema": {"$ref": REF.format(model="RecordsBatch")}, "examples": JSON_EXAMPLES},
        "application/x-ndjson": {"schema": {"type": "string"}, "examples": NDJSON_EXAMPLES},
    },
}
