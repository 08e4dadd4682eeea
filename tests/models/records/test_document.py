"""The written page and the stored schemas follow the declarations."""

from __future__ import annotations

from pathlib import Path

from models.records import KINDS
from models.records.document import records_page, schemas_text

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
