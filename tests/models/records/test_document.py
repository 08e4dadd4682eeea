"""The written page and the stored schemas follow the declarations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.records import KINDS
from models.records.document import json_schema, records_page, schemas_text
from models.records.kind import RecordKind

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_records_is_current() -> None:
    """docs/records.md is what the declarations say; `python -m models.records.document > docs/records.md` renews it."""
    assert (ROOT / "docs" / "records.md").read_text(encoding="utf-8") == records_page(KINDS.values())


def test_stored_schemas_are_those_that_were_agreed() -> None:
    """Columns, types, keys and stored values are as in the golden file: stored rows outlive the code.

    After a deliberate change: `python -m models.records.document --schemas > tests/golden/record_schemas.json`.
    """
    golden = (ROOT / "tests" / "golden" / "record_schemas.json").read_text(encoding="utf-8")
    assert schemas_text(KINDS.values()) == golden


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_json_schema_knows_every_key_of_the_example(kind: RecordKind) -> None:
    """A request's schema is plain JSON, has every field once, and requires only what nothing else fills."""
    schema = json.loads(json.dumps(json_schema(kind)))
    assert set(schema["examples"][0]) <= set(schema["properties"])
    assert len(schema["properties"]) == len(kind.fields) + 1
    assert set(schema["required"]) <= set(schema["examples"][0])
