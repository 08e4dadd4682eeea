"""The page about posted records tells the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from service.settings import Settings
from tests.service.records_client import RecordsClient

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "post-records.md").read_text(encoding="utf-8")
REQUEST, ANSWER = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))


def test_the_worked_batch_has_the_answer_shown(tmp_path: Path) -> None:
    """Every member that the page shows is in the answer, with that value."""
    answer = RecordsClient(tmp_path).post("tax_grade", REQUEST["rows"]).json()
    (shown,), (refused,) = ANSWER.pop("refused"), answer["refused"]
    assert answer.items() >= ANSWER.items()
    assert refused.items() >= shown.items()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\| `([\w/.*]+)` \|", PAGE))))
def test_every_source_it_names_exists(path: str) -> None:
    """Where a decision is made can be looked up."""
    assert list(ROOT.glob(path))


def test_the_limits_are_the_settings() -> None:
    """The figures of the page are the defaults."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert defaults["max_batch_json_bytes"] == 32 * 2**20
    assert defaults["max_batch_ndjson_bytes"] == 2**30
    assert (defaults["max_batch_rows"], defaults["lake_wait_s"]) == (1_000_000, 10)
