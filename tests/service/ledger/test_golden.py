"""What was written in the first form of the ledger is still read: entries, manifests and rows of a golden file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from models.tables import input_digests
from service.inputs import kept_tables, rows_content
from service.ledger import draft
from service.ledger.entry import FIRST, placed
from service.ledger.rows_told import TOLD_TABLES, differences, row_told, rows_in, with_rows

ROWS = json.loads((Path(__file__).parents[2] / "golden" / "ledger_rows_v1.json").read_text(encoding="utf-8"))
GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "ledger_v1.json").read_text(encoding="utf-8"))


def test_an_entry_has_the_hash_that_it_had() -> None:
    """Body and hash of a given entry never change."""
    told = GOLDEN["entry"]
    made = draft("transition", "案件-1", "officer", told["content"], at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    entry = placed(made, 1, FIRST)
    assert (entry.body.decode(), entry.hash) == (told["body"], told["hash"])


def test_kept_rows_are_read_and_have_the_digest_that_they_had() -> None:
    """Rows and manifest of an earlier release give the tables of today, and the very digest of that decision."""
    contents = {name: base64.b64decode(text) for name, text in GOLDEN["contents"].items()}

    def read(names: Sequence[str]) -> Mapping[str, bytes]:
        return {name: contents[name] for name in names}

    tables = kept_tables(GOLDEN["manifest"].encode(), read, "E12")
    day = date.fromisoformat(GOLDEN["as_of"])
    assert input_digests(tables, day, ["E12"]).column("input_sha256").to_pylist() == [GOLDEN["input_sha256"]]
    assert tables.by_kind["invoice"].num_rows == 2
    again = rows_content(tables, day)
    assert json.loads(again.manifest.content)["as_of"] == GOLDEN["as_of"]


def test_rows_are_told_as_they_were() -> None:
    """Columns as text, free text and names by digest; columns that are new since then take nothing from it."""
    told = rows_in({"rows_after": ROWS["rows_after"]})
    assert [one.facts() for one in told] == ROWS["rows_after"]
    for known in told:
        found = row_told(TOLD_TABLES[known.table], ROWS["rows"][known.table])
        assert found.key == known.key
        assert found.columns.keys() >= known.columns.keys()
        assert differences(known, found) == []
        assert rows_in(with_rows({}, [found])) == [found]
